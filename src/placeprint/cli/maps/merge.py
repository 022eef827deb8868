"""`placeprint merge`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import MapPath, Quiet


def merge(
    map_path: MapPath,
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="Map whose photos are copied; it stays as it is.")
    ],
    quiet: Quiet = False,
) -> None:
    """Copy the photos of another map that was built with the same descriptor.

    Example: `placeprint merge town.placemap suburb.placemap`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        count = places.merge(other, quiet=quiet)
        typer.echo(f"Copied {count} photos; the map now has {len(places)}.")
