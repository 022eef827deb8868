"""`placeprint info`"""

import json as json_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placeprint.cli.parameters import Json, MapPath
from placeprint.cli.terminal import folding_table, printable, say

if TYPE_CHECKING:
    from placeprint.photos import PhotoRecord


def info(
    map_path: MapPath,
    photos: Annotated[bool, typer.Option("--photos", help="List every photo of the map.")] = False,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List the photos left out, with reasons.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what a map contains: photos, extent, descriptor, calibration.

    Example: `placeprint info town.placemap`
    """
    from rich.console import Console

    from placeprint import PlaceMap

    with PlaceMap.open(map_path) as places:
        facts = places.info()
        listed = [_row(record) for record in places.photos()] if photos else []
        left_out = places.skipped() if skipped else []
    if json:
        extra: dict[str, Any] = {"reference_photos": listed} if photos else {}
        extra |= {"left_out_photos": [{"path": p, "reason": r} for p, r in left_out]} if skipped else {}
        typer.echo(json_module.dumps(facts | extra, indent=2))
        return
    table = folding_table("", "", show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(f"[bold]{name.replace('_', ' ')}", _plain(value))
    console = Console()
    console.print(table)
    for row in listed:
        say(f"{row['lat']:.7f} {row['lon']:.7f}  {row['path']}")
    for path, reason in left_out:
        say(f"left out  {path}: {reason}")


def _row(record: "PhotoRecord") -> dict[str, Any]:
    point = record.point
    return {
        "path": str(record.path),
        "lat": None if point is None else point.lat,
        "lon": None if point is None else point.lon,
        "heading": record.heading,
        "panorama": record.panorama,
    }


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    return f"{value:.6g}" if isinstance(value, float) else printable(value)
