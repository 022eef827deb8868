"""The photos of a folder, a file or a list, with their positions."""

from collections.abc import Mapping
from pathlib import Path

from placeprint.errors import PhotoError, PlaceprintError
from placeprint.photos.metadata.coordinates import NoPositionError
from placeprint.photos.metadata.info import read_info
from placeprint.photos.metadata.utm_name import has_utm_name, read_utm_name
from placeprint.photos.opening import check_file
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped
from placeprint.photos.table import SUFFIXES, read_table
from placeprint.photos.walk import walk
from placeprint.progress import track

WORST_ACCURACY = 500.0
"""Meters: a photo that says of its own position that it is worse is no reference."""


def find(
    source: str | Path,
    where: Mapping[str, str] | None = None,
    positions: bool = True,
    quiet: bool = False,
) -> PhotoList:
    """List photos with their positions; those without one are in `skipped`, with the reason.

    source: a folder (searched recursively), one photo, or a list (.csv, .tsv, .json, .geojson: see
    `read_table`). The position of a file comes from its name if that has the UTM `@` form, else from what
    `read_info` finds. One that says of itself to be worse than `WORST_ACCURACY` is left out.
    where: only rows of the list whose columns have these values.
    positions: False also lists photos without a position, with `point` None.
    quiet: no progress.

    Raises `PhotoError` if `source` cannot be read, `PlaceprintError` for a bad list.
    """
    source = Path(source)
    if source.suffix.lower() in SUFFIXES and not source.is_dir():
        check_file(source)
        return read_table(source, where, positions)
    if where:
        raise PlaceprintError(f"{source} has no columns to select by", "Give a CSV, JSON or GeoJSON list.")
    if not source.is_dir():
        check_file(source)
        return _read([source], PhotoList(), positions, quiet)
    found = walk(source)
    return _read(found.paths, PhotoList(skipped=found.skipped, ignored=found.ignored), positions, quiet)


def _read(paths: list[Path], found: PhotoList, positions: bool, quiet: bool) -> PhotoList:
    for path in track(paths, "Reading positions", len(paths), quiet=quiet):
        try:
            found.photos.append(_record(path, positions))
        except PhotoError as error:
            found.skipped.append(Skipped(path, error.reason))
        except NoPositionError as error:
            found.skipped.append(Skipped(path, str(error)))
    return found


def _record(path: Path, positions: bool) -> PhotoRecord:
    if has_utm_name(path):
        check_file(path)
        try:
            return read_utm_name(path)
        except NoPositionError:
            if positions:
                raise
    info = read_info(path)
    if positions and info.point is None:
        raise NoPositionError(info.position_problem or "has no position")
    if positions and info.accuracy is not None and info.accuracy > WORST_ACCURACY:
        raise NoPositionError(f"its position is only good to {info.accuracy:,.0f} m, as it says itself")
    return PhotoRecord(
        path,
        info.point,
        info.heading,
        info.time,
        magnetic=info.magnetic,
        accuracy=info.accuracy,
        source=info.source,
        sphere=info.sphere,
    )
