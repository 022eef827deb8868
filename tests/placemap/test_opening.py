"""Which descriptor a map is made with, what it keeps of it, and with which stages it is opened."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from placeprint.descriptors.opening import SHIPPED, open_descriptor
from placeprint.errors import FormatError, PlaceprintError
from placeprint.placemap.opening import (
    DESCRIPTOR,
    USUAL,
    choose_descriptor,
    create,
    opened_descriptor,
    opened_spec,
    pipeline_spec,
)
from placeprint.representations import Column, Dense, Local
from placeprint.rerank import Geometry
from placeprint.retrieval import PipelineSpec


class Mine:
    """A descriptor under any name."""

    dim = 4

    def __init__(self, name: str, fingerprint: str) -> None:
        self.name, self.fingerprint, self.recipe = name, fingerprint, {"dim": 4}

    def describe(self, images: Any) -> np.ndarray:
        return np.zeros((len(images), 4), np.float32)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.fingerprint)


def spec_of(descriptor: Any, *stages: str) -> PipelineSpec:
    return PipelineSpec.of(descriptor, *stages)


@pytest.mark.parametrize(
    ("name", "shipped", "kept"),
    [(SHIPPED, True, False), (SHIPPED, False, True), ("mine", True, True), ("mine", False, True)],
)
def test_a_map_keeps_the_descriptor_that_the_package_does_not_carry(
    name: str, shipped: bool, kept: bool, tmp_path: Path
) -> None:
    mine: Any = Mine(name, open_descriptor(SHIPPED).fingerprint if shipped else "0123")
    with create(tmp_path / "map", spec_of(mine, "geometry:7"), mine) as store:
        assert (tmp_path / "map" / DESCRIPTOR).exists() is kept
        said = store.config
        assert said["descriptor"] == {"name": name, "fingerprint": mine.fingerprint, "recipe": {"dim": 4}}
        assert said["stages"] == "+geometry:7"
        assert set(said["extractors"]) == {"local"}
        assert [column.name for column in store.columns] == ["vector", "local", "thumbnail"]
    with create(tmp_path / "bare", spec_of(mine), mine) as store:
        assert [column.name for column in store.columns] == ["vector", "thumbnail"]
        assert store.config["extractors"] == {}


def held(tmp_path: Path, fingerprint: str) -> Any:
    config: Any = {"descriptor": {"name": SHIPPED, "fingerprint": fingerprint}, "stages": "+geometry:7"}
    config["extractors"] = {}
    columns = [Column("vector", Dense(4)), Column("local", Local())]
    return SimpleNamespace(path=tmp_path, config=config, columns=columns)


def test_another_fingerprint_than_that_of_the_map_is_refused(tmp_path: Path) -> None:
    right = open_descriptor(SHIPPED).fingerprint
    assert opened_descriptor(held(tmp_path, right)).fingerprint == right
    with pytest.raises(FormatError, match="cannot be compared"):
        opened_descriptor(held(tmp_path, "0123"))


def test_the_stages_are_the_maps_own_or_others_that_its_columns_serve(tmp_path: Path) -> None:
    mine: Any = Mine("mine", "0123")
    store = held(tmp_path, "0123")
    assert opened_spec(store, mine, None).rerankers == (Geometry(7),)
    assert opened_spec(store, mine, "+geometry:3").rerankers == (Geometry(3),)
    assert opened_spec(store, mine, "+exact").rerankers == ()
    store.columns = store.columns[:1]
    with pytest.raises(PlaceprintError, match=r"stores no column 'local', .*\+geometry:7 needs"):
        opened_spec(store, mine, None)


def test_a_pipeline_may_be_named_in_four_ways() -> None:
    mine: Any = Mine("mine", "0123")
    spec = spec_of(mine, "geometry:7")
    assert pipeline_spec(spec) is spec
    assert pipeline_spec(mine) == PipelineSpec(mine)
    assert pipeline_spec("city.npz+geometry:7") == pipeline_spec(Path("city.npz+geometry:7"))
    assert pipeline_spec(USUAL).rerankers == (Geometry(20),)
    assert choose_descriptor(mine, [], True) is mine
    assert choose_descriptor(SHIPPED, [], True).name == SHIPPED
