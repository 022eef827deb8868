"""Descriptors as ONNX files that `onnx:FILE` opens."""

import numpy as np
import pytest

from placeprint.descriptors import Lite0NetVLAD, open_descriptor
from placeprint.errors import PlaceprintError
from placeprint.photos import resize

pytest.importorskip("torch")
pytest.importorskip("onnxscript")
from descriptor_conformance import scene
from small_networks import small_descriptor

from placeprint.descriptors.export import CALIBRATION, export_graph
from placeprint.networks.onnx import export as onnx_export

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_file_describes_photos_of_any_size_as_the_descriptor_does(tmp_path):
    descriptor = small_descriptor()
    made = export_graph(descriptor, tmp_path / "small.onnx")
    assert made.size is None
    opened = open_descriptor(f"onnx:{made.path}")
    assert (opened.name, opened.dim, opened.license) == (descriptor.name, descriptor.dim, descriptor.license)
    photos = [scene(0), resize(scene(1), "exact:120x50"), resize(scene(2), "exact:40x90")]
    apart = np.linalg.norm(opened.describe(photos) - descriptor.describe(photos), axis=1)
    assert apart.max() < 1e-4


@pytest.fixture
def asked(monkeypatch):
    """What export_onnx is asked for."""
    calls = []
    monkeypatch.setattr(onnx_export, "export_onnx", lambda *a, **k: calls.append((a, k)))
    return calls


def test_sizes_label_and_calibration_come_from_the_card(tmp_path, asked):
    descriptor = small_descriptor(size_rule="area:64")
    photos = [scene(seed) for seed in (0, 1, *[9] * 60)]
    export_graph(descriptor, tmp_path / "a.onnx")
    export_graph(descriptor, tmp_path / "b.onnx", size=(202, 101), precision="int8", photos=photos)
    (_, path, pixels, size), said = asked[0]
    label = said["label"]
    assert (path, pixels) == (tmp_path / "a.onnx", descriptor.card.preprocessing)
    assert size == (72, 56)  # 64 x 64 pixels at 4:3, multiples of 4
    assert (label.size_rule, label.divisor, label.name) == (
        "area:64",
        descriptor.card.divisor,
        descriptor.name,
    )
    assert (label.fingerprint, label.training, label.license) == (
        descriptor.fingerprint, "Nowhere 3k", "CC0-1.0"
    )  # fmt: skip
    assert said["precision"] == "float32"
    assert said["calibration"] == []
    export_graph(descriptor.adjusted(size_rule="exact:61x47"), tmp_path / "c.onnx")
    (_, _, _, size), said = asked[2]
    assert (size, said["label"].divisor) == ((61, 47), 4)
    (_, _, _, size), said = asked[1]
    assert size == (204, 100)
    assert len(said["calibration"]) == CALIBRATION
    np.testing.assert_array_equal(
        said["calibration"][0][0], resize(photos[0], "area:64", descriptor.card.step)
    )


def test_the_shipped_descriptor_goes_by_its_network_in_torch_others_not_at_all(tmp_path, asked):
    shipped = Lite0NetVLAD.pretrained()
    export_graph(shipped, tmp_path / "m.onnx")
    (network, _, _, size), _ = asked[0]
    assert network.out_dim == shipped.dim
    assert size == (560, 416)

    class Other:
        name = "rootsift-vlad"

    with pytest.raises(PlaceprintError, match="rootsift-vlad is not a torch network"):
        export_graph(Other(), tmp_path / "m.onnx")
