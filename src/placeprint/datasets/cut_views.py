"""Queries with random headings: views cut from the query panoramas of a data set."""

import csv
import io
import os
import shutil
from collections.abc import Iterator
from os.path import commonpath
from pathlib import Path

import numpy as np

from placeprint.arrays import Float64, UInt8
from placeprint.artifact import replace_file
from placeprint.datasets.layouts.own.table import from_table
from placeprint.datasets.panoramas import Panorama, panoramas
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, load
from placeprint.photos.cube_views import inside, perspective, widest
from placeprint.progress import track

TABLE = "photos.csv"
COLUMNS = ("path", "lat", "lon", "altitude", "heading", "time", "panorama", "split", "role")
QUALITY = 95

_LONGEST_FACE = 8192
_OURS = ("database", "queries")


def with_cut_queries(
    dataset: PlaceDataset,
    folder: str | Path,
    field_of_view: float = 70.0,
    seed: int = 0,
    per_panorama: int = 4,
    pitch: float = 0.0,
    size: int = 480,
    quiet: bool = False,
) -> PlaceDataset:
    """Write a data set whose queries look in random directions; the database stays as it is.

    The photos of a street-view database have few headings, the same everywhere; those of a phone do not. From
    each panorama among the queries, `per_panorama` square views of `size` pixels and `field_of_view` degrees
    are cut at headings uniform in [0°, 360°), to a hundredth of a degree. The same data, seed and settings
    give the same views.

    `folder` gets `queries/` (JPEG, quality 95), `database/` (hard links to the photos, or copies if the disk
    does not support links) and finally the table `photos.csv`, which every command reads. Its only split is
    called `<split>-views`, because numbers for these queries are not comparable with those for the original
    ones. Positions, headings, times and panoramas are kept; other columns are not.

    Returns the data set read from there. Raises PlaceprintError if the queries are not whole panoramas, a
    photo has no position, a view does not fit (see `cube_views.widest`), a face cannot be read, or the folder
    contains anything else.
    """
    if per_panorama < 1 or size < 1:
        raise ValueError(f"cannot cut {per_panorama} views of {size} pixels per panorama")
    if not (0.0 < field_of_view < 180.0 and abs(pitch) < 90.0):
        raise PlaceprintError(f"a view of {field_of_view}° at pitch {pitch}° cannot be cut", "Try 70° at 0°")
    folder = Path(folder)
    _check_empty(folder)
    _check_positions(dataset)
    sources = panoramas(dataset.queries)
    headings = np.random.default_rng(seed).integers(0, 36_000, (len(sources), per_panorama)) / 100.0
    _check_fit(sources, headings, field_of_view, pitch)
    split = f"{dataset.name.rpartition('/')[2]}-views"
    rows = list(_keep_database(dataset, folder))
    for n, source in enumerate(track(sources, "Cutting views", len(sources), "panoramas", quiet)):
        faces, first = _faces(source), source.first_heading
        time = dataset.queries[source.rows[0]].time
        for k, heading in enumerate(headings[n].tolist()):
            path = f"queries/{n:05d}_{k}.jpg"
            image = perspective(faces, heading, pitch, field_of_view, (size, size), first)
            replace_file(folder / path, _jpeg(image))
            view = PhotoRecord(folder / path, source.point, heading, time, source.name)
            rows.append((path, view, "query"))
    replace_file(folder / TABLE, _table(rows, split).encode())
    return from_table(folder / TABLE, split)


def _check_empty(folder: Path) -> None:
    """Leftovers of an interrupted run are allowed: the run starts over."""
    other = [entry.name for entry in folder.iterdir() if entry.name not in _OURS] if folder.is_dir() else []
    if folder.exists() and (other or not folder.is_dir()):
        raise PlaceprintError(
            f"{folder} already contains {other[0]}" if other else f"{folder} is a file", "Give a new folder"
        )


def _check_positions(dataset: PlaceDataset) -> None:
    lost = next((photo for photo in (*dataset.database, *dataset.queries) if photo.point is None), None)
    if lost is not None:
        raise PlaceprintError(
            f"{lost.path}: no position", "Cut views need one for every photo of the data set"
        )


def _check_fit(sources: list[Panorama], headings: Float64, field_of_view: float, pitch: float) -> None:
    """Checked before anything is written."""
    if all(
        inside(heading, pitch, field_of_view, 1.0, source.first_heading)
        for source, of in zip(sources, headings.tolist(), strict=True)
        for heading in of
    ):
        return
    everywhere = min(widest(heading, pitch) for heading in range(46))  # the cube repeats, mirrored
    raise PlaceprintError(
        f"a view of {field_of_view:g}° at pitch {pitch:g}° leaves the panoramas' side faces at some headings",
        f"The widest that fits at every heading is {np.floor(10.0 * everywhere) / 10.0:g}°",
    )


def _faces(panorama: Panorama) -> list[UInt8]:
    faces = [load(path, longest=_LONGEST_FACE) for path in panorama.faces]
    for path, face in zip(panorama.faces, faces, strict=True):
        height, width = face.shape[:2]
        if height != width or face.shape != faces[0].shape:
            raise PhotoError(
                path, f"has {width} x {height} pixels", "The faces of a panorama must be equal squares"
            )
    return faces


def _keep_database(dataset: PlaceDataset, folder: Path) -> Iterator[tuple[str, PhotoRecord, str]]:
    """Link or copy the database's photos, so that the folder stays complete wherever it is moved."""
    root = Path(commonpath([photo.path.absolute().parent for photo in dataset.database]))
    for photo in dataset.database:
        path = f"database/{photo.path.absolute().relative_to(root).as_posix()}"
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(photo.path.resolve(), target)
        except OSError:
            shutil.copyfile(photo.path, target)
        yield path, photo, "database"


def _table(rows: list[tuple[str, PhotoRecord, str]], split: str) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for path, photo, role in rows:
        point = photo.point or GeoPoint(0.0, 0.0)
        time = photo.time.isoformat() if photo.time else ""
        where = (point.lat, point.lon, point.altitude, photo.heading)
        table.writerow((path, *where, time, photo.panorama or "", split, role))
    return text.getvalue()


def _jpeg(image: UInt8) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
