"""kill -9 for real: nothing acknowledged is ever lost, nothing half-written is ever seen."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from placeprint.errors import PlaceprintError
from placeprint.placemap.store import MapStore

sys.path.insert(0, str(Path(__file__).parent))
from store_samples import batch, check

KILLS = 50
WRITER = Path(__file__).with_name("store_samples.py")


def test_nothing_acknowledged_is_lost_over_fifty_kills(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "killed.placemap"
    MapStore.create(path, {}).close()
    sure: set[int] = set()
    kinds = set()
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, str(WRITER), str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(float(rng.uniform(0.0, 0.15)))
        os.kill(writer.pid, signal.SIGKILL)
        said, _ = writer.communicate()
        lines = said.splitlines(keepends=True)
        doubtful = set()
        for line in lines:
            word, *rest = line.split()
            kinds.add(word)
            if line.endswith("\n") and word == "added":
                sure |= set(map(int, rest))
            elif line.endswith("\n") and word == "removed":
                sure -= set(map(int, rest))
        # What came after the last acknowledgement may be there or not, but whole.
        with MapStore.open(path, writable=True) as store:
            there = check(store)
            assert store.verify() == []
        doubtful = there - sure
        assert len(doubtful) in (0, 5), "an unacknowledged batch is there as a whole or not at all"
        missing = sure - there
        assert len(missing) in (0, 2), "only an unacknowledged removal of two photos may have happened"
        assert not missing or not doubtful
        sure = there
        named = {p.name for p in (path / "segments").iterdir()}
        assert not any(name.startswith(".") for name in named)
    assert kinds >= {"added", "removed", "joined"}
    assert len(sure) > 100


@pytest.mark.skipif(sys.platform != "linux", reason="needs a size limit on files")
def test_a_full_disk_loses_nothing_and_says_what_to_do(tmp_path):
    path = tmp_path / "full.placemap"
    with MapStore.create(path, {}) as store:
        store.append(batch(range(20)))
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(WRITER.parent)!r})\n"
        "from store_samples import batch; from placeprint.placemap.store import MapStore\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"store = MapStore.open(Path({str(path)!r}), writable=True)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    store.append(batch(range(100, 400)))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("PlaceprintError no space left"), done.stdout + done.stderr
    assert "still holds its 20 photos" in done.stdout
    with MapStore.open(path, writable=True) as store:
        assert check(store) == set(range(20))
        store.append(batch(range(100, 400)))
        assert len(check(store)) == 320


def test_a_full_file_system_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        path = disk / "full.placemap"
        with MapStore.create(path, {}) as store:
            stored, message = 0, ""
            while not message and stored < 1_000_000:
                try:
                    store.append(batch(range(stored, stored + 100)))
                except PlaceprintError as error:
                    message = str(error)
                else:
                    stored += 100
            assert "no space left" in message
        with MapStore.open(path) as store:
            assert check(store) == set(range(stored))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
