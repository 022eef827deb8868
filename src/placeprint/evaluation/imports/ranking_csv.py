"""Rankings as CSV with the columns query, rank, reference."""

import csv
from pathlib import Path

from placeprint.arrays import Int64
from placeprint.datasets import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.evaluation.imports.photo_names import rank_rows

NEEDED = {"query", "rank", "reference"}


def read_ranking_csv(path: str | Path, dataset: PlaceDataset, root: Path | None = None) -> list[Int64]:
    """For each query, its references by ascending rank; other columns are ignored.

    A row with only a query means that nothing was found for it. Names as in `read_hloc_pairs`. Raises
    `FormatError` for a missing column, or a rank that is not a number or occurs twice, `PlaceprintError` as
    `rank_rows` does.
    """
    path = Path(path)
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    ranked: dict[str, dict[int, str]] = {}
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        if missing := NEEDED.difference(rows.fieldnames or ()):
            raise FormatError(f"{path}: no column {', '.join(sorted(missing))}", "Add it")
        for row in rows:
            references = ranked.setdefault(row["query"], {})
            if not row["reference"]:
                continue
            try:
                rank = int(row["rank"])
            except (TypeError, ValueError) as error:
                raise FormatError(
                    f"{path}, line {rows.line_num}: rank {row['rank']!r} is not an integer", "1 is the best"
                ) from error
            if rank in references:
                raise FormatError(
                    f"{path}, line {rows.line_num}: {row['query']!r} has rank {rank} twice", "Fix the ranks"
                )
            references[rank] = row["reference"]
    named = {query: [found[rank] for rank in sorted(found)] for query, found in ranked.items()}
    return rank_rows(named, dataset, root, path)
