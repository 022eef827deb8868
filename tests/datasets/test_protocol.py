"""Shipped protocols, what a wrong file is told, and what counts as right under each rule."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placeprint.datasets import PhotoSet, PlaceDataset, Protocol, layouts, load_protocol, protocol_names
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord

RELJA = (1, 2, 3, 4, 5, *range(10, 101, 5))
CAFFE = ((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
NATIVE, VGA, OWN = ("none", "none"), ("exact:640x480",) * 2, ("descriptor",) * 2
GSV = (1, 5, 10, 15, 20, 25, 50, 100)
METERS, POSITIVE = ("distance", 25.0, (), ()), ("listed", None, ("positive",), ())

# truth, (database size, query size), mean and std, Ns
SHIPPED: dict[str, tuple[Any, Any, Any, Any]] = {
    "cambridge-streets": (METERS, OWN, (None, None), (1, 5, 10, 20)),
    "relja": (METERS, NATIVE, CAFFE, RELJA),
    "deepibl": (METERS, NATIVE, CAFFE, RELJA),
    "openibl": (METERS, VGA, CAFFE, (1, 5, 10)),
    "vpr-benchmark": (METERS, VGA, IMAGENET, (1, 5, 10, 20)),
    "gsv-cities": (METERS, OWN, IMAGENET, GSV),
    "npy-lists": (POSITIVE, OWN, IMAGENET, GSV),
    "msls-740": (METERS, OWN, IMAGENET, GSV),
    "msls-740-city": (METERS, OWN, IMAGENET, (1, 5, 10, 20)),
    "msls-full": (METERS, VGA, IMAGENET, (1, 5, 10, 20)),
    "nordland-27592-10": (("frames", 10, (), ()), OWN, IMAGENET, (1, 5, 10, 20)),
    "nordland-2760-1": (("frames", 1, (), ()), OWN, IMAGENET, (1, 5, 10, 15, 20, 25)),
    "nordland-3450-2": (("frames", 2, (), ()), OWN, IMAGENET, (1, 5, 10, 20)),
    "tokyo247-relja": (METERS, ("none", "fit:640x480"), CAFFE, RELJA),
    "tokyo247-deepibl": (METERS, ("none", "shortest:640"), CAFFE, RELJA),
    "tokyo247-openibl": (METERS, ("exact:640x480", "shortest:640"), CAFFE, (1, 5, 10)),
    "tokyo247-vpr-benchmark": (METERS, ("none", "shortest:480"), IMAGENET, (1, 5, 10, 20)),
    "tokyotm": (METERS, NATIVE, CAFFE, RELJA),
    "san-francisco": (POSITIVE, OWN, (None, None), (1, 5, 10, 20, 50)),
    "oxford": (("listed", None, ("good", "ok"), ("junk",)), OWN, (None, None), (1, 5, 10, 20)),
    "revisited": (("listed", None, ("easy", "hard"), ("junk",)), OWN, (None, None), (1, 5, 10)),
    "holidays": (("label", None, (), ()), OWN, (None, None), (1, 5, 10, 20)),
    "ukbench": (("label", None, (), ()), OWN, (None, None), (4,)),
    "cub": (("label", None, (), ()), OWN, (None, None), (1, 2, 4, 8, 16, 32)),
    "online-products": (("label", None, (), ()), OWN, (None, None), (1, 10, 100, 1000)),
    "floors": (("label", None, (), ()), OWN, (None, None), (1, 2, 4, 8, 16, 32)),
    "gldv2-retrieval": (POSITIVE, OWN, (None, None), (100,)),
    "vpr-bench": (POSITIVE, OWN, (None, None), tuple(range(1, 20))),
}
# What is not the schema's default otherwise.
SPECIAL: dict[str, dict[str, Any]] = {
    "msls-740-city": {"within_region": True},
    "tokyo247-relja": {"fetch": 12, "suppression": {"by": "block", "size": 12}},
    "tokyo247-deepibl": {"fetch": 12, "suppression": {"by": "block", "size": 12}},
    "tokyo247-openibl": {"fetch": 12, "suppression": {"by": "panorama", "size": None}},
    "tokyotm": {"fetch": 10, "leave_out": ("same-stamp",)},
    "oxford": {"without_positives": "drop", "query_box": True, "metrics": ("average-precision",)},
    "revisited": {"without_positives": "drop", "query_box": True, "metrics": ("revisited",)},
    "holidays": {
        "without_positives": "drop",
        "leave_out": ("itself",),
        "metrics": ("average-precision",),
    },
    "ukbench": {"metrics": ("n-s",)},
    "cub": {"leave_out": ("itself",), "metrics": ("class-recall", "nmi")},
    "online-products": {"leave_out": ("itself",), "metrics": ("class-recall", "nmi")},
    "floors": {"metrics": ("class-recall", "nmi")},
    "gldv2-retrieval": {"without_positives": "drop", "metrics": ("map@100",)},
}
DEFAULTS = {
    "without_positives": "count",
    "leave_out": (),
    "within_region": False,
    "suppression": None,
    "fetch": None,
    "query_box": False,
    "metrics": ("recall",),
}


def test_every_published_protocol_is_pinned_here() -> None:
    assert set(SPECIAL) <= set(SHIPPED) <= set(protocol_names())
    assert all(name in SHIPPED for name in protocol_names() if load_protocol(name).published_for)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_rules_of_a_shipped_protocol(name: str) -> None:
    protocol = load_protocol(name)
    truth, sizes, pixels, ns = SHIPPED[name]
    assert tuple(protocol.truth.model_dump().values()) == truth
    assert (protocol.database_size, protocol.query_size) == sizes
    assert (protocol.mean, protocol.std) == pixels
    assert protocol.ns == ns
    dumped = protocol.model_dump()
    assert {key: dumped[key] for key in DEFAULTS} == DEFAULTS | SPECIAL.get(name, {})


@pytest.mark.parametrize("name", protocol_names())
def test_a_shipped_file_bears_its_name_and_its_source(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.title
    assert len(protocol.source) > 20
    assert protocol.notes or name not in SHIPPED or name == "cambridge-streets"


def test_shipped_protocols_are_told_apart_by_their_fingerprints() -> None:
    prints = {load_protocol(name).fingerprint for name in protocol_names()}
    assert len(prints) == len(protocol_names())
    assert all(len(p) == 8 for p in prints)


def test_protocols_name_data_sets_as_their_readers_do() -> None:
    known = {"cambridge/val", "vpr-bench/corridor"}
    for module in pkgutil.walk_packages(layouts.__path__, f"{layouts.__name__}."):
        part = importlib.import_module(module.name)
        for layout in getattr(part, "LAYOUTS", None) or filter(None, [getattr(part, "LAYOUT", None)]):
            prefix = {"npy-lists": "npy"}.get(layout.name, layout.name)
            known |= {f"{prefix}/{split}" for split in layout.published}
    for name in protocol_names():
        assert set(load_protocol(name).published_for) <= known, name


GOOD = """
name = "mine"
title = "Mine"
source = "Me"
[truth]
rule = "distance"
limit = 25.0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_protocol_of_ones_own(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert load_protocol(path) == load_protocol(str(path))
    assert load_protocol(path).truth.limit == 25.0
    assert load_protocol(path).ns == (1, 5, 10, 20)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (GOOD.replace('title = "Mine"\n', ""), "title: Field required"),
        ('publised_for = ["x"]\n' + GOOD, "publised_for: Extra inputs"),
        (GOOD + "meters = 25.0\n", r"truth\.meters: Extra inputs"),
        (GOOD.replace('"distance"', '"distanse"'), r"truth\.rule: "),
        (GOOD.replace("limit = 25.0", ""), "truth: .*'distance' needs a limit"),
        (GOOD.replace("25.0", "-1.0"), r"truth\.limit: "),
        (GOOD.replace("25.0", "nan"), r"truth\.limit: "),
        (GOOD.replace('"distance"', '"label"'), "truth: .*'label' has no limit"),
        (GOOD + 'right = ["good"]\n', "truth: .*belong to rule 'listed'"),
        (GOOD.replace('"distance"', '"listed"').replace("limit = 25.0", ""), "truth: .*`right` and `junk`"),
        (GOOD + '[suppression]\nby = "block"\n', "suppression: .*`size` belongs to by = 'block'"),
        (GOOD + '[suppression]\nby = "panorama"\nsize = 12\n', "suppression: .*`size` belongs"),
        (GOOD + '[suppression]\nby = "block"\nsize = 1\n', r"suppression\.size: "),
        ('leave_out = ["query"]\n' + GOOD, r"leave_out\.0: "),
        ('without_positives = "skip"\n' + GOOD, "without_positives: "),
        ("fetch = 0\n" + GOOD, "fetch: "),
        ("ns = []\n" + GOOD, "ns: "),
        ("ns = [0, 5]\n" + GOOD, r"ns\.0: "),
        ('query_size = "short:640"\n' + GOOD, "query_size: .*'short:640' is not a resize rule"),
        ('database_size = "exact:640"\n' + GOOD, "database_size: .*not a resize rule"),
        ("mean = [1.0, 2.0]\n" + GOOD, "mean"),
        (GOOD + "[truth]\nrule = 'label'\n", "is not TOML .*truth"),
        (GOOD + "[truth\n", "is not TOML"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(wrong: str, field: str, tmp_path: Path) -> None:
    path = written(tmp_path, wrong)
    with pytest.raises(PlaceprintError, match=field) as caught:
        load_protocol(path)
    assert str(path) in str(caught.value)
    assert caught.value.mend


def test_neither_a_name_nor_a_file(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match=r"no protocol 'reljaa'.*openibl, .*relja, "):
        load_protocol("reljaa")
    with pytest.raises(PlaceprintError, match="no protocol"):
        load_protocol(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'name = "caf\xe9"\n')
    with pytest.raises(PlaceprintError, match=r"latin\.toml is not TOML"):
        load_protocol(path)


def photos(count: int, side: str = "database") -> list[PhotoRecord]:
    return [PhotoRecord(Path(f"{side}/{n}.jpg"), None) for n in range(count)]


def rows(found: list[Any]) -> list[list[int]]:
    return [one.tolist() for one in found]


def test_twenty_five_meters_of_utm_belong_to_the_circle() -> None:
    east, north = 583_000.25, 4_477_000.5
    query = np.array([[east, north], [0.0, 0.0]])
    stored = np.array(
        [
            [east + 15.0, north - 20.0],  # exactly 25
            [east + 25.0, north],
            [east + 25.001, north],
            [east - 15.0, north - 20.001],
            [east, north],
            [east + 17.7, north + 17.7],  # 25.03 m, though less than 25 along each axis
        ]
    )
    data = PlaceDataset("utm", PhotoSet(photos(6), meters=stored), PhotoSet(photos(2, "q"), meters=query))
    for name in ("relja", "deepibl", "openibl", "vpr-benchmark", "gsv-cities", "msls-740", "tokyotm"):
        assert rows(load_protocol(name).right(data)) == [[0, 1, 4], []]


@pytest.mark.parametrize(
    ("name", "tolerance"), [("nordland-27592-10", 10), ("nordland-2760-1", 1), ("nordland-3450-2", 2)]
)
def test_the_tolerance_in_frames_belongs_to_the_window(name: str, tolerance: int) -> None:
    numbers = np.array([100, 100 + tolerance, 101 + tolerance, 100 - tolerance, 99 - tolerance])
    asked = PhotoSet(photos(2, "q"), frames=np.array([100, 500]))
    data = PlaceDataset("frames", PhotoSet(photos(5), frames=numbers), asked)
    assert rows(load_protocol(name).right(data)) == [[0, 1, 3], []]
    assert rows(load_protocol(name).junk(data)) == [[], []]


def test_the_same_label_is_right() -> None:
    data = PlaceDataset(
        "labels",
        PhotoSet(photos(4), labels=np.array(["f2", "f1", "f10", "f1"])),
        PhotoSet(photos(3, "q"), labels=np.array(["f1", "f2", "f3"])),
    )
    assert rows(load_protocol("floors").right(data)) == [[1, 3], [0], []]
    with pytest.raises(PlaceprintError, match="labels has no frames"):
        load_protocol("nordland-2760-1").right(data)


def test_the_query_itself_is_right_only_where_it_stays() -> None:
    both = PhotoSet(photos(5), labels=np.array(["a", "a", "b", "b", "c"]))
    data = PlaceDataset("groups", both, both)
    assert rows(load_protocol("ukbench").right(data)) == [[0, 1], [0, 1], [2, 3], [2, 3], [4]]
    for name in ("holidays", "cub"):
        assert rows(load_protocol(name).right(data)) == [[1], [0], [3], [2], []]


def test_listed_answers_and_junk() -> None:
    def lists(*of_queries: list[int]) -> list[Any]:
        return [np.array(numbers, np.int64) for numbers in of_queries]

    data = PlaceDataset(
        "buildings",
        PhotoSet(photos(8)),
        PhotoSet(photos(2, "q")),
        {
            "good": lists([5, 0], []),
            "ok": lists([3, 5], []),
            "junk": lists([1], [2]),
            "easy": lists([6], [7]),
            "hard": lists([2, 4], []),
            "positive": lists([0], [1, 2]),
        },
    )
    assert rows(load_protocol("oxford").right(data)) == [[0, 3, 5], []]
    assert rows(load_protocol("revisited").right(data)) == [[2, 4, 6], [7]]
    for name in ("oxford", "revisited"):
        assert rows(load_protocol(name).junk(data)) == [[1], [2]]
    for name in ("npy-lists", "vpr-bench", "gldv2-retrieval", "san-francisco"):
        assert rows(load_protocol(name).right(data)) == [[0], [1, 2]]
        assert rows(load_protocol(name).junk(data)) == [[], []]


def test_a_grade_that_is_not_listed_is_named() -> None:
    empty = [np.zeros(0, np.int64)]
    data = PlaceDataset("half", PhotoSet(photos(2)), PhotoSet(photos(1, "q")), {"good": empty})
    with pytest.raises(PlaceprintError, match="half lists no ok"):
        load_protocol("oxford").right(data)
    with pytest.raises(PlaceprintError, match="half lists no junk"):
        load_protocol("oxford").junk(data)


def test_the_fingerprint_changes_with_each_rule_and_with_nothing_else() -> None:
    base = load_protocol("tokyo247-relja").model_dump()
    other: dict[str, Any] = {
        "name": "another",
        "truth": {"rule": "distance", "limit": 24.0},
        "without_positives": "drop",
        "leave_out": ("itself",),
        "within_region": True,
        "suppression": {"by": "block", "size": 24},
        "fetch": 11,
        "database_size": "exact:640x480",
        "query_size": "shortest:640",
        "query_box": True,
        "database_box": True,
        "mean": None,
        "std": (2.0, 1.0, 1.0),
        "metrics": ("recall", "precision-recall"),
        "ns": (1, 5),
    }
    said: dict[str, Any] = {
        "title": "another",
        "source": "another",
        "published_for": ("another",),
        "notes": ("another",),
        "whitening": "another",
    }
    assert set(other) | set(said) == set(Protocol.model_fields)
    unchanged = Protocol(**base).fingerprint
    found = {key: Protocol(**(base | {key: value})).fingerprint for key, value in other.items()}
    assert len({unchanged, *found.values()}) == len(other) + 1
    assert all(Protocol(**(base | {key: value})).fingerprint == unchanged for key, value in said.items())
