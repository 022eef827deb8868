"""Rankings in any known format."""

from pathlib import Path

from placeprint.arrays import Int64
from placeprint.datasets import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.evaluation.imports.hloc import read_hloc_pairs
from placeprint.evaluation.imports.prediction_folder import read_prediction_folder
from placeprint.evaluation.imports.ranking_csv import read_ranking_csv
from placeprint.evaluation.imports.row_numbers import read_row_numbers


def read_predictions(path: str | Path, dataset: PlaceDataset, root: Path | None = None) -> list[Int64]:
    """For each query, the ranked database rows, from a folder of predictions, hloc pairs (`.txt`), a table
    (`.csv`) or row numbers (`.npy`, `.ivecs`). root: as in `read_hloc_pairs`.

    Raises `PlaceprintError` for anything else, and whatever the reader of that format raises.
    """
    path = Path(path)
    if path.is_dir():
        return read_prediction_folder(path, dataset, root)
    if not path.exists():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    match path.suffix.lower():
        case ".txt":
            return read_hloc_pairs(path, dataset, root)
        case ".csv":
            return read_ranking_csv(path, dataset, root)
        case ".npy" | ".ivecs":
            return read_row_numbers(path, dataset)
    raise PlaceprintError(
        f"{path} is not a ranking in a known format",
        "Give a folder of predictions, hloc pairs (.txt), a table (.csv) or row numbers (.npy, .ivecs)",
    )
