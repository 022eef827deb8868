"""Is this map sound? Damage, missing files, duplicates, doubtful positions, outdated calibration."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from placeprint.geo import GeoPoint
from placeprint.placemap.placemap import RECALIBRATE, PlaceMap
from placeprint.placemap.references import References
from placeprint.progress import track

SHOWN = 20
FAR = 50_000.0
"""Meters from every other photo from which a position is suspicious."""

SELF_RETRIEVED = 200
"""The most photos that search for themselves."""


@dataclass(frozen=True)
class Finding:
    """One check: what was examined, the result, and up to `SHOWN` examples."""

    check: str
    level: Literal["ok", "warning", "error"]
    message: str
    details: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)


def examine(path: str | Path, *, quiet: bool = False) -> list[Finding]:
    """Run every check on a map. Raises `FormatError` if it cannot be opened at all."""
    with PlaceMap.open(path) as places:
        problems = places.check_integrity()
        findings = [
            Finding(
                "files", "error", f"{len(problems)} damaged or missing; build the map again", tuple(problems)
            )
            if problems
            else Finding("files", "ok", "checksums and counts agree"),
            Finding(
                "descriptor", "ok", f"{places.descriptor.name}, fingerprint {places.descriptor.fingerprint}"
            ),
        ]
        if not problems and len(places):
            references = places.references
            for check in (_missing, _changed_or_copied, _null_island, _swapped, _far):
                findings += check(references)
            findings += [_self_retrieval(references, quiet), _calibrated(places)]
        left_out = places.skipped()
        if left_out:
            lines = tuple(f"{p}: {reason}" for p, reason in left_out[:SHOWN])
            findings.append(
                Finding("left out", "warning", f"{len(left_out)} photos are not in the map", lines)
            )
    return findings


Check = Callable[[References], Iterator[Finding]]


def _list(
    check: str, level: Literal["warning", "error"], message: str, lines: list[str]
) -> Iterator[Finding]:
    if lines:
        yield Finding(check, level, f"{len(lines)} {message}", tuple(lines[:SHOWN]))
    else:
        yield Finding(check, "ok", "none")


def _paths(references: References) -> list[str]:
    return [entry.path for entry in references.snapshot.entries]


def _missing(references: References) -> Iterator[Finding]:
    gone = [path for path in _paths(references) if not Path(path).exists()]
    said = "photo files are no longer there; the map works without them, `placeprint relocate` finds them"
    return _list("missing photos", "warning", said, gone)


def _changed_or_copied(references: References) -> Iterator[Finding]:
    same = defaultdict(list)
    for path, digest in {(e.path, e.sha256): None for e in references.snapshot.entries}:
        same[digest].append(path)
    copies = [" = ".join(paths) for paths in same.values() if len(paths) > 1]
    return _list("duplicates", "warning", "photos are in the map more than once", copies)


def _null_island(references: References) -> Iterator[Finding]:
    near = np.abs(references.snapshot.positions).max(axis=1) < 0.01
    paths = [_paths(references)[i] for i in np.flatnonzero(near)]
    return _list("(0, 0)", "error", "photos are at latitude 0, longitude 0: a missing position", paths)


def _swapped(references: References) -> Iterator[Finding]:
    """Photos far from the others that would be among them if latitude and longitude were swapped."""
    positions = references.snapshot.positions
    middle = np.median(positions, axis=0)
    away = np.abs(positions - middle).max(axis=1)
    turned = np.abs(positions[:, ::-1] - middle).max(axis=1)
    odd = np.flatnonzero((away > 1.0) & (turned < 0.5))
    lines = [f"{_paths(references)[i]}: {positions[i, 0]:.5f}, {positions[i, 1]:.5f}" for i in odd]
    return _list("swapped", "error", "photos seem to have latitude and longitude exchanged", lines)


def _far(references: References) -> Iterator[Finding]:
    positions = references.snapshot.positions
    middle = GeoPoint(*np.median(positions, axis=0))
    away = np.array([middle.distance(GeoPoint(lat, lon)) for lat, lon in positions])
    odd = np.flatnonzero(away > max(FAR, 20.0 * float(np.median(away))))
    lines = [f"{_paths(references)[i]}: {away[i] / 1000:.0f} km from the center of the map" for i in odd]
    return _list("far away", "warning", "photos are far from all others", lines)


def _self_retrieval(references: References, quiet: bool) -> Finding:
    """Each stored vector must find its own photo: with wrong weights or an outdated index it would not."""
    sample = np.random.default_rng(0).permutation(len(references))[:SELF_RETRIEVED]
    lost = []
    for row in track(sample, "self-retrieval", len(sample), quiet=quiet):
        _, ids = references.index.search(references.vectors[row][None], 1)
        twin = references.vectors[int(references.rows(ids[0])[0])]
        if ids[0, 0] != references.ids[row] and not np.array_equal(twin, references.vectors[row]):
            lost.append(_paths(references)[row])
    if lost:
        message = f"{len(lost)} of {len(sample)} photos do not find themselves; build the map again"
        return Finding("self-retrieval", "error", message, tuple(lost[:SHOWN]))
    return Finding("self-retrieval", "ok", f"{len(sample)} of {len(sample)} photos find themselves")


def _calibrated(places: PlaceMap) -> Finding:
    learned = places.info()["calibration"]
    if not learned:
        message = "the map was not calibrated (too few photos): confidences and radii come from another map"
        return Finding("calibration", "warning", message)
    change = abs(len(places) - learned["photos"]) / max(learned["photos"], 1)
    if change > RECALIBRATE:
        message = f"learned when the map had {learned['photos']} photos, now {len(places)}: run add again"
        return Finding("calibration", "warning", message)
    return Finding("calibration", "ok", f"learned on {learned['held_out']} photos held out")
