"""Benchmarks are run by hand: what the library renames must not leave one behind."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_it_can_be_started(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    found = runpy.run_path(str(FOLDER / f"{name}.py"))
    assert name == "provenance" or callable(found["main"])


def test_mutants_are_drawn_by_seed_and_file_alone() -> None:
    """The list of mutants, which is all of the tester but the tests that it runs."""
    program = [sys.executable, str(FOLDER / "mutation.py")]
    told = subprocess.run([*program, "--help"], check=True, capture_output=True, text=True).stdout
    assert "--per-file" in told
    assert "--seed" in told

    def drawn(*settings: str) -> list[str]:
        done = subprocess.run(
            [*program, "--list", *settings], check=True, capture_output=True, text=True, encoding="utf-8"
        )
        return done.stdout.splitlines()

    whole = drawn("--per-file", "2", "arrays", "rerank")
    assert drawn("--per-file", "2", "rerank/geometry.py") == [
        line for line in whole if line.startswith("rerank/geometry.py:")
    ]
    assert drawn("--per-file", "2", "rerank/geometry.py", "--seed", "1") != whole[-2:]
    assert 10 <= len(whole) <= 2 * 12


def test_a_mutant_is_one_change_of_a_line(tmp_path: Path) -> None:
    found = runpy.run_path(str(FOLDER / "mutation.py"))
    file = FOLDER.parent / "src" / "placeprint" / "arrays" / "chunks.py"
    every = found["mutants"](file)
    plain = ast.unparse(ast.parse(file.read_text())).splitlines()
    assert len(every) == len({(m.node, m.choice) for m in every}) >= 3
    for mutant in every:
        changed = mutant.source().splitlines()
        assert sum(one != other for one, other in zip(plain, changed, strict=True)) == 1
    assert {m.change for m in every} == {"0 → 1", "+ → -", "min → max"}
