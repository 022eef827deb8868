"""Reading published files, and saying what is wrong with others."""

import pickle
import sys
from collections import OrderedDict

import pytest

from placeprint.errors import FormatError, MissingExtraError, PlaceprintError

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import (  # noqa: E402
    IMAGENET_PIXELS,
    MATCONVNET_PIXELS,
    OPENIBL,
    OPENIBL_PIXELS,
    RANDOM,
    TORCHVISION,
    VGG16,
    AlexNet,
    FullyConnected,
    ResNet,
    load_weights,
)
from placeprint.networks.backbones.weights import MATCONVNET, fill  # noqa: E402


@pytest.fixture
def resnet_state():
    """A published ResNet-18: cut at layer4, and its classifier."""
    torch.manual_seed(5)
    state = ResNet(18).state_dict()
    return state | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


def test_a_published_file_fills_a_cut_network(resnet_state, tmp_path):
    path = tmp_path / "resnet18.pth"
    torch.save(resnet_state, path)
    network = ResNet(18, "layer2")
    assert network.weights == RANDOM
    assert network.train().load(path, TORCHVISION) is network
    assert not network.training
    assert network.license.startswith("BSD-3-Clause")
    own = network.state_dict()
    assert set(own) < set(resnet_state)
    assert all(torch.equal(own[name], resnet_state[name]) for name in own)


def test_the_old_file_format_and_old_norms_are_taken(resnet_state, tmp_path):
    """Files before PyTorch 0.4.1 have no num_batches_tracked."""
    old = OrderedDict((k, v) for k, v in resnet_state.items() if "num_batches" not in k)
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    network = ResNet(18).load(tmp_path / "old.pth", TORCHVISION)
    assert torch.equal(network.layer4[1].conv2.weight, resnet_state["layer4.1.conv2.weight"])
    assert network.bn1.num_batches_tracked == 0


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict"])
def test_checkpoints_are_unwrapped(wrapper, tmp_path):
    torch.save({"epoch": 3, wrapper: {"module.a": torch.ones(2)}}, tmp_path / "c.pth")
    loaded = load_weights(tmp_path / "c.pth")
    assert list(loaded) == ["a"]
    assert torch.equal(loaded["a"], torch.ones(2))


def test_other_projects_name_the_same_layers_otherwise(tmp_path):
    """OpenIBL's file numbers the layers alone; pytorch-NetVlad's has an encoder and a pool."""
    state = VGG16("conv2_1").state_dict()
    bare = {name.removeprefix("features."): x for name, x in state.items()}
    torch.save(bare, tmp_path / "openibl.pth")
    network = VGG16("conv2_1").load(tmp_path / "openibl.pth", OPENIBL, prefix="")
    assert all(torch.equal(x, state[name]) for name, x in network.state_dict().items())
    assert network.preprocessing == OPENIBL_PIXELS
    encoder = {f"encoder.{name}": x for name, x in bare.items()} | {"pool.centroids": torch.zeros(3)}
    torch.save({"state_dict": encoder}, tmp_path / "nv.pth")
    network = VGG16("conv2_1").load(tmp_path / "nv.pth", TORCHVISION, prefix="encoder.")
    assert all(torch.equal(x, state[name]) for name, x in network.state_dict().items())


def test_pixels_belong_to_the_weights():
    assert TORCHVISION.preprocessing == IMAGENET_PIXELS
    assert MATCONVNET.preprocessing == MATCONVNET_PIXELS
    assert OPENIBL.preprocessing == OPENIBL_PIXELS


def test_safetensors_files_are_read(tmp_path, monkeypatch):
    torch_files = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    path = tmp_path / "vgg.safetensors"
    torch_files.save_file(VGG16("conv1_1").state_dict(), path)
    assert set(load_weights(path)) == {"features.0.weight", "features.0.bias"}
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FormatError, match=r"vgg\.safetensors is damaged"):
        load_weights(path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingExtraError, match=r"safetensors files needs .*placeprint\[torch\]"):
        load_weights(path)


def test_a_file_of_another_network_says_which_names(resnet_state, tmp_path):
    path = tmp_path / "r.pth"
    torch.save(resnet_state, path)
    with pytest.raises(PlaceprintError) as caught:
        AlexNet().load(path, TORCHVISION)
    assert str(caught.value).startswith(
        f"{path} does not fit AlexNet: it lacks features.0.weight, features.0.bias, features.3.weight,"
        " features.3.bias, features.6.weight and 5 more; it has unknown conv1.weight, bn1.weight,"
    )
    with pytest.raises(PlaceprintError, match=r"it has unknown layer1\.2\.conv1|it lacks layer1\.2\.conv1"):
        ResNet(34).load(path, TORCHVISION)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("features.2.bias"), r"it lacks features\.2\.bias\. "),
        (lambda s: s.update({"features.1.weight": s["features.0.bias"]}), r"unknown features\.1\.weight\. "),
        (
            lambda s: s.update({"features.0.weight": torch.zeros(64, 1, 3, 3)}),
            r"wrong shapes: features\.0\.weight \(64, 1, 3, 3\) for \(64, 3, 3, 3\)",
        ),
    ],
)
def test_one_wrong_name_or_shape_is_enough(change, message, tmp_path):
    state = dict(VGG16("conv1_2").state_dict())
    change(state)
    torch.save(state, tmp_path / "vgg.pth")
    network = VGG16("conv1_2")
    with pytest.raises(PlaceprintError, match=message):
        network.load(tmp_path / "vgg.pth", TORCHVISION)
    assert network.weights == RANDOM


def test_what_lies_beyond_the_cut_may_be_there():
    assert VGG16().unused == ("classifier.", "features.29.", "features.30.")
    assert AlexNet("pool1").unused[:2] == ("classifier.", "features.3.")
    assert ResNet(18, "layer3").unused == ("fc.", "layer4.")
    with torch.device("meta"):
        codes = FullyConnected(AlexNet, "fc6")
    assert codes.unused == ("classifier.4.", "classifier.6.")
    fill(
        torch.nn.Linear(1, 1),
        {"weight": torch.ones(1, 1), "bias": torch.ones(1), "x.y": torch.ones(1)},
        "f",
        ("x.",),
    )


class Touch:
    def __reduce__(self):
        return print, ("a pickle ran code",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no weights at all",
        b"PK\x03\x04 cut",
        pickle.dumps({"a": Touch()}, 2),
        pickle.dumps([1, 2], 2),
        b"\x80\x02.",
    ],
)
def test_files_that_hold_something_else(content, tmp_path, capsys):
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"x\.pth is (damaged|not a state dict)"):
        load_weights(path)
    assert "ran code" not in capsys.readouterr().out


def test_every_cut_of_a_real_file_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"a": torch.ones(50)}, path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        with pytest.raises(FormatError):
            load_weights(path)
    torch.save({"a": 1.5}, path)
    with pytest.raises(FormatError, match="not a state dict"):
        load_weights(path)
    with pytest.raises(FormatError, match="is not a file"):
        load_weights(tmp_path)
