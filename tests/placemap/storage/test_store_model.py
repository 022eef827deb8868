"""Any sequence of writes, joins, failures and reopenings leaves what a plain dict would hold."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from store_samples import CONFIG, batch, check, number_of

from placeprint.placemap.storage import store as store_module
from placeprint.placemap.storage.store import MapStore

NUMBERS = st.integers(0, 25)


class Model(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.store = MapStore.create(self.folder / "m", CONFIG)
        self.ids: dict[int, int] = {}
        self.last = 0
        self.old = []

    def teardown(self):
        self.store.close()
        self.old.clear()
        shutil.rmtree(self.folder)

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=6, unique=True))
    def append(self, numbers):
        ids = self.store.append(batch(numbers))
        assert min(ids) > self.last
        self.last = max(ids)
        self.ids.update(zip(numbers, ids, strict=True))

    @rule(numbers=st.sets(NUMBERS, max_size=6))
    def remove(self, numbers):
        self.store.remove([self.ids.pop(n) for n in numbers if n in self.ids])

    @rule()
    def compact(self):
        self.store.compact()

    @rule()
    def reopen(self):
        self.store.close()
        self.store = MapStore.open(self.folder / "m", writable=True)

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3, unique=True))
    def fail_at_the_last_moment(self, numbers):
        with (
            suppress(RuntimeError),
            patch.object(store_module.records, "insert_photos", side_effect=RuntimeError),
        ):
            self.store.append(batch(numbers))

    @precondition(lambda self: len(self.old) < 3)
    @rule()
    def keep_a_snapshot(self):
        self.old.append((self.store.snapshot(), set(self.ids)))

    @rule()
    def let_go_of_a_snapshot(self):
        if self.old:
            self.old.pop(0)

    @invariant()
    def it_holds_what_the_model_holds(self):
        snapshot = self.store.snapshot()
        assert check(snapshot) == set(self.ids)
        assert {number_of(e): e.id for e in snapshot.entries} == self.ids
        for kept, numbers in self.old:
            assert check(kept) == numbers
        assert self.store.check_integrity() == []


Model.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, database=None)
TestStore = Model.TestCase
