"""Answers as CSV (RFC 4180, UTF-8): one row per query, with empty cells for values that do not apply.

A spreadsheet takes a cell that begins with =, +, -, @, a tab or a carriage return for a formula. Text that
does gets an apostrophe in front, and so does text that begins with one, so that nothing is ambiguous; numbers
stay numbers. Read as a list of photos, our own CSV loses these apostrophes again.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from placeprint.artifact import replace_file
from placeprint.placemap.place import Answer, Failed, Place
from placeprint.reports.context import ReportContext
from placeprint.reports.formats import FORMATS
from placeprint.reports.names import Names
from placeprint.reports.text import legible, map_link

COLUMNS = (
    "query", "status", "lat", "lon", "radius_50_m", "radius_90_m", "confidence", "verified",
    "best_match", "best_match_lat", "best_match_lon", "distance", "inliers", "reason",
    "orientation", "in_map", "shown_as", "map_link", "sha256",
    "placeprint", "map_name", "map_fingerprint", "model_name", "model_fingerprint", "settings", "located_at",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "'")


@FORMATS.register(".csv")
def write_csv(path: str | Path, answers: Sequence[Answer], context: ReportContext | None = None) -> None:
    """Write the columns of `COLUMNS`; the last ones say how the answers came about."""
    context = context or ReportContext()
    names, made = Names.of(answers), context.provenance()
    made["settings"] = json.dumps(made["settings"], ensure_ascii=False) if made["settings"] else None
    called = {"map": "map_name", "model": "model_name", "time": "located_at"}
    same = {called.get(name, name): legible(value) for name, value in made.items()}
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    for answer in answers:
        row = _row(answer) | {"shown_as": names.query(answer), "sha256": context.digest(answer) or ""} | same
        writer.writerow({name: _defused(cell) for name, cell in row.items()})
    replace_file(Path(path), buffer.getvalue().encode())


def _defused(cell: str | float | int) -> str | float | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def _row(answer: Answer) -> dict[str, str | float | int]:
    told = answer.to_dict()
    row: dict[str, str | float | int] = {
        "query": legible(answer.query),
        "confidence": round(answer.confidence, 4),
        "in_map": legible(told["in_map"]),
    }
    if isinstance(answer, Place):
        row |= {"status": "place", "verified": str(answer.verified).lower()}
        row |= {"orientation": told["orientation"], "map_link": map_link(answer.point.lat, answer.point.lon)}
        row |= {"lat": round(answer.point.lat, 8), "lon": round(answer.point.lon, 8)}
        row |= {"radius_50_m": round(answer.radius_50, 2), "radius_90_m": round(answer.radius_90, 2)}
    else:
        status = "failed" if isinstance(answer, Failed) else "no match"
        row |= {"status": status, "verified": "false", "reason": legible(answer.reason)}
    if answer.matches:
        best = answer.matches[0]
        row |= {"best_match": legible(best.path), "distance": round(best.distance, 5)}
        row |= {"best_match_lat": round(best.point.lat, 8), "best_match_lon": round(best.point.lon, 8)}
        row |= {"inliers": "" if best.inliers is None else best.inliers}
    return row
