"""Published weights to a model folder, to a map, to ONNX: the way of a researcher's network."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.descriptors import open_descriptor

torch = pytest.importorskip("torch")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in the form of CosPlace: ResNet-18 and GeM with a linear layer, random numbers."""
    from placeprint.networks.backbones import ResNet
    from placeprint.networks.pooling import CosPlace

    torch.manual_seed(0)
    names = ("conv1", "bn1", None, None, "layer1", "layer2", "layer3", "layer4")
    trunk = ResNet(18).state_dict()
    numbered = {
        f"backbone.{names.index(key.split('.')[0])}.{key.split('.', 1)[1]}": value
        for key, value in trunk.items()
    }
    head = {f"aggregation.{key}": value for key, value in CosPlace(512, 32).state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "cosplace.pth"
    torch.save(numbered | head, path)
    return path


def test_from_published_weights_to_a_model_folder_and_to_onnx(weights: Path, tmp_path: Path) -> None:
    done = run("convert", weights, "-o", tmp_path / "model")
    assert done.exit_code == 0, done.output
    assert "32 numbers per photo" in done.output
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert "sha256" in json.dumps(config)
    photo = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    vector = open_descriptor(f"{tmp_path / 'model'}#size=none").describe([photo])
    assert vector.shape == (1, 32)
    pytest.importorskip("onnxscript")
    made = run("export", tmp_path / "model", "-o", tmp_path / "model.onnx")
    assert made.exit_code == 0, made.output
    again = open_descriptor(f"onnx:{tmp_path / 'model.onnx'}")
    resized = open_descriptor(str(tmp_path / "model")).describe([photo])
    np.testing.assert_allclose(again.describe([photo]), resized, atol=1e-4)


def test_what_is_no_network_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.pth").write_text("nothing")
    refused = run("convert", tmp_path / "notes.pth", "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "notes.pth" in str(refused.exception)
    assert not (tmp_path / "out").exists()
    assert "--photos belongs to --precision int8" in str(
        run("export", "lite0_gem", "-o", tmp_path / "x.onnx", "--photos", tmp_path).exception
    )
