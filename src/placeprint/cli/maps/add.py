"""`placeprint add`"""

from placeprint.cli.maps.summary import finish, listed
from placeprint.cli.parameters import (
    Exclude,
    ExifTool,
    Json,
    MapPath,
    Photos,
    Quiet,
    TrackOffset,
    Tracks,
    Where,
)


def add(
    map_path: MapPath,
    photos: Photos,
    where: Where = None,
    exclude: Exclude = None,
    tracks: Tracks = None,
    track_offset: TrackOffset = 0.0,
    exiftool: ExifTool = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add geotagged photos to a map. Photos already in the map are left as they are.

    Example: `placeprint add town.placemap new-photos/`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        found = listed(photos, where, exclude, tracks, track_offset, exiftool, json, quiet)
        finish(places, places.add(found, quiet=quiet), found, json)
