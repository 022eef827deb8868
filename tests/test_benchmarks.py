"""Benchmarks are run by hand: what the library renames must not leave one behind."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_it_can_be_started(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    found = runpy.run_path(str(FOLDER / f"{name}.py"))
    assert name == "provenance" or callable(found["main"])
