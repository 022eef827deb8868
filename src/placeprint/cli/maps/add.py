"""`placeprint add`"""

from placeprint.cli.maps.summary import print_additions
from placeprint.cli.parameters import Json, MapPath, Photos, Quiet, Where, conditions


def add(
    map_path: MapPath, photos: Photos, where: Where = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Add geotagged photos to a map. Photos already in the map are left as they are.

    Example: `placeprint add town.placemap new-photos/`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        print_additions(places, places.add(photos, where=conditions(where), quiet=quiet), json)
