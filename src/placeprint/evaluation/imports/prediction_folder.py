"""The folder of predictions written by VPR-methods-evaluation."""

from pathlib import Path

from placeprint.arrays import Int64
from placeprint.datasets import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.evaluation.imports.photo_names import rank_rows

QUERY, PREDICTIONS = "Query path:", "Predictions paths:"
MEND = f"A file has the parts {QUERY!r} and {PREDICTIONS!r}, each on a line, with paths below"


def read_prediction_folder(
    folder: str | Path, dataset: PlaceDataset, root: Path | None = None
) -> list[Int64]:
    """For each query, its predictions, from the text files in `folder/preds` or in `folder` itself.

    Names as in `read_hloc_pairs`. Raises `FormatError` for a file of another form, `PlaceprintError` as
    `rank_rows` does, for instance for a folder with only the wrong predictions.
    """
    folder = Path(folder)
    place = folder / "preds" if (folder / "preds").is_dir() else folder
    files = sorted(place.glob("*.txt"))
    if not files:
        raise PlaceprintError(f"{place} has no predictions (*.txt)", "Check the path")
    named: dict[str, list[str]] = {}
    for file in files:
        query, predictions = _read(file)
        if query in named:
            raise PlaceprintError(f"{file}: {query!r} already has predictions", "Remove one of the files")
        named[query] = predictions
    return rank_rows(named, dataset, root, place)


def _read(file: Path) -> tuple[str, list[str]]:
    parts: dict[str, list[str]] = {}
    title = ""
    for line in file.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n"):
        line = line.strip()
        if line.endswith((" path:", " paths:", " scores:")):
            title = line
            parts[title] = []
        elif line and title:
            parts[title].append(line)
    if len(parts.get(QUERY, [])) != 1 or PREDICTIONS not in parts:
        raise FormatError(f"{file} is not a file of predictions", MEND)
    return parts[QUERY][0], parts[PREDICTIONS]
