"""Two processes, as torchrun starts them: the losses of one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from training_cases import PAIRS, VIEWS, lines_of, losses_of, recipe, state_of

from placeprint.training import train
from placeprint.training.optimization.processes import Processes

PROGRAM = """
import os
import socket
import sys
from contextlib import nullcontext
from pathlib import Path

import torch

from placeprint.training import load_recipe, train
from placeprint.training.optimization.processes import started_by_torchrun

torch.set_num_threads(1)
with socket.socket() as free:
    free.bind(("localhost", 0))
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(free.getsockname()[1])}
child = os.fork()
os.environ |= place | {"RANK": "1" if child == 0 else "0"}
with started_by_torchrun() as group:  # one group for all runs
    sys.modules["placeprint.training.train"].started_by_torchrun = lambda: nullcontext(group)
    for recipe in sys.argv[2:]:
        path = Path(recipe)
        train(load_recipe(path), sys.argv[1], path.with_suffix(""), device="cpu")
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""
"""Two processes with what torchrun puts into their environment; torch is imported once for both."""


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_even_and_together_all(count: int) -> None:
    for total in (0, 1, 5, 24):
        shares = [Processes(rank, count).share(total) for rank in range(count)]
        assert [i for share in shares for i in range(total)[share]] == list(range(total))
        sizes = {share.stop - share.start for share in shares}
        assert max(sizes) - min(sizes) <= 1


def test_two_processes_train_as_one_does(street: Path, start: Path, tmp_path: Path) -> None:
    """Mined tuples in chunks, weights moving every second step; tuples of which none violates; pairs of
    cached maps, one behind a whitening; pairs of photos. One photo is broken, and batches are odd."""
    data = shutil.copytree(street, tmp_path / "street")
    broken = data / "train" / "2_query_3.jpg"
    broken.write_bytes(broken.read_bytes()[:200])
    run = {"epochs": 2, "steps_per_epoch": 3, "batch": 3, "keep_every": 1}
    cases = {
        "tuples": recipe(start, run=run | {"accumulate": 2, "chunk": 4, "average": 0.5}),
        "maps": recipe(start, data=VIEWS, network={"cache_stage": True}, mining=PAIRS, run=run),
        "whitened": recipe(
            start,
            data=VIEWS,
            network={"cache_stage": True},
            mining=PAIRS,
            run=run,
            whitening={"dim": 4, "images": 16, "shrinkage": 0.5, "refit_every": 2},
        ),
        "resting": recipe(
            start,
            loss={"name": "triplet", "preset": "relja"},
            mining={"kind": "tuples", "count": 3, "pool": 12, "violating_margin": -9.0},
            run=run | {"epochs": 1},
        ),
        "photos": recipe(start, mining=PAIRS, run=run | {"epochs": 1, "steps_per_epoch": 1, "batch": 16}),
    }
    for name, config in cases.items():
        (tmp_path / f"{name}.json").write_text(config.model_dump_json())
        train(config, data, tmp_path / "one" / name, device="cpu", quiet=True)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py", str(data), *(f"{name}.json" for name in cases)],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name in cases:
        one, two = tmp_path / "one" / name, tmp_path / name
        np.testing.assert_allclose(losses_of(two), losses_of(one), rtol=1e-4, atol=1e-6)
        for alone, both in zip(lines_of(one), lines_of(two), strict=True):
            assert alone.keys() == both.keys()
            counted = {"kind", "step", "epoch", "tuples", "unreadable", "images", "negatives"} & alone.keys()
            assert {key: alone[key] for key in counted} == {key: both[key] for key in counted}
        weights, again = state_of(one)["network"], state_of(two)["network"]
        for key, value in weights.items():
            np.testing.assert_allclose(again[key], value, rtol=1e-3, atol=1e-5)
    rested = [line for line in lines_of(tmp_path / "resting") if line["kind"] == "step"]
    assert [(line["loss"], line["gradient_norm"]) for line in rested] == [(0.0, 0.0)] * 3
    steps = [line for line in lines_of(tmp_path / "photos") if line["kind"] == "step"]
    assert [line["unreadable"] for line in steps] in ([0], [1])
    images = {
        line["images"] for name in cases for line in lines_of(tmp_path / name) if line["kind"] == "step"
    }
    assert any(count % 2 for count in images)
