"""`placeprint merge`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import MapPath, Quiet


def merge(
    map_path: MapPath,
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="Map whose photos are taken over; it stays as it is.")
    ],
    quiet: Quiet = False,
) -> None:
    """Take over the photos of another map that was made with the same descriptor.

    Example: `placeprint merge town.placemap suburb.placemap`
    """
    from placeprint import PlaceMap

    with PlaceMap.open(map_path, writable=True) as places:
        count = places.merge(other, quiet=quiet)
        typer.echo(f"Took over {count} photos; the map now holds {len(places)}.")
