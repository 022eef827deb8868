"""San Francisco Landmarks (Chen et al., CVPR 2011), also as a dbStruct: Sf-0 of Liu et al., ICCV 2019.

Database photos are named `PCI_sp_<panorama>_<lat>_<lon>_<building>_<tile>_<carto id>_<yaw>_<pitch>.jpg`.
The crops PFI_sp_... of the same panoramas are left out, as the evaluations on PCIs do.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.own.listed_photos import holding, present
from placeprint.datasets.layouts.streets.dbstruct_folder import StructFolder
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.geo import GeoPoint, points_to_utm, utm_to_points
from placeprint.photos import PhotoRecord

ZONE = 10
QUERIES = tuple(
    f"{base}BuildingQueryImagesCartoIDCorrected-Upright" for base in ("", "Query/", "query/", "queries/")
)
TRUTH = tuple(
    f"{base}{name}.txt"
    for name in ("cartoid_groundTruth_2014_04", "cartoid_groundTruth")
    for base in ("", "Evaluation_Package/")
)
POSES = tuple(
    f"{base}reference_poses_addTM_all_598.txt" for base in ("", "reference_poses_598/", "reference_poses/")
)
LISTS = {"landmarks": TRUTH, "poses": POSES}


def _list(folder: Path, split: str) -> Path | None:
    return next((folder / name for name in LISTS.get(split, ()) if (folder / name).is_file()), None)


def _read(folder: Path, split: str) -> PlaceDataset:
    """Split "landmarks": 803 queries; the right answers are the photos of the buildings listed for the query,
    grade "positive". The corrected list of April 2014 is preferred.

    Split "poses": the 598 queries whose position Torii, Taira et al. found by structure from motion; both
    sides have meters in UTM zone 10, those of the database from the latitude and longitude in the name.
    """
    path = _list(folder, split)
    if path is None:
        raise PlaceprintError(
            f"{folder}: none of {', '.join(LISTS.get(split, ())) or repr(split)} is there",
            f"Splits: {', '.join(LISTS)}",
        )
    database, labels, notes = _database(folder)
    if not database:
        raise PlaceprintError(f"{folder}: no photos PCI_sp_*.jpg", "Unpack the archives PCIs_*.tar into it")
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if split == "poses":
            return _poses(folder, rows, database, labels, notes)
        paths = _query_paths(folder, [row[0] for row in rows])
    except (ValueError, IndexError) as error:
        raise FormatError(f"{path}: {error}", "Download the file again") from error
    queries = PhotoSet([PhotoRecord(photo, _gps(photo)) for photo in paths])
    listed = {"positive": _of_buildings(labels, [row[1:] for row in rows])}
    return PlaceDataset("san-francisco/landmarks", PhotoSet(database, labels=labels), queries, listed, notes)


def _of_buildings(labels: NDArray[np.str_], wanted: Sequence[Sequence[str]]) -> list[Int64]:
    """The rows of the buildings of each query. Ids that the authors struck out begin with `x`."""
    rows: dict[str, list[int]] = {}
    for number, label in enumerate(labels.tolist()):
        rows.setdefault(label, []).append(number)
    right = [{number for label in of_query for number in rows.get(label, ())} for of_query in wanted]
    return [np.array(sorted(numbers), np.int64) for numbers in right]


def _poses(
    folder: Path,
    rows: Sequence[Sequence[str]],
    database: Sequence[PhotoRecord],
    labels: NDArray[np.str_],
    notes: Sequence[str],
) -> PlaceDataset:
    """Lines `0 <query> <quaternion, 4 numbers> <east> <north> <height>` after a header with `#`."""
    rows = [row for row in rows if not row[0].startswith("#")]
    meters = np.array([(float(row[6]), float(row[7])) for row in rows], np.float64).reshape(-1, 2)
    degrees = utm_to_points(meters[:, 0], meters[:, 1], ZONE, True).tolist()
    paths = _query_paths(folder, [row[1] for row in rows])
    queries = [PhotoRecord(path, GeoPoint(*point)) for path, point in zip(paths, degrees, strict=True)]
    places = points_to_utm([photo.point for photo in database if photo.point], ZONE, True)
    return PlaceDataset(
        "san-francisco/poses",
        PhotoSet(database, places, labels=labels),
        PhotoSet(queries, meters),
        notes=notes,
    )


def _query_paths(folder: Path, names: Sequence[str]) -> list[Path]:
    files = [f"{name}.jpg" for name in names]
    return present(holding([folder / name for name in QUERIES], files), files)


def _gps(photo: Path) -> GeoPoint | None:
    """The phone's GPS, `0000.gps` beside `0000.jpg`: latitude, longitude; up to 300 m off."""
    try:
        lat, lon = map(float, photo.with_suffix(".gps").read_text().split()[:2])
        return GeoPoint(lat, lon)
    except (OSError, ValueError):
        return None


def _database(folder: Path) -> tuple[list[PhotoRecord], NDArray[np.str_], list[str]]:
    """Records sorted by path, the carto id of each, and how many names could not be read."""
    found = []
    for here, _, names in os.walk(folder):
        found += [f"{here}/{name}" for name in names if name.startswith("PCI_sp_") and name.endswith(".jpg")]
    records, labels = [], []
    for path in map(Path, sorted(found)):
        try:
            _, _, panorama, lat, lon, _, _, carto, yaw, _ = path.stem.split("_")
            point = GeoPoint(float(lat), float(lon))
            records.append(PhotoRecord(path, point, heading=float(yaw) % 360.0, panorama=panorama))
            labels.append(carto)
        except ValueError:
            continue
    left = len(found) - len(records)
    notes = [f"{left} photos left out: their names are not of the form PCI_sp_..."] if left else []
    return records, np.array(labels, np.str_), notes


def _panorama(name: str) -> str | None:
    fields = name.rpartition("/")[2].split("_")
    return fields[2] if len(fields) == 10 else None


SF0 = StructFolder(
    "sf0", {"test": "sf0"}, ("images", "PCIs", "."), (*QUERIES, "query", "queries"), ZONE, _panorama
)
LAYOUTS = (
    register(
        Layout(
            name="san-francisco",
            title="San Francisco Landmarks",
            origin="purl.stanford.edu/vn158kj2087; poses: "
            "www.ok.sc.e.titech.ac.jp/~torii/project/vlocalization",
            splits=lambda folder: tuple(split for split in LISTS if _list(folder, split)),
            read=_read,
            published={"landmarks": (1_062_468, 803), "poses": (1_062_468, 598)},
            guess=40,
        )
    ),
    register(
        Layout(
            name="sf0",
            title="San Francisco, Sf-0",
            origin="Photos as San Francisco Landmarks; the dbStruct is not published: save yours as sf0.mat",
            splits=SF0.splits,
            read=SF0.read,
            guess=41,
        )
    ),
)
