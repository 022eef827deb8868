"""Rankings as CSV against files written by hand."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from ranking_samples import DATABASE, QUERIES, RANKED, ROOT, WRONG_ROWS

from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.ranking_csv import read_ranking_csv, write_ranking_csv


def test_ranking_csv(tmp_path: Path) -> None:
    path = tmp_path / "ranking.csv"
    distances = [np.array([0.1, 0.25], np.float32), np.array([2.0])]
    write_ranking_csv(path, QUERIES, DATABASE, RANKED, ROOT, distances, [np.array([0, 1]), np.array([0])])
    assert path.read_bytes() == (
        b"query,rank,reference,distance,right\r\n"
        b"query/b.jpg,1,db/3.jpg,0.1,false\r\n"
        b"query/b.jpg,2,db/1.jpg,0.25,true\r\n"
        b"query/a.jpg,1,db/sub/2.jpg,2.0,false\r\n"
    )
    write_ranking_csv(path, QUERIES, DATABASE, [np.zeros(0, np.int64), np.array([1])], ROOT)
    assert path.read_bytes() == (
        b"query,rank,reference,distance,right\r\nquery/b.jpg,,,,\r\nquery/a.jpg,1,db/sub/2.jpg,,\r\n"
    )


@pytest.mark.parametrize("rows", WRONG_ROWS)
def test_rows_that_are_not_there_are_programming_errors(
    tmp_path: Path, rows: list[NDArray[np.int64]]
) -> None:
    for ranked, positives in ((rows, None), (RANKED, rows)):
        with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
            write_ranking_csv(tmp_path / "r.csv", QUERIES, DATABASE, ranked, ROOT, None, positives)
    with pytest.raises(ValueError, match="distances do not match"):
        write_ranking_csv(tmp_path / "r.csv", QUERIES, DATABASE, RANKED, ROOT, RANKED[::-1])
    assert not list(tmp_path.iterdir())


def test_csv_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "\ufeffreference,rank,query,note\ndb/4.jpg,10,query/1.jpg,\n1.jpg,2,query/1.jpg,x\n,,query/2.jpg,\n"
    )
    assert read_ranking_csv(path) == {"query/1.jpg": ["1.jpg", "db/4.jpg"], "query/2.jpg": []}
    with pytest.raises(PlaceprintError, match=r"none\.csv does not exist"):
        read_ranking_csv(tmp_path / "none.csv")
    for content, message in {
        "query,reference\n": "no column rank",
        "": "no column query, rank, reference",
        "query,rank,reference\nquery/1.jpg,one,1.jpg\n": "line 2: rank 'one' is no whole number",
        "query,rank,reference\nquery/1.jpg,1,1.jpg\nquery/1.jpg,1,db/4.jpg\n": "line 3: .* rank 1 twice",
    }.items():
        path.write_text(content)
        with pytest.raises(FormatError, match=message):
            read_ranking_csv(path)
