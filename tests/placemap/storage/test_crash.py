"""kill -9 for real: nothing acknowledged is ever lost, nothing half-written is ever seen."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import crashing_writer
import numpy as np
import pytest
from store_samples import CONFIG, batch, check, numbers_in

from placeprint.placemap.storage.store import MapStore

KILLS = 60
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")


@pytest.fixture
def folder(tmp_path):
    """In memory where that is possible: a kill, unlike a power cut, does not ask what is on the disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="placeprint-") as memory:
        yield Path(memory)


@pytest.fixture(scope="module")
def nursery():
    program = [sys.executable, crashing_writer.__file__]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def run_writer(nursery, path, step=0, kill_after=None):
    """What the writer said between its start and its end."""
    nursery.stdin.write(f"{path} {step}\n")
    nursery.stdin.flush()
    pid = int(nursery.stdout.readline().split()[1])
    if kill_after is not None:
        threading.Timer(kill_after, os.kill, (pid, signal.SIGKILL)).start()
    return list(iter(nursery.stdout.readline, "dead\n"))


class Ledger:
    """What must be in the map, from what writers said."""

    def __init__(self) -> None:
        self.sure: set[int] = set()
        self.interrupted: list[str] = []

    def settle(self, said, there):
        doing = None
        for line in said:
            word, *rest = line.split()
            if word == "done":
                self.sure = self.after(doing)
                doing = None
            elif word != "finished":
                doing = (word, set(map(int, rest)))
        # The last thing begun may have happened or not, but as a whole.
        assert there in (self.sure, self.after(doing))
        self.sure = there
        if doing:
            self.interrupted.append(doing[0])

    def after(self, doing):
        word, numbers = doing or ("", set())
        return self.sure | numbers if word == "adding" else self.sure - numbers


def test_killed_at_random_moments_nothing_acknowledged_is_lost(nursery, folder):
    rng = np.random.default_rng()
    interrupted: list[str] = []
    for kill in range(KILLS):
        if kill % 15 == 0:
            path, ledger = folder / f"map {kill}.placemap", Ledger()
            MapStore.create(path, CONFIG).close()
        said = run_writer(nursery, path, kill_after=float(rng.uniform(0.0, 0.1)))
        # A reader comes first: it must manage with what the killed writer left.
        there = numbers_in(path)
        ledger.settle(said, there)
        if kill % 5 == 4:
            with MapStore.open(path, writable=True) as store:
                assert check(store.snapshot()) == there
                assert store.check_integrity() == []
                assert not [p for p in (path / "segments").iterdir() if not p.name.isdigit()]
        interrupted += ledger.interrupted
        ledger.interrupted = []
    assert len(interrupted) > KILLS / 2, "most kills should hit a writer at work"
    assert len(ledger.sure) > 20


def test_killed_before_each_single_file_operation_nothing_acknowledged_is_lost(nursery, folder):
    interrupted = set()
    with MapStore.create(folder / "before", CONFIG) as store:
        store.append(batch(range(1000, 1003)))
    for step in range(1, 1000):
        path, ledger = folder / str(step), Ledger()
        shutil.copytree(folder / "before", path)
        ledger.sure = {1000, 1001, 1002}
        said = run_writer(nursery, path, step=step)
        ledger.settle(said, numbers_in(path))
        with MapStore.open(path, writable=True) as store:
            assert check(store.snapshot()) == ledger.sure
            assert store.check_integrity() == []
            named = len(store._segments())
            # Going on where it was killed works, and nothing of the dead writer is left.
            store.append(batch([2000]))
        assert len(list((path / "segments").iterdir())) == named + 1
        interrupted |= set(ledger.interrupted)
        if said and said[-1] == "finished\n":
            break
    assert said[-1] == "finished\n"
    assert step > 50
    assert interrupted == {"adding", "joining"}  # a removal touches the database alone


def test_a_creation_that_was_killed_can_begin_again(folder):
    program = """
import os, signal, sys
from pathlib import Path
sys.path.append(sys.argv[2])
from store_samples import CONFIG
from placeprint.placemap.storage.store import MapStore
# What is imported at the first use is imported once, not in every child.
MapStore.create(Path(sys.argv[1]) / "first", CONFIG | {"a": 1}).close()
for step in range(1, 1000):
    pid = os.fork()
    if not pid:
        count = 0
        def hook(event, _):
            global count
            if event in {"open", "os.rename", "os.mkdir", "os.remove", "sqlite3.connect"}:
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        MapStore.create(Path(sys.argv[1]) / str(step), CONFIG | {"a": 1})
        os._exit(0)
    if os.waitpid(pid, 0)[1] == 0:
        break
print(step)
"""
    support = str(Path(crashing_writer.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", program, folder, support], capture_output=True, text=True, check=True
    )
    steps = int(done.stdout)
    assert steps > 8
    unfinished = 0
    for step in range(1, steps):
        path = folder / str(step)
        if not MapStore.exists(path):
            unfinished += 1
            MapStore.create(path, CONFIG | {"a": 1}).close()
        with MapStore.open(path, writable=True) as store:
            store.append(batch([1]))
        assert numbers_in(path) == {1}
    assert unfinished > 5
