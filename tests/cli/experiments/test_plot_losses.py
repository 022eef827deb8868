"""`placeprint plot-losses` as a user types it."""

import json
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.errors import MissingExtraError, PlaceprintError

NAMES = ["Triplet", "Contrastive", "SARE Gaussian", "SARE Cauchy", "SARE Exponential"]


def run(*arguments):
    return CliRunner().invoke(app, ["plot-losses", *map(str, arguments)])


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_figures(torch, tmp_path):
    for suffix in ("svg", "html", "png"):
        path = tmp_path / f"losses.{suffix}"
        done = run("-o", path, "--steps", 8)
        assert done.exit_code == 0, done.output
        assert f"Wrote {path}" in done.output
        assert "Contrastive: at most 1.88 at the positive, 0.57 at the negative" in done.output
    drawing = (tmp_path / "losses.svg").read_text("utf-8")
    assert drawing.startswith("<svg")
    page = (tmp_path / "losses.html").read_text("utf-8")
    assert drawing in page
    assert "Content-Security-Policy" in page
    assert all(f">{name}</text>" in drawing for name in NAMES)
    with Image.open(tmp_path / "losses.png") as picture:
        assert picture.format == "PNG"


def test_json_gives_the_numbers(torch):
    options = ["--steps", 5, "--margin", 0.3, "--threshold", 0.9, "--temperature", 0.14]
    said = json.loads(run("--json", *options).stdout)
    assert (said["margin"], said["threshold"], said["temperature"]) == (0.3, 0.9, 0.14)
    distance = np.array(said["distance"])
    np.testing.assert_allclose(distance, [0.2, 0.6, 1.0, 1.4, 1.8])
    assert list(said["losses"]) == NAMES
    p, n = distance[None], distance[:, None]
    gauss = said["losses"]["SARE Gaussian"]
    weight = 2 / 0.14 / (1 + np.exp((n**2 - p**2) / 0.14))
    np.testing.assert_allclose(gauss["positive"], weight * p, atol=1e-6)
    np.testing.assert_allclose(gauss["negative"], weight * n, atol=1e-6)
    violating = p**2 + 0.3 > n**2
    np.testing.assert_allclose(said["losses"]["Triplet"]["positive"], 2 * p * violating, atol=1e-6)
    push = np.broadcast_to(np.maximum(0, 0.9 - n), (5, 5))
    np.testing.assert_allclose(said["losses"]["Contrastive"]["negative"], push, atol=1e-6)


def test_mistakes_are_named(tmp_path):
    for options, mend in (
        ([], "--output FILE, --json"),
        (["-o", tmp_path / "losses.pdf"], "ending in .svg, .html or .png"),
        (["--json", "--temperature", 0], "The paper has 1"),
    ):
        done = run(*options)
        assert isinstance(done.exception, PlaceprintError)
        assert mend in str(done.exception)
    assert not list(tmp_path.iterdir())
    assert "Example:" in run("--help").output


def test_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    done = run("--json")
    assert isinstance(done.exception, MissingExtraError)
    assert "placeprint[torch]" in str(done.exception)
