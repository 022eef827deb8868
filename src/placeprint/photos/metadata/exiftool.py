"""Positions by ExifTool (Phil Harvey), where it is installed and asked for: it reads more kinds of files."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from placeprint.errors import PlaceprintError
from placeprint.photos.metadata.coordinates import NoPositionError, position
from placeprint.photos.metadata.doubt import checked
from placeprint.photos.record import PhotoRecord

AT_ONCE = 500
PATIENCE = 120.0
"""Photos per run of the program, and seconds to wait for one."""

_TAGS = ("GPSLatitude", "GPSLongitude", "GPSAltitude", "GPSImgDirection", "GPSImgDirectionRef")
_MORE = ("GPSHPositioningError", "GPSProcessingMethod", "GPSStatus", "DateTimeOriginal")


def read_with_exiftool(paths: Iterable[Path]) -> dict[Path, PhotoRecord]:
    """The photos in which ExifTool finds a position. What is void, at (0, 0) or placeprint's own estimate is
    left out, as `read_info` does. Raises `PlaceprintError` if the program is missing or does not answer.
    """
    program = shutil.which("exiftool")
    if program is None:
        raise PlaceprintError(
            "exiftool is not installed", "Install it from exiftool.org or your system's packages."
        )
    given = [path for path in paths if "\n" not in str(path)]
    found = {}
    for start in range(0, len(given), AT_ONCE):
        for path, said in _run(program, given[start : start + AT_ONCE]).items():
            record = _record(path, said)
            if record is not None:
                found[path] = record
    return found


def _run(program: str, paths: Sequence[Path]) -> dict[Path, Mapping[str, Any]]:
    absolute = {str(path.absolute()): path for path in paths}
    command = [program, "-json", "-n", "-charset", "filename=utf8"]
    command += [*(f"-{tag}" for tag in (*_TAGS, *_MORE)), "-@", "-"]
    try:
        done = subprocess.run(
            command, input="\n".join(absolute), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        items = json.loads(done.stdout or "[]")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise PlaceprintError(f"exiftool gives no answer ({error})", "Leave --exiftool out.") from error
    return {absolute[i["SourceFile"]]: i for i in items if i.get("SourceFile") in absolute}


def _record(path: Path, said: Mapping[str, Any]) -> PhotoRecord | None:
    numbers = {name: _number(said.get(name)) for name in (*_TAGS, "GPSHPositioningError")}
    lat, lon, heading = numbers["GPSLatitude"], numbers["GPSLongitude"], numbers["GPSImgDirection"]
    if lat is None or lon is None:
        return None
    status, method = (str(said.get(name, "")) for name in ("GPSStatus", "GPSProcessingMethod"))
    try:
        point = checked(position(lat, lon, numbers["GPSAltitude"]), status, method=method)
    except NoPositionError:
        return None
    return PhotoRecord(
        path,
        point,
        None if heading is None else heading % 360.0,
        _time(said.get("DateTimeOriginal")),
        magnetic=heading is not None and str(said.get("GPSImgDirectionRef", "")).upper().startswith("M"),
        accuracy=numbers["GPSHPositioningError"],
        source="exiftool",
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.strptime(str(value)[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
