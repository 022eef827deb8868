"""Rankings as CSV (RFC 4180, UTF-8): one row per query and rank."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Int64
from placeprint.artifact import replace_file
from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.photo_names import check_rows, encode, names_below

NEEDED = ("query", "rank", "reference")
COLUMNS = (*NEEDED, "distance", "right")


def read_ranking_csv(path: str | Path) -> dict[str, list[str]]:
    """For each query its references by rising rank; other columns are passed over.

    A row with a query alone says that nothing was found for it. Raises `FormatError` for a missing column
    or a rank that is no number or is given twice, `PlaceprintError` where there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise PlaceprintError(f"{path} does not exist", "Check the path")
    ranked: dict[str, dict[int, str]] = {}
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        if missing := set(NEEDED).difference(rows.fieldnames or ()):
            raise FormatError(f"{path}: no column {', '.join(sorted(missing))}", "Add it")
        for row in rows:
            references = ranked.setdefault(row["query"], {})
            if not row["reference"]:
                continue
            try:
                rank = int(row["rank"])
            except (TypeError, ValueError) as error:
                raise FormatError(
                    f"{path}, line {rows.line_num}: rank {row['rank']!r} is no whole number", "1 is the best"
                ) from error
            if rank in references:
                raise FormatError(
                    f"{path}, line {rows.line_num}: {row['query']!r} has rank {rank} twice", "Mend the ranks"
                )
            references[rank] = row["reference"]
    return {query: [found[rank] for rank in sorted(found)] for query, found in ranked.items()}


def write_ranking_csv(
    path: str | Path,
    queries: Sequence[Path],
    database: Sequence[Path],
    ranked: Sequence[Int64],
    root: Path,
    distances: Sequence[NDArray[Any]] | None = None,
    positives: Sequence[Int64] | None = None,
) -> None:
    """Columns query, rank (1 is the best), reference, distance, right (true or false).

    Names are relative to `root`. `distances` has the shape of `ranked`; `positives` are the right rows for
    each query; an unknown column is empty. A query without references has one row, with only its name.
    """
    check_rows(ranked, len(queries), len(database))
    check_rows(positives if positives is not None else ranked, len(queries), len(database))
    if distances is not None and [len(row) for row in distances] != [len(row) for row in ranked]:
        raise ValueError("the distances do not match the ranking")
    stored = names_below(database, root)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for number, (query, rows) in enumerate(zip(names_below(queries, root), ranked, strict=True)):
        right = [""] * len(rows)
        if positives is not None:
            right = [str(hit).lower() for hit in np.isin(rows, positives[number])]
        far = [""] * len(rows) if distances is None else [str(value) for value in distances[number]]
        if not len(rows):
            writer.writerow((query, "", "", "", ""))
        for rank, row in enumerate(rows):
            writer.writerow((query, rank + 1, stored[row], far[rank], right[rank]))
    replace_file(Path(path), encode(buffer.getvalue()))
