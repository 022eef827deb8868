"""Folders of predictions against files written by hand as VPR-methods-evaluation writes them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from ranking_samples import DATABASE, QUERIES, RANKED, ROOT, WRONG_ROWS

from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats.prediction_folder import read_prediction_folder, write_prediction_folder

FIRST = """Query path:
query/b.jpg

Predictions paths:
db/3.jpg
db/1.jpg

Positives paths:
db/sub/2.jpg
db/3.jpg
"""


SECOND = """Query path:
query/a.jpg

Predictions paths:
db/sub/2.jpg

Positives paths:


"""


def test_prediction_folder(tmp_path: Path) -> None:
    positives = [np.array([1, 2]), np.zeros(0, np.int64)]
    write_prediction_folder(tmp_path / "logs", QUERIES, DATABASE, RANKED, positives, ROOT)
    files = sorted((tmp_path / "logs/preds").iterdir())
    assert [file.name for file in files] == ["000.txt", "001.txt"]
    assert files[0].read_text() == FIRST
    assert files[1].read_text() == SECOND[:-1]
    assert [file.name for file in (tmp_path / "logs").iterdir()] == ["preds"]
    with pytest.raises(PlaceprintError, match="preds already exists"):
        write_prediction_folder(tmp_path / "logs", QUERIES, DATABASE, RANKED)
    write_prediction_folder(tmp_path, QUERIES, DATABASE, RANKED)
    first = (tmp_path / "preds/000.txt").read_text().splitlines()
    assert first[1] == (Path.cwd() / QUERIES[0]).as_posix()
    assert "Positives paths:" not in first


@pytest.mark.parametrize("name", ["a\nb.jpg", "a\u2028b.jpg", " a.jpg", "a.jpg "])
def test_names_that_are_no_line_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlaceprintError, match="does not fit on one line"):
        write_prediction_folder(tmp_path, [ROOT / name], DATABASE, [np.array([0])], root=ROOT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rows", WRONG_ROWS)
def test_rows_that_are_not_there_are_programming_errors(
    tmp_path: Path, rows: list[NDArray[np.int64]]
) -> None:
    for ranked, positives in ((rows, None), (RANKED, rows)):
        with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
            write_prediction_folder(tmp_path, QUERIES, DATABASE, ranked, positives, ROOT)
    assert not list(tmp_path.iterdir())


def predictions(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (folder / f"{number:03d}.txt").write_text(text)
    return folder


def test_prediction_files_by_hand(tmp_path: Path) -> None:
    unordered = (
        "Query path:\n/x/query/2.jpg\n\nPredictions paths:\ndb/4.jpg\ndb/b/1.jpg\n\nPositives paths:\n\n\n",
        "Query path:\nquery/1.jpg\nConfidence scores:\nPrediction 0: 0.5\n\nPredictions paths:\n1.jpg\n",
    )
    (tmp_path / "preds").mkdir()
    predictions(tmp_path / "preds", *unordered)
    expected = {"/x/query/2.jpg": ["db/4.jpg", "db/b/1.jpg"], "query/1.jpg": ["1.jpg"]}
    assert read_prediction_folder(tmp_path) == expected
    assert read_prediction_folder(tmp_path / "preds") == expected
    (tmp_path / "preds/002.txt").write_text(unordered[0])
    with pytest.raises(PlaceprintError, match=r"002\.txt: '/x/query/2\.jpg' has been predicted before"):
        read_prediction_folder(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "query/1.jpg\n", "Query path:\nquery/1.jpg\n", "Query path:\n\nPredictions paths:\n1.jpg\n"],
)
def test_other_text_files_are_no_predictions(tmp_path: Path, text: str) -> None:
    with pytest.raises(FormatError, match=r"000\.txt is no file of predictions"):
        read_prediction_folder(predictions(tmp_path, text))


def test_a_folder_without_predictions(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="has no predictions"):
        read_prediction_folder(tmp_path)
