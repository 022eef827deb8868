"""Every kind of column comes back from the disk as it was, alone and joined with others."""

import numpy as np
import pytest

from placeprint.errors import FormatError
from placeprint.features import LocalFeatures
from placeprint.placemap.storage.entry import Batch, Entry
from placeprint.placemap.storage.store import MapStore
from placeprint.representations import (
    Binary,
    Blob,
    Column,
    Dense,
    Local,
    Recipe,
    Regional,
    Representation,
    Sparse,
    SparseVector,
    column_from_dict,
)

COLUMNS = (
    Column("vector", Dense(6)),
    Column("words", Sparse(1000)),
    Column("code", Binary(20)),
    Column("regions", Regional(4)),
    Column("local", Local()),
    Column("thumbnail", Blob()),
)


def local(rng, count):
    xy, ones = rng.random((count, 2), np.float32), np.ones(count, np.float32)
    return LocalFeatures(xy, ones, ones, ones, rng.integers(0, 256, (count, 8), np.uint8), (64, 48))


def photo(number):
    rng = np.random.default_rng(number)
    ids = np.sort(rng.permutation(1000)[: number % 5])
    return {
        "vector": rng.random(6, np.float32),
        "words": None if number == 3 else SparseVector(ids, rng.random(len(ids), np.float32)),
        "code": rng.integers(0, 256, 3, np.uint8),
        "regions": None if number == 4 else rng.random((number % 3, 4), np.float32),
        "local": None if number == 5 else local(rng, number % 4),
        "thumbnail": b"x" * number,
    }


def same(a, b):
    if isinstance(a, SparseVector):
        return np.array_equal(a.ids, b.ids) and np.array_equal(a.weights, b.weights)
    if isinstance(a, LocalFeatures):
        return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("xy", "descriptors", "size"))
    return a is b is None or np.array_equal(a, b)


def test_a_map_keeps_every_kind_through_batches_removal_and_joining(tmp_path):
    config = {"columns": [column.to_dict() for column in COLUMNS]}
    with MapStore.create(tmp_path / "m", config) as store:
        for numbers in (range(4), range(4, 9)):
            entries = [Entry(f"{n}.jpg", 1.0, 2.0, None, None, None, None, n, n, "") for n in numbers]
            photos = [photo(n) for n in numbers]
            store.append(Batch(entries, {c.name: [p[c.name] for p in photos] for c in COLUMNS}))
        for _ in range(2):
            snapshot = store.snapshot()
            for row, entry in enumerate(snapshot.entries):
                expected = photo(entry.size)
                for column in COLUMNS:
                    found = snapshot.value(column.name, row)
                    assert same(found, expected[column.name]), (column.name, entry.size)
            store.remove([2, 5])
            store.compact()
        assert len(store) == 7
        assert store.check_integrity() == []
        np.testing.assert_array_equal(
            snapshot.matrix("code"), [photo(e.size)["code"] for e in snapshot.entries]
        )
        with pytest.raises(FormatError, match=r"stores no column 'depth', only vector, words"):
            snapshot.value("depth", 0)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: c.name)
def test_columns_survive_json_and_an_unknown_kind_is_named(column):
    assert column_from_dict(column.to_dict()) == column
    with pytest.raises(FormatError, match="hologram"):
        column_from_dict(column.to_dict() | {"kind": "hologram"})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Dense(3), np.zeros(4, np.float32)),
        (Dense(3), np.full(3, np.nan, np.float32)),
        (Sparse(5), SparseVector(np.array([1, 5]), np.ones(2, np.float32))),
        (Sparse(5), SparseVector(np.array([2, 1]), np.ones(2, np.float32))),
        (Sparse(5), SparseVector(np.array([1]), np.ones(2, np.float32))),
        (Binary(9), np.zeros(1, np.uint8)),
        (Binary(8), np.zeros(1, np.int64)),
        (Regional(3), np.zeros((2, 4), np.float32)),
    ],
)
def test_values_that_do_not_fit_are_refused(kind, value):
    with pytest.raises(ValueError, match=r"is not|are no|are not"):
        kind.pack(value)


class Counting:
    """Two columns from one look at the photo."""

    columns = (Column("a", Dense(1)), Column("b", Dense(1)))

    def __init__(self):
        self.calls = 0

    def extract(self, image):
        self.calls += 1
        return {"a": image.mean(), "b": image.max()}

    def to_dict(self):
        return {}


def test_every_column_is_made_once_and_only_when_it_is_asked_for():
    extractor = Counting()
    recipe = Recipe((extractor,))
    made = recipe.represent(np.full((2, 2, 3), 7, np.uint8))
    assert (sorted(made), len(made), extractor.calls) == (["a", "b"], 2, 0)
    assert [made["a"], made["b"], made["a"], extractor.calls] == [7, 7, 7, 1]
    assert recipe.represent(np.zeros((1, 1, 3), np.uint8), {"a": 5})["a"] == 5
    assert extractor.calls == 1
    with pytest.raises(ValueError, match="same column"):
        Recipe((extractor, Counting()))
    with pytest.raises(KeyError):
        Representation({"a": 1})["b"]
