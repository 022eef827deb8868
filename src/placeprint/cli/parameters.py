"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli import completion
from placeprint.errors import PlaceprintError

MapPath = Annotated[
    Path,
    typer.Argument(
        metavar="MAP", help="Folder of a place map.", show_default=False, autocompletion=completion.maps
    ),
]
Photos = Annotated[
    Path,
    typer.Argument(
        metavar="PHOTOS",
        help="A folder, a photo, or a list (CSV, JSON, GeoJSON, ODM's geo.txt, ...) with path, lat, lon.",
        show_default=False,
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="COLUMN=VALUE", help="Only rows of the list with this value; repeatable."
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Files or folders to leave out: '*.png', 'private'; repeatable.",
    ),
]
Tracks = Annotated[
    list[Path] | None,
    typer.Option(
        "--track", metavar="GPX", help="Place photos without a position by their time on a track; repeatable."
    ),
]
TrackOffset = Annotated[
    float,
    typer.Option(
        "--track-offset", metavar="SECONDS", help="Added to the photos' clocks to get UTC: -7200 at UTC+2."
    ),
]
ExifTool = Annotated[
    bool, typer.Option("--exiftool", help="Ask ExifTool about photos in which no position is found.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
LayoutName = Annotated[
    str | None,
    typer.Option(
        "--layout",
        help="Name from `placeprint dataset list`, if a folder matches several.",
        autocompletion=completion.layouts,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def conditions(where: list[str] | None) -> dict[str, str] | None:
    """{"split": "val"} from ["split=val"]."""
    pairs = [item.partition("=") for item in where or []]
    for column, equals, _ in pairs:
        if not (column and equals):
            raise PlaceprintError(f"--where {column!r} is not COLUMN=VALUE", "For example: --where split=val")
    return {column: value for column, _, value in pairs} or None
