"""`placeprint locate`"""

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placeprint.cli.completion import stages
from placeprint.cli.maps.photo_arguments import given_photos
from placeprint.cli.maps.summary import left_out_line
from placeprint.cli.parameters import Exclude, Json, MapPath, Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError
from placeprint.verify import Verify

if TYPE_CHECKING:
    from placeprint import PlaceMap
    from placeprint.geo import GeoPoint
    from placeprint.placemap.place import Answer
    from placeprint.reports import ReportContext, Sidecar


def locate(
    map_path: MapPath,
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTOS...",
            help="Photos, folders, lists, globs; - reads paths from standard input.",
            show_default=False,
        ),
    ],
    verify: Annotated[
        Verify, typer.Option(help="Compare local features: where the map has some, always, never.")
    ] = Verify.AUTO,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline",
            "-p",
            metavar="+STAGES",
            help="Stages to use instead of the map's: +geometry:50, +exact.",
            autocompletion=stages,
        ),
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="LAT,LON,METERS", help="Only places within METERS of a point.")
    ] = None,
    matches: Annotated[int, typer.Option(min=1, max=100, help="Reference photos to list.")] = 10,
    without_position: Annotated[
        bool, typer.Option("--without-position", help="Only photos that do not say where they were taken.")
    ] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", help="Write .geojson, .kml, .kmz, .csv or .gpx (by its suffix); repeatable."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="HTML|FOLDER", help="Write a page; without a suffix, a folder of pages."),
    ] = None,
    relative_paths: Annotated[
        bool, typer.Option("--relative-paths", help="Name no folder of this machine in any output.")
    ] = False,
    write_xmp: Annotated[
        bool, typer.Option("--write-xmp", help="Write positions into XMP sidecars (see undo-xmp).")
    ] = False,
    least_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="With --write-xmp: only answers as sure as this.")
    ] = 0.8,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --write-xmp: only say what would be written.")
    ] = False,
    exclude: Exclude = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out where photos were taken.

    Example: `placeprint locate town.placemap query.jpg more/ -o out.kml --report out.html`
    """
    from placeprint import PlaceMap
    from placeprint import reports as writing
    from placeprint.placemap import Failed
    from placeprint.reports.answers import check_suffix

    for path in output or ():
        check_suffix(path)  # before the work, not after it
    with PlaceMap.open(map_path, stages=pipeline) as places:
        listing = given_photos(photos, exclude or (), quiet, without_position)
        others = left_out_line(listing)
        if not listing.photos and not (without_position and listing.notes):
            reasons = "; ".join(f"{s.path}: {s.reason}" for s in listing.skipped[:3])
            mend = " ".join(filter(None, (reasons, others))) or "Name a photo or a folder of photos."
            raise PlaceprintError(f"no photo to locate in {', '.join(photos[:3])}", mend)
        area = _area(near)
        notes = [*listing.notes, *_nothing_near(places, area)]
        found = places.locate_many(
            [record.path for record in listing.photos],
            verify=verify,
            matches=matches,
            near=area,
            quiet=quiet or len(listing.photos) == 1,
        )
        skipped = [Failed(s.reason, query=str(s.path)) for s in listing.skipped]
        answers: Sequence[Answer] = [*skipped, *found]
        settings = {"verify": verify.value, "near": near or "anywhere", "candidates": matches}
        context = writing.map_context(places, **settings, pipeline=str(places.spec))
        if relative_paths:
            answers, context = writing.relative_paths(answers, context)
        for path in output or ():
            writing.write_answers(path, answers, context)
        if report is not None:
            writing.write_html(report, answers, context)
        sidecars = []
        if write_xmp:
            sidecars = list(writing.write_sidecars(answers, context, least_confidence, dry_run))
        if json:
            told = _told(answers, context, listing.ignored) | {"notes": notes, "damage": places.damage}
            typer.echo(json_module.dumps(told | ({"xmp": _xmp(sidecars)} if write_xmp else {}), indent=2))
    located = [answer for answer in answers if not isinstance(answer, Failed)]
    if not json:
        if located:
            writing.print_table(located)
        for answer in answers:
            if isinstance(answer, Failed):
                say(f"not read: {answer.query}: {answer.reason}", err=True)
        for line in (others, *notes):
            if line:
                say(line, err=True)
        for written in (*(output or ()), report):
            if written is not None:
                say(f"Wrote {written}")
        _say_xmp(sidecars, dry_run)
    if not located and listing.photos:
        raise typer.Exit(1)


def _told(answers: "Sequence[Answer]", context: "ReportContext", ignored: dict[str, int]) -> dict[str, Any]:
    """The JSON object: `answers` as in `Place.to_dict`, each with `sha256` and `map_link`."""
    from placeprint.placemap import Failed, Place
    from placeprint.reports.text import map_link

    found = []
    for answer in answers:
        if not isinstance(answer, Failed):
            point = answer.point if isinstance(answer, Place) else None
            link = None if point is None else map_link(point.lat, point.lon)
            found.append(answer.to_dict() | {"sha256": context.digest(answer), "map_link": link})
    return {
        "answers": found,
        "failed": [{"path": str(a.query), "reason": a.reason} for a in answers if isinstance(a, Failed)],
        "ignored": ignored,
        "provenance": context.provenance(),
    }


def _xmp(sidecars: "Sequence[Sidecar]") -> list[dict[str, Any]]:
    return [
        {
            "photo": s.photo,
            "written": None if s.written is None else s.written.name,
            "reason": s.reason or None,
        }
        for s in sidecars
    ]


def _say_xmp(sidecars: "Sequence[Sidecar]", dry_run: bool) -> None:
    if not sidecars:
        return
    would = "Would write" if dry_run else "Wrote"
    done = [sidecar for sidecar in sidecars if sidecar.written is not None]
    for sidecar in sidecars:
        if sidecar.written is not None and dry_run:
            say(f"{would} {sidecar.written.name} for {sidecar.photo}")
        elif sidecar.written is None:
            say(f"no XMP: {sidecar.photo}: {sidecar.reason}", err=True)
    undo = "" if dry_run else " Take them back with: placeprint undo-xmp PHOTOS"
    say(f"{would} {len(done)} XMP sidecars.{undo}")


def _nothing_near(places: "PlaceMap", area: "tuple[GeoPoint, float] | None") -> list[str]:
    """A line that says so if no reference lies in the searched area, and how far the nearest one is."""
    from placeprint.geo import distances

    positions = places.references.snapshot.positions
    if area is None or not len(positions):
        return []
    point, meters = area
    nearest = float(distances((point.lat, point.lon), positions).min())
    if nearest <= meters:
        return []
    away = f"{nearest / 1000:.1f} km" if nearest >= 1000 else f"{nearest:.0f} m"
    return [
        f"No reference photo lies within {meters:g} m of {point.lat:.6f}, {point.lon:.6f}: "
        f"the nearest is {away} away."
    ]


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
