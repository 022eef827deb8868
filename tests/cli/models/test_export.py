"""`placeprint export` as a user types it."""

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from placeprint import progress
from placeprint.cli.models.export import export
from placeprint.errors import PlaceprintError

pytest.importorskip("torch")
from placeprint.descriptors import export as graph_export
from placeprint.networks.onnx.check import Comparison
from placeprint.networks.onnx.export import OnnxExport

app = typer.Typer()
app.command()(export)
COMPARED = Comparison(((1, 32, 48), (3, 48, 32)), 3.2e-7, 0.9999999)


@pytest.fixture
def asked(monkeypatch):
    """Calls of export_graph, and what it answers."""
    calls, answers = [], [OnnxExport(None, None, "", COMPARED)]

    def fake(descriptor, path, **options):
        path.write_bytes(b"x" * 1_500_000)
        calls.append((descriptor.name, options))
        return answers[-1]

    monkeypatch.setattr(graph_export, "export_graph", fake)
    return calls, answers


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_what_was_written_and_how_near_it_is(tmp_path, asked):
    calls, answers = asked
    path = tmp_path / "m.onnx"
    done = run("lite0-netvlad", "-o", path)
    assert done.exit_code == 0, done.output
    assert calls == [("lite0-netvlad", {"size": None, "precision": "float32", "photos": []})]
    assert "1.5 MB. It accepts photos of any size." in done.stdout
    assert (
        "Compared with torch on 4 photos: vectors at most 3e-07 apart, cosine at least 1.000000"
        in done.stdout
    )
    assert f"onnx:{path}" in done.stdout.replace("\n", "")
    answers.append(OnnxExport(None, (48, 32), "R-MAC has other regions for each size", COMPARED))
    done = run("lite0-netvlad", "-o", path, "--size", "48x32", "--precision", "float16")
    assert "It accepts photos of 48x32 only: R-MAC has other regions for each size." in done.stdout
    assert calls[-1][1]["size"] == (48, 32)


def test_progress_is_shown_but_where_quiet(tmp_path, asked, monkeypatch):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    for words, told in (([], True), (["--quiet"], False)):
        done = run("lite0-netvlad", "-o", tmp_path / "m", "--precision", "int8", "--photos", tmp_path, *words)
        assert ("Reading positions" in done.stderr) is told
        assert "Wrote" in done.stdout


def test_int8_goes_with_photos(tmp_path, asked):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    done = run("lite0-netvlad", "-o", tmp_path / "m", "--precision", "int8", "--photos", tmp_path)
    assert done.exit_code == 0, done.output
    assert asked[0][0][1] == {"size": None, "precision": "int8", "photos": [tmp_path / "a.png"]}
    for wrong in (["--precision", "int8"], ["--photos", tmp_path]):
        error = run("lite0-netvlad", "-o", tmp_path / "m", *wrong).exception
        assert isinstance(error, PlaceprintError)
        assert "--photos belongs to --precision int8" in str(error)


@pytest.mark.parametrize("size", ["640", "640x", "0x480", "-1x2", "axb", "1x2x3"])
def test_a_size_is_two_numbers(tmp_path, asked, size):
    error = run("lite0-netvlad", "-o", tmp_path / "m", f"--size={size}").exception
    assert isinstance(error, PlaceprintError)
    assert "is not WIDTHxHEIGHT" in str(error)
