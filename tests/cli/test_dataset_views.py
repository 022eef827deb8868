"""`placeprint dataset views`: what it writes is a data set for `placeprint evaluate`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from panorama_folder import write_panoramas
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.datasets import read_dataset
from placeprint.errors import PlaceprintError


def test_the_command_writes_what_evaluate_reads(tmp_path: Path) -> None:
    runner, town = CliRunner(), write_panoramas(tmp_path / "town")

    def run(*words: object) -> Any:
        return runner.invoke(app, [str(word) for word in words])

    out = tmp_path / "views"
    asked = ("dataset", "views", town, "--split", "val", "-o", out, "--size", 64, "--per-panorama", 2)
    done = run(*asked, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["database"], told["queries"], told["name"]) == (12, 4, "views/val-views")
    assert told["fingerprint"] == read_dataset(out).fingerprint
    np.save(tmp_path / "first.npy", np.zeros((4, 1), np.int64))  # row 0 is near the first panorama alone
    scored = run("evaluate", out, "--predictions", f"first={tmp_path / 'first.npy'}", "--json")
    assert scored.exit_code == 0, scored.output
    result = json.loads(scored.stdout)
    assert result["dataset"]["queries"] == 4
    assert result["results"][0]["scores"]["R@1"]["value"] == 0.5
    again = run(*asked)
    assert again.exit_code == 1
    assert isinstance(again.exception, PlaceprintError)
    assert "already contains photos.csv" in str(again.exception)
    wide = run("dataset", "views", town, "-o", tmp_path / "wide", "--fov", 80)
    assert "widest that fits at every heading is 70.5°" in str(wide.exception)
    shown = run("dataset", "views", town, "-o", tmp_path / "other", "--quiet", "--size", 16, "--seed", 3)
    assert shown.exit_code == 0, shown.output
    assert "8 queries of 70° at random headings (seed 3)" in " ".join(shown.output.split())
    assert "placeprint evaluate" in shown.output
    assert "Example:" in run("dataset", "views", "--help").output
