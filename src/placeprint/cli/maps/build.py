"""`placeprint build`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.maps.summary import print_additions
from placeprint.cli.parameters import Json, Photos, Quiet, Where, conditions


def build(
    photos: Photos,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MAP", help="Folder to write.")],
    pipeline: Annotated[
        str,
        typer.Option(
            "--pipeline",
            "-p",
            help="DESCRIPTOR+INDEX+RE-RANKER: lite0-netvlad, rootsift-vlad or a file from `placeprint "
            "learn`; without +geometry the map keeps no local features.",
        ),
    ] = "lite0-netvlad+geometry:20",
    where: Where = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build a place map from geotagged photos. If it is interrupted, the same command continues.

    Example: `placeprint build holiday/ -o holiday.placemap`
    """
    from placeprint import PlaceMap

    with PlaceMap.build(photos, output, pipeline=pipeline, where=conditions(where), quiet=quiet) as places:
        print_additions(places, places.additions, json)
