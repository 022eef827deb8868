"""The cache of descriptors: what is read, what survives a kill, what a refresh swaps."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from mining_cases import squared, unit_rows

from placeprint.arrays import Float32, Int64
from placeprint.errors import FormatError, LockedError, PlaceprintError
from placeprint.training.mining import descriptor_cache
from placeprint.training.mining.descriptor_cache import DescriptorCache

OLD, NEW = unit_rows(50, 8, seed=1), unit_rows(50, 8, seed=2)
ALL = np.arange(50)


class Describer:
    """Gives rows of `vectors`, counts them, and dies after `last` calls."""

    def __init__(self, vectors: Float32, last: int = 1000) -> None:
        self.vectors, self.left, self.asked = vectors, last, 0

    def __call__(self, rows: Int64) -> Float32:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked += len(rows)
        return self.vectors[rows]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptor_cache, "CHUNK", 16)


def test_what_was_filled_is_read_in_any_order(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path / "cache", 50, 8)
    with pytest.raises(PlaceprintError, match="Fill it first"):
        cache.read(ALL)
    cache.fill("run 1 step 0", Describer(OLD), quiet=True)
    rows = np.array([49, 0, 7, 7])
    for one in (cache, DescriptorCache(tmp_path / "cache", 50, 8)):
        assert np.array_equal(one.read(rows), OLD[rows])
        assert one.read(rows).dtype == np.float32
        assert (one.fingerprint, len(one), len(one.unreadable)) == ("run 1 step 0", 50, 0)
    with pytest.raises(IndexError, match="row -1"):
        cache.read(np.array([3, -1, 5]))
    with pytest.raises(IndexError):
        cache.read(np.array([-1]))
    with pytest.raises(IndexError):
        cache.read(np.array([50]))
    cache.read(ALL)[:] = 0.0
    assert np.array_equal(cache.read(ALL), OLD)


def test_half_precision(tmp_path: Path) -> None:
    stored = unit_rows(50, 512)
    cache = DescriptorCache(tmp_path, 50, 512, "float16")
    cache.fill("x", Describer(stored), quiet=True)
    assert cache.read(ALL).dtype == np.float32
    assert np.array_equal(cache.read(ALL), stored.astype(np.float16).astype(np.float32))
    assert np.abs(squared(cache.read(ALL)[0], cache.read(ALL)) - squared(stored[0], stored)).max() < 1e-3
    assert next(tmp_path.glob("*/vectors.npy")).stat().st_size < 50 * 512 * 2 + 256


def test_a_refresh_swaps_once_it_is_complete_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path, 50, 8)
    cache.fill("old", Describer(OLD), quiet=True)
    with pytest.raises(KeyboardInterrupt):
        cache.fill("new", Describer(NEW, last=2), quiet=True)
    for reader in (cache, DescriptorCache(tmp_path, 50, 8)):
        assert reader.fingerprint == "old"
        assert np.array_equal(reader.read(ALL), OLD)
    reader, rest = DescriptorCache(tmp_path, 50, 8), Describer(NEW)
    cache.fill("new", rest, quiet=True)
    assert rest.asked == 50 - 32
    assert cache.fingerprint == "new"
    assert np.array_equal(cache.read(ALL), NEW)
    assert np.array_equal(reader.read(ALL), OLD)  # still open there
    reader.reopen()
    assert np.array_equal(reader.read(ALL), NEW)
    again = Describer(OLD)
    cache.fill("new", again, quiet=True)
    assert again.asked == 0


def test_a_run_can_go_back_to_the_generation_before(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path, 50, 8)
    for name, vectors in (("old", OLD), ("new", NEW)):
        cache.fill(name, Describer(vectors), quiet=True)
    resumed = DescriptorCache(tmp_path, 50, 8)
    assert resumed.fingerprint == "new"
    resumed.reopen("old")
    assert np.array_equal(resumed.read(ALL), OLD)
    again = Describer(NEW)
    resumed.fill("new", again, quiet=True)
    assert again.asked == 0
    assert np.array_equal(resumed.read(ALL), NEW)
    resumed.reopen("old")
    with pytest.raises(KeyboardInterrupt):
        resumed.fill("other", Describer(NEW, last=1), quiet=True)
    assert np.array_equal(resumed.read(ALL), OLD)
    assert len(list(tmp_path.glob("generation-*"))) == 2
    resumed.reopen("new")
    assert resumed.fingerprint is None
    for step in range(4):
        cache.fill(f"step {step}", Describer(NEW), quiet=True)
        assert DescriptorCache(tmp_path, 50, 8).fingerprint == f"step {step}"
        assert len(list(tmp_path.glob("generation-*"))) == 2


def test_an_interrupted_refresh_of_another_network_is_not_gone_on_with(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path, 50, 8)
    with pytest.raises(KeyboardInterrupt):
        cache.fill("old", Describer(OLD, last=2), quiet=True)
    assert cache.fingerprint is None
    cache.fill("new", Describer(NEW), quiet=True)
    assert np.array_equal(cache.read(ALL), NEW)
    assert len(list(tmp_path.glob("generation-*"))) == 1
    other = DescriptorCache(tmp_path, 50, 8, "float16")
    assert other.fingerprint is None
    other.fill("new", Describer(NEW), quiet=True)
    assert other.read(ALL[:1]).dtype == np.float32
    assert DescriptorCache(tmp_path, 50, 8).fingerprint is None


def test_unreadable_photos_are_flagged_across_a_kill(tmp_path: Path) -> None:
    holes = NEW.copy()
    holes[[3, 17, 49]] = np.nan
    cache = DescriptorCache(tmp_path, 50, 8)
    with pytest.raises(KeyboardInterrupt):
        cache.fill("new", Describer(holes, last=2), quiet=True)
    cache.fill("new", Describer(holes), quiet=True)
    assert cache.unreadable.tolist() == [3, 17, 49]
    assert np.isnan(cache.read(cache.unreadable)).all()


def test_a_diverged_network_does_not_replace_a_good_cache(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path, 50, 8)
    cache.fill("old", Describer(OLD), quiet=True)
    infinite = NEW.copy()
    infinite[40, 2] = np.inf
    for broken, message in ((infinite, "not finite"), (np.full_like(NEW, np.nan), "no training photo")):
        with pytest.raises(PlaceprintError, match=message):
            cache.fill(message, Describer(broken), quiet=True)
        assert np.array_equal(DescriptorCache(tmp_path, 50, 8).read(ALL), OLD)
    with pytest.raises(PlaceprintError, match="not finite"):
        DescriptorCache(tmp_path / "half", 50, 8, "float16").fill("x", Describer(1e6 * NEW), quiet=True)
    with pytest.raises(ValueError, match="described"):
        cache.fill("other", Describer(unit_rows(50, 9)), quiet=True)


def test_one_process_fills_and_damage_is_named(tmp_path: Path) -> None:
    cache = DescriptorCache(tmp_path, 50, 8)
    with FileLock(tmp_path / "lock"), pytest.raises(LockedError):
        cache.fill("old", Describer(OLD), quiet=True)
    cache.fill("old", Describer(OLD), quiet=True)
    progress = next(tmp_path.glob("*/progress.json"))
    good = json.loads(progress.read_text())
    assert good["format"] == "placeprint/vectors"
    assert good["done"] == good["shape"][0] == 50
    for text, message in (
        ("{", "Delete this folder"),
        (json.dumps(good | {"version": 2}), "Upgrade placeprint"),
        (json.dumps(good | {"done": "50"}), "damaged"),
    ):
        progress.write_text(text)
        with pytest.raises(FormatError, match=message):
            DescriptorCache(tmp_path, 50, 8)
    progress.write_text(json.dumps(good))
    vectors = progress.with_name("vectors.npy")
    vectors.write_bytes(vectors.read_bytes()[:-1])
    with pytest.raises(FormatError, match="damaged"):
        DescriptorCache(tmp_path, 50, 8)


def test_an_old_generation_that_cannot_be_removed_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another process of a system without deletion of open files still reads it."""
    cache = DescriptorCache(tmp_path / "cache", 50, 8)
    for step, vectors in enumerate((OLD, NEW)):
        cache.fill(f"step {step}", Describer(vectors), quiet=True)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError("in use")

    monkeypatch.setattr(os, "rmdir", refused)
    cache.fill("step 2", Describer(OLD), quiet=True)
    np.testing.assert_array_equal(cache.read(ALL), OLD)
