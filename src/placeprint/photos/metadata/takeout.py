"""The JSON that an export of Google Photos (Takeout) puts beside each photo."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from placeprint.photos.metadata.coordinates import NoPositionError, position
from placeprint.photos.metadata.mapillary import finite
from placeprint.photos.metadata.said import Metadata

LONGEST_STEM = 46
"""Characters of a JSON's name before `.json`, to which Takeout cuts it (51 with the extension)."""

_ENDING = ".supplemental-metadata"
_COPY = re.compile(r"(.*)(\(\d+\))")
_EDITED = (
    *("-edited", "-effects", "-smile", "-mix", "-bearbeitet", "-modifié", "-modificato", "-editado"),
    *("-ha editado", "-editada", "-bewerkt", "-edytowane", "-redigerad", "-redigert", "-redigeret"),
    *("-muokattu", "-editat", "-upraveno", "-szerkesztett", "-编辑", "-編集済み", "-수정됨", "-изменено"),
)
_LONGEST = 1 << 20


def takeout_json(photo: Path) -> Path | None:
    """The JSON of a photo: `a.jpg.json`, `a.jpg.supplemental-metadata.json` and what cutting to 46 characters
    leaves of it; of a copy `a(1).jpg`, `a.jpg(1).json` or `a.jpg.supplemental-metadata(1).json`; of an edited
    `a-edited.jpg`, in many languages, that of `a.jpg`.
    """
    names = [photo.name]
    for suffix in _EDITED:
        if photo.stem.lower().endswith(suffix):
            names.append(photo.stem[: -len(suffix)] + photo.suffix)
        elif (found := _COPY.fullmatch(photo.stem)) and found[1].lower().endswith(suffix):
            names.append(found[1][: -len(suffix)] + found[2] + photo.suffix)
    stems = [stem for name in names for stem in _stems(name)]
    return next((path for path in (photo.with_name(f"{s}.json") for s in stems) if path.is_file()), None)


def _stems(name: str) -> list[str]:
    path = Path(name)
    found = [name[:LONGEST_STEM], name, (name + _ENDING)[:LONGEST_STEM], name + _ENDING]
    if copied := _COPY.fullmatch(path.stem):
        original, number = copied[1] + path.suffix, copied[2]
        for whole in (original, original + _ENDING):
            cuts = (LONGEST_STEM, LONGEST_STEM - len(number), len(whole))
            found += [whole[:cut] + number for cut in cuts]
    return list(dict.fromkeys(found))


def read_takeout(path: Path) -> Metadata:
    """Position and time; nothing if the file is no JSON of Takeout's. Never raises.

    `geoData`, where people correct positions, goes before `geoDataExif`; 0, 0 is none in both.
    """
    try:
        if path.stat().st_size > _LONGEST:
            return Metadata()
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Metadata()
    if not isinstance(said, dict) or not {"geoData", "geoDataExif", "photoTakenTime"} & said.keys():
        return Metadata()
    point = None
    for name in ("geoData", "geoDataExif"):
        place = said.get(name)
        place = place if isinstance(place, dict) else {}
        lat, lon, height = (finite(place.get(key)) for key in ("latitude", "longitude", "altitude"))
        try:
            if lat is not None and lon is not None:
                point = position(lat, lon, height or None)
                break
        except NoPositionError:
            continue
    return Metadata(source="Google Takeout JSON", point=point, time=_time(said.get("photoTakenTime")))


def _time(said: Any) -> datetime | None:
    seconds = finite(said.get("timestamp")) if isinstance(said, dict) else None
    try:
        start = datetime(1970, 1, 1, tzinfo=UTC)
        return None if seconds is None else start + timedelta(seconds=seconds)
    except OverflowError:
        return None
