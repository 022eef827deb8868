"""The photos of a folder, a file or a list, with their positions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from placeprint.errors import PhotoError, PlaceprintError
from placeprint.photos.lists import SUFFIXES, NotAListError, read_list
from placeprint.photos.metadata.coordinates import NoPositionError
from placeprint.photos.metadata.info import NO_POSITION, read_info
from placeprint.photos.metadata.utm_name import has_utm_name, read_utm_name
from placeprint.photos.opening import check_file
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped
from placeprint.photos.track import place_on_track, read_track
from placeprint.photos.walk import walk
from placeprint.progress import track

WORST_ACCURACY = 500.0
"""Meters: a photo that says of its own position that it is worse is no reference."""
FOLDERS_LIST = "photos.csv"
"""A list of this name in a folder says where its photos were taken, for maps as for evaluations."""

_SPREADSHEET = "is a spreadsheet: save it as CSV (UTF-8)"
_EXPORT = "is not a list that is read: export it as CSV or GeoJSON"
_NOT_LISTS = {
    ".gpx": "is a track: give the photos, and the track as --track",
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), _SPREADSHEET),
    **dict.fromkeys((".kml", ".kmz", ".gpkg", ".shp", ".sqlite", ".db"), _EXPORT),
}


def find(
    source: str | Path,
    where: Mapping[str, str] | None = None,
    positions: bool = True,
    quiet: bool = False,
    exclude: Sequence[str] = (),
    tracks: Sequence[str | Path] = (),
    track_offset: float = 0.0,
    exiftool: bool = False,
) -> PhotoList:
    """List photos with their positions; those without one are in `skipped`, with the reason.

    source: a folder (searched recursively), one photo, or a list (.csv, .tsv, .txt, .json, .geojson, .jsonl:
    see `read_list`). The position of a file comes from its name if that has the UTM `@` form, else from what
    `read_info` finds; in a folder with a `photos.csv` that has positions, from that list alone. One that says
    of itself to be worse than `WORST_ACCURACY` is left out.
    where: only rows of the list whose columns have these values.
    positions: False also lists photos without a position, with `point` None.
    quiet: no progress.
    exclude: globs of names, or of paths below the folder, to leave out.
    tracks: GPX files that place photos which have no position, by their time (`place_on_track`).
    track_offset: seconds to add to the photos' clocks to get UTC.
    exiftool: ask the program ExifTool about photos in which no position was found.

    Raises `PhotoError` if `source` cannot be read, `PlaceprintError` for a bad list.
    """
    source = Path(source)
    if exiftool and not tracks and positions:
        return _with_exiftool(_found(source, where, positions, quiet, exclude, positions))
    if not tracks:
        return _found(source, where, positions, quiet, exclude, positions)
    recorded = read_track(tracks)
    return place_on_track(_found(source, where, False, quiet, exclude, True), recorded, track_offset)


def _found(
    source: Path,
    where: Mapping[str, str] | None,
    positions: bool,
    quiet: bool,
    exclude: Sequence[str],
    folders_list: bool,
) -> PhotoList:
    folder = source.is_dir()
    if source.suffix.lower() in _NOT_LISTS and not folder:
        check_file(source)
        raise PlaceprintError(f"{source} {_NOT_LISTS[source.suffix.lower()]}")
    if source.suffix.lower() in SUFFIXES and not folder:
        check_file(source)
        return _listed(source, where, positions, quiet, exclude)
    notes = []
    if folder and folders_list and (table := source / FOLDERS_LIST).is_file():
        try:
            found = _listed(table, where, positions, quiet, exclude)
        except NotAListError as error:
            if where:
                raise
            notes.append(f"{table} is not used, and positions are read from the photos: {error.what}")
        else:
            if found.photos or found.skipped or where:
                return replace(found, notes=[_used(table, found, exclude), *found.notes])
            notes.append(f"{table} is not used: it lists nothing")
    if where:
        raise PlaceprintError(f"{source} has no columns to select by", "Give a CSV, JSON or GeoJSON list.")
    if not folder:
        check_file(source)
        return _read([source], PhotoList(), positions, quiet)
    seen = walk(source, exclude)
    found = PhotoList(skipped=seen.skipped, ignored=dict(seen.ignored), notes=notes)
    found = _read(seen.paths, found, positions, quiet)
    if positions and not found.photos and (lists := _lists(source)):
        found.notes.append(f"there are lists in the folder: give one of them, such as {lists[0]}")
    return found


def _with_exiftool(found: PhotoList) -> PhotoList:
    """The same, with photos that say nothing to us and something to ExifTool."""
    from placeprint.photos.metadata.exiftool import read_with_exiftool

    silent = [left.path for left in found.skipped if left.reason.startswith(NO_POSITION)]
    placed = read_with_exiftool(silent)
    skipped = [left for left in found.skipped if left.path not in placed]
    photos = sorted([*found.photos, *placed.values()], key=lambda record: record.path)
    return replace(found, photos=photos if placed else found.photos, skipped=skipped)


def _lists(folder: Path) -> list[Path]:
    """Lists in a folder that no photo is known to belong to."""
    try:
        names = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError:
        return []
    return [path for path in names if path.name != FOLDERS_LIST and path.is_file()]


def _listed(
    table: Path, where: Mapping[str, str] | None, positions: bool, quiet: bool, exclude: Sequence[str]
) -> PhotoList:
    """The list; where it is of paths alone, with the positions that are in the photos."""
    found, bare = read_list(table, where, positions, exclude)
    if not (bare and positions):
        return found
    return _read([record.path for record in found.photos], replace(found, photos=[]), positions, quiet)


def _used(table: Path, found: PhotoList, exclude: Sequence[str]) -> str:
    listed = {*(record.path for record in found.photos), *(left.path for left in found.skipped)}
    others = sum(path not in listed for path in walk(table.parent, exclude).paths)
    also = f"; {others} photos in the folder are not listed in it" if others else ""
    return f"positions are those of {table}{also}"


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
