"""Forks writers that the crash tests kill: everything is imported once, so that a kill costs little.

Reads lines "PATH STEP" and answers with what the writer says: "pid", then what it has acknowledged,
then "dead". STEP 0: writes until it is killed from outside; otherwise it kills itself before the
STEP-th operation on a file, or says "finished".
"""

import os
import signal
import sys
from pathlib import Path

from store_samples import batch, number_of

from placeprint.placemap.storage.store import MapStore

TURNS_FOREVER = 1_000_000
FILE_OPERATIONS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.listdir", "os.scandir"}


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def write(path: Path, turns: int) -> None:
    """Add, replace, remove, join, saying each thing when it is done."""
    with MapStore.open(path, writable=True) as store:
        start = max((number_of(e) for e in store.known().values()), default=-1) + 1
        for turn in range(turns):
            numbers = range(start + 5 * turn, start + 5 * turn + 5)
            say("adding", *numbers)
            ids = store.append(batch(numbers))
            say("done")
            if turn % 2:
                say("removing", *list(numbers)[:2])
                store.remove(ids[:2])
                say("done")
            if turn % 3 == 2:
                say("joining")
                store.compact()
                say("done")


def kill_self_at(step: int) -> None:
    count = 0

    def hook(event: str, _: object) -> None:
        nonlocal count
        if event in FILE_OPERATIONS:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    for line in sys.stdin:
        path, step = line.rstrip("\n").rsplit(" ", 1)
        child = os.fork()
        if not child:
            say("pid", os.getpid())
            if int(step):
                kill_self_at(int(step))
            write(Path(path), 3 if int(step) else TURNS_FOREVER)
            say("finished")
            os._exit(0)
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
