"""Answers as CSV (RFC 4180, UTF-8): one row per query, with empty cells for values that do not apply."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from placeprint.artifact import replace_file
from placeprint.placemap.place import Answer, Failed, Place
from placeprint.reports.formats import FORMATS
from placeprint.reports.text import legible

COLUMNS = (
    "query", "status", "lat", "lon", "radius_50_m", "radius_90_m", "confidence", "verified",
    "best_match", "best_match_lat", "best_match_lon", "distance", "inliers", "reason",
)  # fmt: skip


@FORMATS.register(".csv")
def write_csv(path: str | Path, answers: Sequence[Answer]) -> None:
    """Write the columns of `COLUMNS`."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_row(answer) for answer in answers)
    replace_file(Path(path), buffer.getvalue().encode())


def _row(answer: Answer) -> dict[str, str | float | int]:
    row: dict[str, str | float | int] = {
        "query": legible(answer.query),
        "confidence": round(answer.confidence, 4),
    }
    if isinstance(answer, Place):
        row |= {"status": "place", "verified": str(answer.verified).lower()}
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
