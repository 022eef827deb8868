"""`placeprint locate`"""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placeprint.cli.maps.summary import left_out_line
from placeprint.cli.parameters import Exclude, Json, MapPath, Photos, Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError
from placeprint.verify import Verify

if TYPE_CHECKING:
    from placeprint.geo import GeoPoint


def locate(
    map_path: MapPath,
    photos: Photos,
    verify: Annotated[
        Verify, typer.Option(help="Compare local features: if needed, always, never.")
    ] = Verify.AUTO,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline",
            "-p",
            metavar="+STAGES",
            help="Stages to use instead of the map's: +geometry:50, +exact.",
        ),
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="LAT,LON,METERS", help="Only places within METERS of a point.")
    ] = None,
    matches: Annotated[int, typer.Option(min=1, max=100, help="Reference photos to list.")] = 10,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write .geojson, .kml, .kmz, .csv or .gpx (by its suffix)."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Write one self-contained page.")
    ] = None,
    exclude: Exclude = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out where a photo, or each photo in a folder, was taken.

    Example: `placeprint locate town.placemap query.jpg --report out.html`
    """
    from placeprint import PlaceMap
    from placeprint.photos import find
    from placeprint.placemap import Failed
    from placeprint.reports import map_context, print_table, write_answers, write_html

    with PlaceMap.open(map_path, stages=pipeline) as places:
        listing = find(photos, positions=False, quiet=quiet, exclude=exclude or ())
        others = left_out_line(listing)
        if not listing.photos:
            reasons = "; ".join(f"{s.path}: {s.reason}" for s in listing.skipped[:3])
            mend = " ".join(filter(None, (reasons, others))) or "Name a photo or a folder of photos."
            raise PlaceprintError(f"no photo to locate in {photos}", mend)
        area = _area(near)
        found = places.locate_many(
            [record.path for record in listing.photos],
            verify=verify,
            matches=matches,
            near=area,
            quiet=quiet or len(listing.photos) == 1,
        )
        answers = [Failed(s.reason, query=str(s.path)) for s in listing.skipped] + list(found)
        failed = [(str(a.query), a.reason) for a in answers if isinstance(a, Failed)]
        located = [a for a in answers if not isinstance(a, Failed)]
        if output is not None:
            write_answers(output, answers)
        if report is not None:
            settings = {"verify": verify.value, "near": near or "anywhere", "candidates": matches}
            write_html(report, answers, map_context(places, **settings))
    if json:
        typer.echo(
            json_module.dumps(
                {
                    "answers": [a.to_dict() for a in located],
                    "failed": [{"path": p, "reason": r} for p, r in failed],
                    "ignored": listing.ignored,
                },
                indent=2,
            )
        )
    else:
        if located:
            print_table(located)
        for path, reason in failed:
            say(f"not read: {path}: {reason}", err=True)
        for line in (others, *listing.notes):
            if line:
                say(line, err=True)
        for written in (output, report):
            if written is not None:
                say(f"Wrote {written}")
    if not located:
        raise typer.Exit(1)


def _area(near: str | None) -> "tuple[GeoPoint, float] | None":
    from placeprint.geo import GeoPoint

    if near is None:
        return None
    try:
        lat, lon, meters = (float(part) for part in near.split(","))
        return GeoPoint(lat, lon), meters
    except ValueError as error:
        raise PlaceprintError(
            f"--near {near!r} is not LAT,LON,METERS ({error})", "For example: --near 52.205,0.118,500"
        ) from None
