import subprocess
import sys

import pytest

pytest.importorskip("torch")

SCRIPT = """
import resource, sys, torch
from placeprint.descriptors.runtimes.torch_device import keep_freed_memory
torch.set_num_threads(1)
if sys.argv[1] == "kept" and not keep_freed_memory():
    sys.exit(3)
x = torch.zeros(20_000_000)  # 80 MB
for _ in range(30):
    x + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    x + 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_freed_memory_is_not_fetched_from_the_system_again() -> None:
    faults = {}
    for kind in ("plain", "kept"):
        done = subprocess.run([sys.executable, "-c", SCRIPT, kind], capture_output=True, text=True)
        if done.returncode == 3:
            pytest.skip("the C library has no mallopt")
        assert done.returncode == 0, done.stderr
        faults[kind] = int(done.stdout)
    assert 3 * faults["kept"] <= faults["plain"]
