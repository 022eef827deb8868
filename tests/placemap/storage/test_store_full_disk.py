"""A full disk, for real: a small file system where that is permitted, a size limit on files elsewhere."""

import os
import subprocess
import sys

import pytest
from store_samples import CONFIG, batch, check, numbers_in

from placeprint.errors import PlaceprintError
from placeprint.placemap.storage.disk_errors import DiskFullError
from placeprint.placemap.storage.store import MapStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs or a size limit on files")


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(store, start, step):
    """Append until the disk is full; returns how many photos are stored then."""
    numbers = range(start, start + step)
    while not (message := failure(store, numbers)):
        numbers = range(numbers.stop, numbers.stop + step)
    assert f"still has its {numbers.start:,} photos. Free space" in message
    return numbers.start


def failure(store, numbers):
    """What `append` says where the disk is full; None where it is not."""
    try:
        store.append(batch(numbers))
    except DiskFullError as error:
        return str(error)
    return None


@pytest.mark.parametrize("step", [3, 100])
def test_a_full_file_system_loses_nothing_and_work_goes_on_when_there_is_space(small_disk, step):
    path, ballast = small_disk / "m", small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    with MapStore.create(path, CONFIG) as store:
        stored = fill(store, 0, step)
        assert check(store.snapshot()) == set(range(stored))
        assert len([p for p in (path / "segments").iterdir() if not p.name.isdigit()]) == 0
    assert numbers_in(path) == set(range(stored))
    ballast.unlink()
    with MapStore.open(path, writable=True) as store:
        assert store.check_integrity() == []
        more = fill(store, stored, step)
        assert more > stored
    assert numbers_in(path) == set(range(more))


def test_a_map_cannot_be_made_on_a_full_disk_but_later_it_can(small_disk):
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(bytes(2_000_000))
    with pytest.raises(PlaceprintError, match="no space left"):
        MapStore.create(small_disk / "m", CONFIG)
    ballast.unlink()
    with MapStore.create(small_disk / "m", CONFIG) as store:
        store.append(batch(range(3)))
    assert numbers_in(small_disk / "m") == {0, 1, 2}


@pytest.mark.parametrize("limit", [1, 100, 4096, 6000, 20_000])
def test_at_any_limit_on_the_size_of_files_nothing_is_lost(tmp_path, limit):
    path = tmp_path / "full.placemap"
    with MapStore.create(path, CONFIG) as store:
        store.append(batch(range(20)))
    program = (
        "import resource; from pathlib import Path\n"
        "from store_samples import CONFIG, batch; from placeprint.placemap.storage.store import MapStore\n"
        f"store = MapStore.open(Path({str(path)!r}), writable=True)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try:\n    store.append(batch(range(100, 400)))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("DiskFullError no space left"), done.stdout + done.stderr
    assert "still has its 20 photos" in done.stdout
    with MapStore.open(path, writable=True) as store:
        assert check(store.snapshot()) == set(range(20))
        store.append(batch(range(100, 400)))
        assert len(check(store.snapshot())) == 320
        assert store.check_integrity() == []
