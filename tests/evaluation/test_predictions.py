"""What is exported comes back the same; names are matched as far as they are clear and no further."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placeprint.arrays import Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.evaluation.predictions import read_hloc_features, read_predictions
from placeprint.formats.hloc import write_features, write_pairs
from placeprint.formats.photo_names import names_below
from placeprint.formats.prediction_folder import write_prediction_folder
from placeprint.formats.ranking_csv import write_ranking_csv
from placeprint.formats.vector_files import write_vectors
from placeprint.photos import PhotoRecord

ROOT = Path("/data/town")
every = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def dataset(queries: list[str], database: list[str]) -> PlaceDataset:
    asked, stored = (
        PhotoSet([PhotoRecord(ROOT / name, None) for name in side]) for side in (queries, database)
    )
    return PlaceDataset("test", stored, asked)


def paths(photos: PhotoSet) -> list[Path]:
    return [photo.path for photo in photos]


def lists(ranked: list[Int64]) -> list[list[int]]:
    assert all(rows.dtype == np.int64 for rows in ranked)
    return [rows.tolist() for rows in ranked]


@st.composite
def rankings(
    draw: st.DrawFn, least: int = 0, letters: str = "ab/,\"'é@ "
) -> tuple[PlaceDataset, list[Int64]]:
    part = st.text(letters.replace("/", ""), min_size=1, max_size=3).map(lambda s: f"x{s}x")
    name = st.lists(part, min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".jpg")
    queries = draw(st.lists(name, min_size=1, max_size=4, unique=True))
    database = draw(st.lists(name, min_size=max(least, 1), max_size=6, unique=True))
    order = st.permutations(range(len(database)))
    ranked = [np.array(draw(order)[: draw(st.integers(least, len(database)))], np.int64) for _ in queries]
    return dataset([f"query/{name}" for name in queries], [f"db/{name}" for name in database]), ranked


@every
@given(made=rankings(least=1, letters="ab/é@,"))
def test_pairs_round_trip(tmp_path: Path, made: tuple[PlaceDataset, list[Int64]]) -> None:
    data, ranked = made
    write_pairs(tmp_path / "p.txt", paths(data.queries), paths(data.database), ranked, ROOT)
    assert lists(read_predictions(tmp_path / "p.txt", data, ROOT)) == lists(ranked)


@every
@given(made=rankings())
def test_csv_round_trip(tmp_path: Path, made: tuple[PlaceDataset, list[Int64]]) -> None:
    data, ranked = made
    write_ranking_csv(tmp_path / "r.csv", paths(data.queries), paths(data.database), ranked, ROOT)
    assert lists(read_predictions(tmp_path / "r.csv", data, ROOT)) == lists(ranked)


@every
@given(made=rankings(), root=st.sampled_from([None, ROOT]), positives=st.booleans())
def test_folders_round_trip(
    tmp_path: Path, made: tuple[PlaceDataset, list[Int64]], root: Path | None, positives: bool
) -> None:
    data, ranked = made
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    right = ranked[::-1] if positives else None
    write_prediction_folder(folder, paths(data.queries), paths(data.database), ranked, right, root)
    assert lists(read_predictions(folder, data, root)) == lists(ranked)
    assert lists(read_predictions(folder / "preds", data, root)) == lists(ranked)


@every
@given(made=rankings(), seed=st.integers(0, 99))
def test_features_round_trip(tmp_path: Path, made: tuple[PlaceDataset, list[Int64]], seed: int) -> None:
    pytest.importorskip("h5py")
    data, _ = made
    names = names_below([*paths(data.database), *paths(data.queries)], ROOT)
    vectors = np.random.default_rng(seed).normal(size=(len(names), 3)).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(names))
    write_features(tmp_path / "f.h5", [names[row] for row in order], vectors[order])
    stored, asked = read_hloc_features(tmp_path / "f.h5", data, ROOT)
    np.testing.assert_array_equal(stored, vectors[: len(data.database)])
    np.testing.assert_array_equal(asked, vectors[len(data.database) :])


def pairs(folder: Path, *lines: str) -> Path:
    path = folder / "pairs.txt"
    path.write_text("\n".join(lines))
    return path


DATA = dataset(
    ["query/1.jpg", "query/2.jpg"], ["db/a/1.jpg", "db/b/1.jpg", "db/b/3.jpg", "1.jpg", "db/4.jpg"]
)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("db/a/1.jpg", 0),  # below the common folder
        ("/data/town/db/b/1.jpg", 1),
        ("1.jpg", 3),  # a path, not only the end of others
        ("./db/a/1.jpg", 0),
        ("town/db/a/1.jpg", 0),  # below a folder further up
        ("b/1.jpg", 1),  # below a folder further down
        ("/elsewhere/set/db/a/1.jpg", 0),  # on another machine
        ("db\\b\\1.jpg", 1),
        ("4.jpg", 4),  # a file name that is there once
        ("other/4.jpg", 4),
    ],
)
def test_names_that_are_clear(tmp_path: Path, name: str, row: int) -> None:
    path = pairs(tmp_path, f"query/1.jpg {name}", "query/2.jpg db/b/3.jpg")
    assert lists(read_predictions(path, DATA)) == [[row], [2]]


def test_the_longest_common_end_decides(tmp_path: Path) -> None:
    data = dataset(["q.jpg"], ["r/b/1.jpg", "s/b/1.jpg", "t/1.jpg"])
    for name, row in {"/x/r/b/1.jpg": 0, "x/s/b/1.jpg": 1, "x/t/1.jpg": 2}.items():
        assert lists(read_predictions(pairs(tmp_path, f"q.jpg {name}"), data)) == [[row]]
    for name in ("x/b/1.jpg", "x/1.jpg"):
        with pytest.raises(PlaceprintError, match="more than one photo"):
            read_predictions(pairs(tmp_path, f"q.jpg {name}"), data)


def test_root_decides_between_ends(tmp_path: Path) -> None:
    path = pairs(tmp_path, "query/1.jpg 1.jpg", "2.jpg 1.jpg")
    assert lists(read_predictions(path, DATA)) == [[3], [3]]
    assert lists(read_predictions(path, DATA, ROOT / "db/b")) == [[1], [1]]
    with pytest.raises(
        PlaceprintError, match=r"more than one photo of the database may be meant by '1\.jpg'"
    ):
        read_predictions(path, DATA, ROOT / "none")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["query/1.jpg db/5.jpg", "query/2.jpg db/6.jpg"],
            r"not a photo of the database: 'db/5\.jpg', 'db/6",
        ),
        (["query/1.jpg query/2.jpg", "query/2.jpg 1.jpg"], r"not a photo of the database: 'query/2\.jpg'"),
        (["db/4.jpg 1.jpg", "query/2.jpg 1.jpg"], r"not a photo of the queries: 'db/4\.jpg'"),
        (["query/1.jpg x/1.jpg", "query/2.jpg 1.jpg"], r"more than one .* database .* by 'x/1\.jpg'"),
        (["query/1.jpg db/4.jpg", "query/2.jpg x/4.jpg"], r"'db/4\.jpg' and 'x/4\.jpg' may both be /data"),
        (["query/1.jpg db/4.jpg"], r"no ranking of 1 queries: '/data/town/query/2\.jpg'"),
        (["query/1.jpg 1.jpg", "query/2.jpg 1.jpg", "query/1.jpg 1.jpg"], r"'query/1\.jpg' is ranked twice"),
    ],
)
def test_names_that_are_not_clear(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(PlaceprintError, match=rf"pairs\.txt: .*{message}"):
        read_predictions(pairs(tmp_path, *lines), DATA)


def test_long_lists_are_cut(tmp_path: Path) -> None:
    data = dataset([f"query/{n}.jpg" for n in range(9)], ["db/1.jpg"])
    with pytest.raises(PlaceprintError, match=r"no ranking of 8 queries: '[^']*0\.jpg', .* and 3 more"):
        read_predictions(pairs(tmp_path, "query/1.jpg db/1.jpg"), data)


def test_photos_with_backslashes_and_listed_twice(tmp_path: Path) -> None:
    data = dataset(["q.jpg"], ["a\\b.jpg", "c.jpg", "c.jpg"])
    assert lists(read_predictions(pairs(tmp_path, "q.jpg a\\b.jpg"), data)) == [[0]]
    with pytest.raises(PlaceprintError, match=r"more than one photo .* 'c\.jpg'"):
        read_predictions(pairs(tmp_path, "q.jpg c.jpg"), data)


def test_row_numbers(tmp_path: Path) -> None:
    rows = np.array([[4, 0, 2], [1, -1, -1]])
    np.save(tmp_path / "predictions.npy", rows)
    write_vectors(tmp_path / "predictions.ivecs", rows)
    for name in ("predictions.npy", "predictions.ivecs"):
        assert lists(read_predictions(tmp_path / name, DATA)) == [[4, 0, 2], [1]]
    np.save(tmp_path / "predictions.npy", rows[:1])
    with pytest.raises(FormatError, match="not row numbers for 2 queries"):
        read_predictions(tmp_path / "predictions.npy", DATA)
    np.save(tmp_path / "predictions.npy", rows + 1)
    with pytest.raises(FormatError, match="of 5"):
        read_predictions(tmp_path / "predictions.npy", DATA)


def test_no_known_form(tmp_path: Path) -> None:
    (tmp_path / "f.h5").write_bytes(b"")
    (tmp_path / "p.npy").write_bytes(b"PK\x03\x04")
    with pytest.raises(PlaceprintError, match=r"f\.h5 is not a ranking in a known format"):
        read_predictions(tmp_path / "f.h5", DATA)
    with pytest.raises(FormatError, match=r"p\.npy is damaged"):
        read_predictions(tmp_path / "p.npy", DATA)
    for name in ("none.txt", "none.npy", "none"):
        with pytest.raises(PlaceprintError, match=f"{name} does not exist"):
            read_predictions(tmp_path / name, DATA)


def test_features_are_found_by_their_ends(tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    data = dataset(["query/1.jpg"], ["db/a/1.jpg", "db/b/2.jpg"])
    names = ["images/query/1.jpg", "images/db/a/1.jpg", "2.jpg", "db/b/2.jpg", "unused/9.jpg", "1.jpg"]
    path = tmp_path / "f.h5"
    write_features(path, names, np.arange(6, dtype=np.float32)[:, None])
    stored, asked = read_hloc_features(path, data)
    assert asked.tolist() == [[0]]
    assert stored.tolist() == [[1], [3]]
    for database in (["db/c/1.jpg"], ["db/c/5.jpg"], ["db/b/2.jpg", "db/d/2.jpg"], ["e/9.jpg", "f/9.jpg"]):
        with pytest.raises(PlaceprintError, match=rf"or more than one, of .*{database[-1]}"):
            read_hloc_features(path, dataset(["query/1.jpg"], ["db/a/1.jpg", *database]))
    both = dataset(["db/b/2.jpg"], ["db/b/2.jpg", "db/a/1.jpg"])  # a photo on both sides
    stored, asked = read_hloc_features(path, both)
    assert (stored.tolist(), asked.tolist()) == ([[3], [1]], [[3]])


def test_features_are_found_by_their_paths_first(tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    path = tmp_path / "f.h5"
    write_features(path, ["9.jpg", "x/9.jpg"], np.array([[0.0], [1.0]]))
    data = dataset([], ["9.jpg"])
    assert read_hloc_features(path, data)[0].tolist() == [[0]]
    other = dataset([], ["x/9.jpg"])  # below another root, where its last part is no path
    assert read_hloc_features(path, other, Path("/one/two/three"))[0].tolist() == [[1]]
