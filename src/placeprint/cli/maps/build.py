"""`placeprint build`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.completion import descriptors
from placeprint.cli.maps.summary import finish, listed
from placeprint.cli.parameters import Exclude, ExifTool, Json, Photos, Quiet, TrackOffset, Tracks, Where


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
            autocompletion=descriptors,
        ),
    ] = "lite0-netvlad+geometry:20",
    where: Where = None,
    exclude: Exclude = None,
    tracks: Tracks = None,
    track_offset: TrackOffset = 0.0,
    exiftool: ExifTool = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build a place map from geotagged photos. If it is interrupted, the same command continues.

    Example: `placeprint build holiday/ -o holiday.placemap`
    """
    from placeprint import PlaceMap

    found = listed(photos, where, exclude, tracks, track_offset, exiftool, json, quiet)
    with PlaceMap.build(found, output, pipeline=pipeline, quiet=quiet) as places:
        finish(places, places.additions, found, json)
