"""Exports against files written by hand in the formats of the tools that read them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from placeprint.errors import PlaceprintError
from placeprint.evaluation.exports import (
    names_below,
    write_hloc_features,
    write_hloc_pairs,
    write_prediction_folder,
    write_ranking_csv,
)

QUERIES = [Path("data/query/b.jpg"), Path("data/query/a.jpg")]
DATABASE = [Path("data/db/1.jpg"), Path("data/db/sub/2.jpg"), Path("data/db/3.jpg")]
RANKED = [np.array([2, 0]), np.array([1])]
ROOT = Path("data")


def test_names_are_relative_with_slashes() -> None:
    assert names_below(DATABASE, ROOT) == ["db/1.jpg", "db/sub/2.jpg", "db/3.jpg"]
    assert names_below([Path.cwd() / "data/x/../y.jpg"], Path("./data/z/..")) == ["y.jpg"]
    with pytest.raises(PlaceprintError, match=r"data/db/1\.jpg is not below data/query"):
        names_below(DATABASE, Path("data/query"))


def test_hloc_pairs(tmp_path: Path) -> None:
    path = tmp_path / "new/pairs.txt"
    write_hloc_pairs(path, QUERIES, DATABASE, RANKED, ROOT)
    assert path.read_bytes() == (b"query/b.jpg db/3.jpg\nquery/b.jpg db/1.jpg\nquery/a.jpg db/sub/2.jpg\n")


@pytest.mark.parametrize("name", ["a b.jpg", "a\tb.jpg", "a\u00a0b.jpg", "a\nb.jpg"])
def test_names_that_hloc_would_cut_are_refused(tmp_path: Path, name: str) -> None:
    for queries, database in ([[ROOT / name], DATABASE], [QUERIES[:1], [*DATABASE[:2], ROOT / name]]):
        with pytest.raises(PlaceprintError, match="no spaces"):
            write_hloc_pairs(tmp_path / "p.txt", queries, database, [np.array([0])], ROOT)
    assert not list(tmp_path.iterdir())


def test_hloc_features(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "global-feats.h5"
    vectors = np.random.default_rng(0).normal(size=(3, 5))
    write_hloc_features(path, names_below(DATABASE, ROOT), vectors)
    with h5py.File(path) as file:
        found = []
        file.visititems(lambda _, item: found.append(item.name) if isinstance(item, h5py.Dataset) else None)
        assert found == [f"/db/{name}.jpg/global_descriptor" for name in ("1", "3", "sub/2")]
        for name, vector in zip(("db/1.jpg", "db/sub/2.jpg", "db/3.jpg"), vectors, strict=True):
            assert file[name]["global_descriptor"].shape == (5,)
            assert file[name]["global_descriptor"].dtype == np.float32
            np.testing.assert_array_equal(
                file[name]["global_descriptor"].__array__(), vector.astype(np.float32)
            )
    old = path.read_bytes()
    for names in (["a", "a"], ["/a", "b"], ["a//b", "c"], ["./a", "b"], ["", "b"], [".", "b"]):
        with pytest.raises(PlaceprintError, match="not a relative path"):
            write_hloc_features(path, names, vectors[:2])
    with pytest.raises(ValueError, match="do not match 1 names"):
        write_hloc_features(path, ["a"], vectors)
    with pytest.raises(ValueError, match="do not match 3 names"):
        write_hloc_features(path, ["a", "b", "c"], vectors[:, 0])
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


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


@pytest.mark.parametrize("rows", [[np.array([0])], [np.array([0]), np.array([3])], [np.array([-1])] * 2])
def test_rows_that_are_not_there_are_programming_errors(
    tmp_path: Path, rows: list[NDArray[np.int64]]
) -> None:
    with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
        write_hloc_pairs(tmp_path / "p.txt", QUERIES, DATABASE, rows, ROOT)
    for ranked, positives in ((rows, None), (RANKED, rows)):
        with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
            write_prediction_folder(tmp_path, QUERIES, DATABASE, ranked, positives, ROOT)
        with pytest.raises(ValueError, match=r"lists do not match|not all in a database of 3"):
            write_ranking_csv(tmp_path / "r.csv", QUERIES, DATABASE, ranked, ROOT, None, positives)
    with pytest.raises(ValueError, match="distances do not match"):
        write_ranking_csv(tmp_path / "r.csv", QUERIES, DATABASE, RANKED, ROOT, RANKED[::-1])
    assert not list(tmp_path.iterdir())
