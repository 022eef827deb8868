"""Published numbers: golden ones, who is allowed to match, and what a wrong table is told."""

from pathlib import Path

import pytest

from placeprint.datasets import protocol_names
from placeprint.evaluation.published import UNKNOWN, PublishedResult, published, published_all
from placeprint.evaluation.published.tables import read_tables


def numbers(protocol: str, dataset: str, kind: str | None = None) -> dict[str, list[float]]:
    found = published(protocol, dataset)
    return {r.method: list(r.values.values()) for r in found if kind in (None, r.kind)}


def test_sares_table() -> None:
    assert numbers("deepibl", "pitts250k/test") == {
        "SARE-Ind": [88.97, 95.50, 96.79],
        "SARE-Joint": [88.43, 95.06, 96.58],
        "NetVLAD": [85.95, 93.20, 95.13],
    }
    assert numbers("tokyo247-deepibl", "tokyo247/test") == {
        "SARE-Ind": [79.68, 86.67, 90.48],
        "SARE-Joint": [80.63, 87.30, 90.79],
        "NetVLAD": [73.33, 82.86, 86.03],
    }
    assert numbers("tokyotm", "tokyo-tm/val") == {
        "SARE-Ind": [94.49, 96.73, 97.30],
        "SARE-Joint": [94.71, 96.87, 97.51],
        "NetVLAD": [93.85, 96.77, 97.59],
    }


def test_openibls_zoo_and_the_runs_of_its_users() -> None:
    assert numbers("openibl", "pitts250k/test", "readme") == {
        "SARE-Ind (OpenIBL)": [88.4, 95.0, 96.5],
        "SFRS": [90.7, 96.4, 97.6],
    }
    assert numbers("tokyo247-openibl", "tokyo247/test", "readme")["SFRS"] == [85.4, 91.1, 93.3]
    again = numbers("tokyo247-openibl", "tokyo247/test", "rerun")
    assert sorted(values[0] for values in again.values()) == [79.0, 81.0, 84.1]


@pytest.mark.parametrize(
    ("protocol", "dataset", "method", "dim", "expected"),
    [
        ("vpr-benchmark", "pitts30k/test", "ResNet-18, NetVLAD", 16384, [86.4]),
        ("msls-full", "msls/val", "VGG-16, NetVLAD", 32768, [50.9]),
        ("vpr-benchmark", "pitts30k/val", "NetVLAD, VGG-16 (pytorch-NetVlad)", 32768, [85.2, 94.8, 97.0]),
        ("vpr-benchmark", "pitts250k/test", "CosPlace, VGG-16", 512, [89.7, 96.4, 97.7, 98.4]),
        ("tokyo247-vpr-benchmark", "tokyo247/test", "CosPlace, ResNet-101", 2048, [88.6, 95.9, 96.5, 96.5]),
        ("gsv-cities", "pitts30k/test", "MixVPR", 4096, [91.6, 95.5, 96.4]),
        ("gsv-cities", "pitts30k/test", "MixVPR", 128, [87.8, 94.3, 95.7]),
        ("gsv-cities", "pitts250k/test", "Conv-AP", 2048, [92.34, 97.49, 98.43]),
        ("msls-740", "msls/val-740", "DINOv2 SALAD", 8448, [92.2, 96.4, 97.0]),
        ("npy-lists", "npy/msls_val", "DINOv2 SALAD", 8448, [92.2, 96.4, 97.0]),
        ("npy-lists", "npy/Nordland", "BoQ, DINOv2", 12288, [81.3, 92.5, 94.8, 96.3]),
        ("nordland-27592-10", "nordland/winter-summer", "BoQ, DINOv2", 12288, [90.6, 96.0, 97.5, 98.5]),
        ("gsv-cities", "nordland/test", "BoQ, ResNet-50", 16384, [83.1, 91.0, 93.5, 95.3]),
        ("oxford", "oxford5k/test", "ResNet-101 AP-GeM", 2048, [89.1]),
        ("revisited", "rparis6k/test", "ResNet-101 GeM (PyTorch)", 2048, [76.7, 55.2]),
        ("cub", "cars196/test", "Proxy-Anchor, ResNet-50", 512, [87.7, 92.7, 95.5, 97.3]),
    ],
)
def test_golden_numbers(protocol: str, dataset: str, method: str, dim: int, expected: list[float]) -> None:
    found = [r for r in published(protocol, dataset) if (r.method, r.dim) == (method, dim)]
    assert expected in [list(r.values.values()) for r in found]


def test_scores_carry_the_names_that_our_own_have() -> None:
    (row,) = [r for r in published("revisited", "roxford5k/test") if r.method == "R-[37]-GeM"]
    assert row.values["M mAP"] == 64.67
    assert row.values["H mP@10"] == 53.0
    assert len(row.values) == 12
    assert {name for r in published("oxford", "paris6k/test") for name in r.values} == {"mAP"}
    assert list(published("deepibl", "pitts250k/test")[0].values) == ["R@1", "R@5", "R@10"]
    assert "Recall@1" in published("cub", "cub200/test")[0].values


def test_only_the_same_protocol_and_data_set_match() -> None:
    every = published_all()
    pairs = {(r.protocol, r.dataset) for r in every}
    for protocol, dataset in pairs:
        found = published(protocol, dataset)
        expected = [r for r in every if (r.protocol, r.dataset) == (protocol, dataset)]
        assert found == ([] if protocol == UNKNOWN else expected)
    assert published("relja", "pitts250k/test") == []
    assert published("msls-740", "msls/val") == []
    assert published("msls-740-city", "msls/val-740") == []
    assert published("deepibl", "pitts250k") == []


def test_what_is_uncertain_never_matches() -> None:
    every = published_all()
    assert {r.protocol for r in every} <= {UNKNOWN, *protocol_names()}
    assert all(r.protocol == UNKNOWN for r in every if r.kind == "third-party")
    assert all(r.protocol == UNKNOWN for r in every if "not checked" in r.note.lower())
    assert all(r.protocol == UNKNOWN for r in every if "not stated" in r.note.lower())
    assert all(r.note for r in every if r.kind in ("third-party", "rerun"))
    cropped = [r for r in every if r.method.startswith("PDDM")]
    assert len(cropped) == 5
    assert published("cub", "cub200/test")[0].method.startswith("Proxy-Anchor")


def test_one_label_has_many_numbers_and_the_notes_say_so() -> None:
    named = [r for r in published_all() if "NetVLAD" in r.method and r.dataset == "pitts30k/test"]
    low, high = 81.9, 86.1
    same = [r for r in named if r.method == "NetVLAD"]
    assert (min(r.values["R@1"] for r in same), max(r.values["R@1"] for r in same)) == (low, high)
    assert all(r.note for r in same)
    assert any(f"{low} to {high}" in r.note for r in named)


def test_a_list_is_a_copy() -> None:
    published_all().clear()
    assert published_all()


def result(**changes: object) -> PublishedResult:
    given = {
        "method": "m",
        "values": {"R@1": 50.0},
        "protocol": UNKNOWN,
        "dataset": "d/test",
        "dim": None,
        "trained_on": "t",
        "source": "s",
        "kind": "paper",
        "note": "",
    }
    return PublishedResult(**(given | changes))  # type: ignore[arg-type]


def test_values_are_per_cent_and_names_are_known() -> None:
    assert result(values={"N-S": 4, "R@1": 100, "R@10": 100.0, "AUC-PR": 0}).values["N-S"] == 4.0
    for values, said in [
        ({"R@1": 100.1}, r"R@1 is 100\.1, outside 0\.\.100"),
        ({"R@1": -0.1}, "outside"),
        ({"N-S": 4.01}, r"outside 0\.\.4"),
        ({"R@1": float("nan")}, "outside"),
        ({"r@1": 5.0}, "'r@1' is not the name of a score"),
        ({"R@5": 50.0, "R@10": 49.9}, "recall falls from 50.0 at 5 to 49.9 at 10"),
        ({"R@10": 49.9, "R@5": 50.0}, "recall falls"),
        ({"R@1": "50"}, "valid number"),
        ({}, "at least 1 item"),
    ]:
        with pytest.raises(ValueError, match=said):
            result(values=values)
    result(values={"Recall@1": 40.0, "R@5": 50.0})
    for field, wrong in [("kind", "blog"), ("dim", 0), ("dim", "512"), ("method", ""), ("rank", 1)]:
        with pytest.raises(ValueError, match=field):
            result(**{field: wrong})


TABLE = """
[[tables]]
source = "s"
kind = "readme"
dim = 512
trained_on = "t"
note = "Of all rows."
scores = ["R@1", "R@5"]
protocols = { "a/test" = "relja" }
also = { "a/test" = { dataset = "npy/a", protocol = "npy-lists" } }
[[tables.rows]]
method = "one"
note = "Of this one."
values = { "a/test" = [50, 60.5], "b/test" = [40] }
[[tables.rows]]
method = "two"
dim = 128
trained_on = "u"
values = { "a/test" = [51.0, 61.0] }
"""


def test_a_table_becomes_results(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(TABLE)
    found = read_tables(path)
    assert [(r.method, r.dataset, r.protocol) for r in found] == [
        ("one", "a/test", "relja"),
        ("one", "npy/a", "npy-lists"),
        ("one", "b/test", UNKNOWN),
        ("two", "a/test", "relja"),
        ("two", "npy/a", "npy-lists"),
    ]
    assert found[0].values == found[1].values == {"R@1": 50.0, "R@5": 60.5}
    assert found[2].values == {"R@1": 40.0}
    assert [(r.dim, r.trained_on, r.note) for r in (found[0], found[3])] == [
        (512, "t", "Of this one. Of all rows."),
        (128, "u", "Of all rows."),
    ]
    assert {(r.source, r.kind) for r in found} == {("s", "readme")}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[51.0, 61.0]", "[51.0, 61.0, 62.0]", "two: 3 numbers for 2 scores"),
        ("[51.0, 61.0]", "[51.0, 50.0]", "two: recall falls"),
        ("[51.0, 61.0]", '["51.0"]', r"rows\.1\.values"),
        ("[51.0, 61.0]", "[]", "values"),
        ('"readme"', '"read me"', r"tables\.0\.kind"),
        ("dim = 128", "dimension = 128", r"rows\.1\.dimension"),
        ('protocols = { "a/test"', 'protocols = { "a/tset"', "no numbers for a/tset"),
        ('also = { "a/test"', 'also = { "a/val"', "no numbers for a/val"),
        ("[[tables.rows]]", "[[tables.rows", "TOML|Expected|expected"),
    ],
)
def test_a_wrong_table_is_told_what_is_wrong(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    assert old in TABLE
    path.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(ValueError, match=rf"(?s)wrong\.toml: .*({said})"):
        read_tables(path)
