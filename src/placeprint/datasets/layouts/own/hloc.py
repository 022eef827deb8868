"""The outputs of hloc: a reference model, and the queries localized in it."""

from pathlib import Path, PurePosixPath

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.own.colmap import photo_root, place_by_centers
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.formats.colmap import find_model, read_model
from placeprint.formats.hloc import read_pairs, read_poses

LOGS = ".txt_logs.pkl"  # hloc writes NAME.txt and, beside it, NAME.txt_logs.pkl


def read_hloc(folder: Path, split: str) -> PlaceDataset:
    """Outputs of hloc: the photos of the reference model in `sfm*` are the database, those of the results
    `SPLIT.txt` are the queries, and the camera centers give the positions of both (see `read_colmap`). The
    ground truth is only as good as hloc's poses: a query that could not be localized has the pose of its best
    reference.

    Results name a query by the end of its path; the full name is taken from the `pairs-*.txt` in the folder
    if exactly one fits. Raises `PlaceprintError` for a file that is missing or damaged.
    """
    model = _model(folder)
    results = folder / f"{split}.txt"
    if model is None or not results.is_file():
        raise PlaceprintError(
            f"{folder}: no model in sfm* or no {results.name}", "Give the folder of hloc's outputs"
        )
    stored, asked = read_model(model), read_poses(results)
    known = {name for path in sorted(folder.glob("pairs-*.txt")) for name in read_pairs(path)}
    whole: dict[str, list[str]] = {}
    for name in sorted(known.difference(stored.names)):
        whole.setdefault(PurePosixPath(name).name, []).append(name)
    names = [_whole_name(name, whole.get(PurePosixPath(name).name, [])) for name in asked.names]
    root, plane = photo_root(folder), stored.centers()
    return PlaceDataset(
        f"{folder.resolve().name}/{split}",
        place_by_centers(stored.names, plane, plane, root),
        place_by_centers(names, asked.centers(), plane, root),
        notes=[f"Positions from {model.relative_to(folder).as_posix()}, in the model's unit"],
    )


def _whole_name(name: str, candidates: list[str]) -> str:
    fitting = [full for full in candidates if f"/{full}".endswith(f"/{name}")]
    return fitting[0] if len(fitting) == 1 else name


def _model(folder: Path) -> Path | None:
    return next(filter(None, map(find_model, sorted(folder.glob("sfm*")))), None)


def _splits(folder: Path) -> tuple[str, ...]:
    if _model(folder) is None:
        return ()
    names = sorted(path.name.removesuffix(LOGS) for path in folder.glob(f"*{LOGS}"))
    return tuple(name for name in names if (folder / f"{name}.txt").is_file())


LAYOUT = register(
    Layout(
        name="hloc",
        title="hloc outputs",
        origin="Your own localization: github.com/cvg/Hierarchical-Localization",
        splits=_splits,
        read=read_hloc,
        guess=260,
    )
)
