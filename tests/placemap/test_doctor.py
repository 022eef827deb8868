"""Checks of a map by hand-made references: what each finds, and what it leaves alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from placeprint.index import ExactIndex
from placeprint.placemap import doctor
from placeprint.placemap.doctor import FAR, SHOWN, examine

CHECKS = ["missing photos", "duplicates", "(0, 0)", "swapped", "far away", "self-retrieval", "calibration"]


class Map:
    """Five photos near 48 N, 11 E, their files in `folder`."""

    def __init__(self, folder: Path) -> None:
        paths = [folder / f"{i}.jpg" for i in range(5)]
        for path in paths:
            path.touch()
        self.entries = [SimpleNamespace(path=str(p), sha256=str(i)) for i, p in enumerate(paths)]
        self.positions = np.array([(48.0, 11.0 + i * 1e-4) for i in range(5)])
        self.ids, self.vectors = np.arange(10, 15), np.eye(5, dtype=np.float32)
        self.index = ExactIndex(5)
        self.index.add(self.ids, self.vectors)
        self.problems: list[str] = []
        self.left_out: list[tuple[str, str]] = []
        self.learned: dict[str, Any] = {"photos": 5, "held_out": 4}
        self.descriptor = SimpleNamespace(name="mine", fingerprint="0123")
        self.references = self.snapshot = self

    def __len__(self) -> int:
        return len(self.entries)

    def __enter__(self) -> "Map":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def rows(self, ids: np.ndarray) -> np.ndarray:
        return ids - 10

    def check_integrity(self) -> list[str]:
        return self.problems

    def skipped(self) -> list[tuple[str, str]]:
        return self.left_out

    def info(self) -> dict[str, Any]:
        return {"calibration": self.learned}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Map:
    made = Map(tmp_path)
    monkeypatch.setattr(doctor, "PlaceMap", SimpleNamespace(open=lambda path: made))
    return made


def found() -> dict[str, Any]:
    return {finding.check: finding for finding in examine("map", quiet=True)}


def test_a_sound_map_is_well(town: Map) -> None:
    findings = found()
    assert list(findings) == ["files", "descriptor", *CHECKS]
    assert {finding.level for finding in findings.values()} == {"ok"}
    assert findings["self-retrieval"].message.startswith("5 of 5")
    assert findings["descriptor"].message == "mine, fingerprint 0123"
    assert findings["calibration"].to_dict()["message"] == "learned on 4 photos held out"


def test_of_a_damaged_map_nothing_else_is_read(town: Map) -> None:
    town.problems, town.references = ["x.npy is damaged"], None  # type: ignore[assignment]
    findings = found()
    assert list(findings) == ["files", "descriptor"]
    assert (findings["files"].level, findings["files"].details) == ("error", ("x.npy is damaged",))


def test_of_an_empty_map_neither(town: Map) -> None:
    town.entries, town.references = [], None  # type: ignore[assignment]
    assert list(found()) == ["files", "descriptor"]


def test_missing_copied_and_left_out_photos_are_named(town: Map) -> None:
    Path(town.entries[3].path).unlink()
    town.entries[4].sha256 = "1"
    town.left_out = [(f"{i}.jpg", "no position") for i in range(SHOWN + 3)]
    findings = found()
    assert findings["missing photos"].details == (town.entries[3].path,)
    assert findings["duplicates"].details == (f"{town.entries[1].path} = {town.entries[4].path}",)
    assert findings["duplicates"].level == findings["missing photos"].level == "warning"
    assert findings["left out"].message.startswith("23 photos")
    assert len(findings["left out"].details) == SHOWN == 20


@pytest.mark.parametrize(
    ("position", "names"),
    [
        ((0.0, 0.0), {"(0, 0)", "far away"}),
        ((0.009, -0.009), {"(0, 0)", "far away"}),
        ((0.0, 0.011), {"far away"}),
        ((11.0, 48.0), {"swapped", "far away"}),
        ((11.4, 48.4), {"swapped", "far away"}),
        ((11.0, 48.6), {"far away"}),
        ((48.4, 11.0), set()),  # 44 km
        ((48.5, 11.0), {"far away"}),  # 56 km
    ],
)
def test_doubtful_positions_are_named(town: Map, position: tuple[float, float], names: set[str]) -> None:
    assert FAR == 50_000.0
    town.positions[2] = position
    findings = found()
    assert {check for check in ("(0, 0)", "swapped", "far away") if findings[check].level != "ok"} == names
    for check in names:
        (detail,) = findings[check].details
        assert detail.startswith(town.entries[2].path)
    levels = {"(0, 0)": "error", "swapped": "error", "far away": "warning"}
    assert all(findings[check].level == levels[check] for check in names)


def test_where_latitude_and_longitude_are_alike_nothing_is_swapped(town: Map) -> None:
    town.positions[:] = 30.0
    town.positions[2] = (30.9, 30.0)
    assert found()["swapped"].level == "ok"


def test_each_vector_finds_its_own_photo_or_its_like(town: Map) -> None:
    town.vectors[1] = town.vectors[0]
    town.index = ExactIndex(5)
    town.index.add(town.ids, town.vectors)
    assert found()["self-retrieval"].level == "ok"
    town.index = ExactIndex(5)
    town.index.add(town.ids[::-1].copy(), town.vectors)
    lost = found()["self-retrieval"]
    assert lost.level == "error"
    assert set(lost.details) == {town.entries[i].path for i in (0, 1, 3, 4)}
    assert lost.message.startswith("4 of 5")


@pytest.mark.parametrize(
    ("photos", "level"), [(5, "ok"), (6, "warning"), (4, "warning"), (None, "warning"), (0, "warning")]
)
def test_a_stale_calibration_is_named(town: Map, photos: int | None, level: str) -> None:
    town.learned = {} if photos is None else {"photos": photos, "held_out": 4}
    assert found()["calibration"].level == level
