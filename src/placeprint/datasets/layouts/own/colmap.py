"""A COLMAP project: a sparse model, its photos in `images`, and positions if known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from placeprint.arrays import Float64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.formats.camera_poses import plane_axes
from placeprint.formats.colmap import find_model, read_model, read_positions
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord

LISTS = ("list_query", "list_test")
GPS, METERS, UNCLEAR = "gps.txt", "metres.txt", "ref_images.txt"


def read_colmap(folder: Path, split: str) -> PlaceDataset:
    """The photos of the model, in the order of their names.

    Split `all`: every photo is both query and database; `own-photos-each-other` leaves out the query itself.
    Split `list_query` or `list_test`: the photos named in that text file, one per line, are the queries and
    the others the database, as in the retriangulated Cambridge Landmarks.

    Positions come from the first of these that exists:
    - `gps.txt`, lines of name, latitude, longitude, altitude: geographic points;
    - `metres.txt`, lines of name, X, Y, Z: `meters` are X and Y;
    - the camera centers -Rᵀt: `meters` are their coordinates in the plane that preserves their distances best
    (`plane_axes`), in the model's unit. That is a meter only in a geo-registered model; x and y are then east
    and north if the cameras are level.

    Both text files are in the format of `ref_images_path` of COLMAP's `model_aligner`, which has an option
    for which of the two it is; here the name must say it. Photos that such a file does not name are left out.
    Raises `PlaceprintError` for a file that is missing, damaged or ambiguous.
    """
    model = find_model(folder)
    if model is None or split not in _splits(folder):
        have = ", ".join(_splits(folder))
        raise PlaceprintError(
            f"{folder} has no split {split!r}", f"It has {have}" if have else "It has no COLMAP model"
        )
    poses = read_model(model)
    source, notes = _source(folder, model), _other_models(folder, model)
    if source is None:
        names: Sequence[str] = poses.names
        photos = place_by_centers(names, poses.centers(), poses.centers(), photo_root(folder))
        notes.append(f"No {GPS}, no {METERS}: distances are in the model's unit, in its cameras' plane")
    else:
        known = read_positions(source)
        names = [name for name in poses.names if name in known]
        photos = _place_by_file(names, known, source, photo_root(folder))
        if len(names) < len(poses.names):
            notes.append(f"{len(poses.names) - len(names)} photos are left out: not in {source.name}")
    database = queries = photos
    unit = "model unit" if source is None else "m"
    if split != "all":
        listed = _beside(f"{split}.txt", folder, model)
        text = listed.read_text(encoding="utf-8-sig", errors="surrogateescape") if listed else ""
        wanted = {line.strip() for line in text.splitlines()} - {""}
        asked = np.array([name in wanted for name in names], bool)
        database, queries = photos.take(np.flatnonzero(~asked)), photos.take(np.flatnonzero(asked))
        if absent := len(wanted.difference(poses.names)):
            notes.append(f"{absent} of {len(wanted)} queries are left out: not in the model")
    return PlaceDataset(f"{folder.resolve().name}/{split}", database, queries, notes=notes, unit=unit)


def photo_root(folder: Path) -> Path:
    """Where the photos of a project are: its folder `images`, else the folder itself."""
    return folder / "images" if (folder / "images").is_dir() else folder


def place_by_centers(names: Sequence[str], centers: Float64, model: Float64, root: Path) -> PhotoSet:
    """Photos with `meters` in the plane of the cameras `model` (n, 3)."""
    meters = centers @ plane_axes(model).T if len(model) else np.zeros((len(names), 2))
    return PhotoSet([PhotoRecord(root / name, None) for name in names], meters=meters)


def _place_by_file(
    names: Sequence[str], known: dict[str, tuple[float, float, float]], source: Path, root: Path
) -> PhotoSet:
    if source.name == METERS:
        meters = np.array([known[name][:2] for name in names], np.float64).reshape(-1, 2)
        return PhotoSet([PhotoRecord(root / name, None) for name in names], meters=meters)
    try:
        return PhotoSet([PhotoRecord(root / name, GeoPoint(*known[name])) for name in names])
    except ValueError as error:
        raise PlaceprintError(
            f"{source}: {error}", "A line is name, latitude, longitude, altitude"
        ) from error


def _source(folder: Path, model: Path) -> Path | None:
    """The file that gives the positions."""
    found = _beside(GPS, folder, model) or _beside(METERS, folder, model)
    unclear = _beside(UNCLEAR, folder, model)
    if found is None and unclear is not None:
        raise PlaceprintError(
            f"the name of {unclear} does not say what its numbers are",
            f"Call it {GPS} for latitude, longitude, altitude, or {METERS} for X, Y, Z",
        )
    return found


def _other_models(folder: Path, model: Path) -> list[str]:
    others = [place for place in sorted(folder.glob("sparse/*")) if place != model and find_model(place)]
    return [f"sparse/{other.name} is left out: a model in a frame of its own" for other in others]


def _beside(name: str, folder: Path, model: Path) -> Path | None:
    return next((place / name for place in (folder, model) if (place / name).is_file()), None)


def _splits(folder: Path) -> tuple[str, ...]:
    model = find_model(folder)
    if model is None:
        return ()
    return ("all", *(name for name in LISTS if _beside(f"{name}.txt", folder, model) is not None))


LAYOUT = register(
    Layout(
        name="colmap",
        title="COLMAP sparse model",
        origin="Your own reconstruction: colmap.github.io",
        splits=_splits,
        read=read_colmap,
        guess=250,
    )
)
