"""From a network in torch to the folder that is shipped, and back, in every precision."""

import json
import shutil

import numpy as np
import pytest

from placeprint.descriptors import load_model
from placeprint.descriptors.lite0.descriptor import SHIPPED, Lite0NetVLAD
from placeprint.descriptors.lite0.model_folder import MEAN, read_parts
from placeprint.descriptors.network.whitened import truncated
from placeprint.descriptors.stored_tensors import SCALE, read_tensors
from placeprint.errors import FormatError

torch = pytest.importorskip("torch")
from placeprint.descriptors.lite0.in_torch import in_torch  # noqa: E402
from placeprint.descriptors.ship import PRECISIONS, parity, ship, whitening_mean  # noqa: E402


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    return [np.kron(rng.integers(0, 256, (6, 8, 3), np.uint8), np.ones((20, 20, 1), np.uint8)) for _ in "12"]


@pytest.fixture(scope="module")
def trained():
    """The default descriptor in torch, as training leaves it: all weights moved, no mean known."""
    descriptor = truncated(in_torch(Lite0NetVLAD.pretrained()), 24)
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in (*descriptor.network.parameters(), descriptor.network.whitening.bias):
            tensor += 0.01 * tensor.std() * torch.randn_like(tensor) if tensor.numel() > 1 else 0
    return descriptor.adjusted(training="on streets", learnt_from=("0123456789",))


LEAST = {"float32": 1 - 1e-6, "float16": 0.999, "bfloat16": 0.99, "int8": 0.95}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_folder_gives_the_vectors_of_the_network(trained, photos, tmp_path, precision):
    shipped = ship(trained, tmp_path / "model", precision, precision)
    difference, cosine = parity(trained, shipped, photos)
    assert cosine > LEAST[precision]
    assert precision != "float32" or difference < 1e-5
    assert shipped.provenance["training"] == "on streets"
    assert shipped.provenance["learnt_from"] == ["0123456789"]
    assert shipped.dim == 24
    if precision != "int8":  # torch reads the same folder, and gives the same rounded network
        again = load_model(tmp_path / "model")
        assert np.abs(again.describe(photos) - shipped.describe(photos)).max() < 1e-5
    back = in_torch(shipped)
    assert np.abs(back.describe(photos) - shipped.describe(photos)).max() < 1e-5
    assert back.card.training == "on streets"


def test_int8_has_a_factor_a_row_and_the_offset_fits_the_rounded_matrix(trained, tmp_path):
    ship(trained, tmp_path / "model", "float32", "int8")
    tensors = read_tensors(tmp_path / "model" / "model.safetensors")
    matrix, exact = tensors["whitening.matrix"], trained.network.whitening.matrix.numpy()
    assert not any(name.endswith(SCALE) for name in tensors)
    assert (np.abs(matrix - exact) <= np.abs(exact).max(axis=1, keepdims=True) / 254 * 1.001).all()
    np.testing.assert_allclose(tensors["whitening.bias"], -matrix @ tensors[MEAN], atol=1e-4)


def test_the_mean_gives_the_offset():
    rng = np.random.default_rng(1)
    matrix, bias = rng.normal(size=(5, 40)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    np.testing.assert_allclose(-matrix @ whitening_mean(matrix, bias), bias, rtol=1e-5)


def test_a_folder_that_was_changed_or_is_of_another_network_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    said = json.loads((folder / "config.json").read_text())
    pooling = {"name": "netvlad", "options": {"clusters": 64, "bias": True}}
    for changed in (
        {"sha256": "0" * 64},
        {"size_rule": "longest:480"},
        {"architecture": said["architecture"] | {"pooling": pooling}},
        {"preprocessing": said["preprocessing"] | {"order": "BGR"}},
    ):
        (folder / "config.json").write_text(json.dumps(said | changed))
        with pytest.raises(FormatError, match="does not contain lite0-netvlad"):
            read_parts(folder)
