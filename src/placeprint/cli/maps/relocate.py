"""`placeprint relocate`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import MapPath, Quiet
from placeprint.cli.terminal import say


def relocate(
    map_path: MapPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the photos lie now.")],
    quiet: Quiet = False,
) -> None:
    """Find photos of a map that were moved or renamed, by their content. Nothing is described again.

    Example: `placeprint relocate town.placemap /media/archive/photos`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        count = places.relocate(folder, quiet=quiet)
        gone = sum(not record.path.exists() for record in places.photos())
    say(f"Found {count} photos below {folder}; {gone} are still missing.")
