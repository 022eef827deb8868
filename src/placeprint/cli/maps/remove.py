"""`placeprint remove`"""

from typing import Annotated

import typer

from placeprint.cli.parameters import MapPath, Quiet


def remove(
    map_path: MapPath,
    paths: Annotated[
        list[str], typer.Argument(metavar="PHOTO...", help="Paths as listed by `info --photos`.")
    ],
    quiet: Quiet = False,
) -> None:
    """Remove photos from a map (the photo files stay where they are).

    Example: `placeprint remove town.placemap photos/blurred.jpg`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        count = places.remove(paths, quiet=quiet)
        typer.echo(f"Removed {count} of {len(places) + count} photos.")
