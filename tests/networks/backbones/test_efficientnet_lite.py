import numpy as np
import onnxruntime
import pytest

from placeprint.descriptors.lite0.graph import descriptor_graph
from placeprint.descriptors.lite0.state_dict_file import read_state_dict
from placeprint.networks.lite0_blocks import BLOCKS, published_weights

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import LITE0_PIXELS, EfficientNetLite0  # noqa: E402
from placeprint.networks.backbones.efficientnet_lite import SameConv2d  # noqa: E402


@pytest.fixture(scope="module")
def network():
    return EfficientNetLite0.published("block16")


def test_the_published_file_fits_name_by_name(network):
    state = torch.load(published_weights(), weights_only=True)
    own = network.state_dict()
    head = ("_conv_head.", "_bn1.", "_fc.")
    assert list(own) == [name for name in state if not name.startswith(head)]
    assert all(torch.equal(own[name], state[name]) for name in own)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [7, 8])
def test_same_padding_by_hand(kernel, stride, side):
    """TensorFlow's rule, written out for one axis with a kernel of ones on a row of ones."""
    layer = SameConv2d(1, 1, kernel, stride)
    torch.nn.init.ones_(layer.weight)
    out = layer(torch.ones(1, 1, side, side))[0, 0]
    positions = -(-side // stride)
    before = max((positions - 1) * stride + kernel - side, 0) // 2
    seen = [sum(0 <= p * stride - before + j < side for j in range(kernel)) for p in range(positions)]
    np.testing.assert_array_equal(out.detach().numpy(), np.outer(seen, seen))


@pytest.mark.parametrize("blocks", [9, 11, len(BLOCKS)])
@pytest.mark.parametrize("size", [(64, 96), (70, 81)])
def test_the_graph_with_folded_norms_equals_the_module(network, blocks, size):
    rng = np.random.default_rng(5)
    photos = rng.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    with torch.no_grad():
        (expected,) = network.maps(network.preprocessing(photos), [f"block{blocks}"])
        cut = EfficientNetLite0.published(f"block{blocks}")
        assert torch.equal(cut(cut.preprocessing(photos)), expected)
    expected = expected.numpy()
    graph = descriptor_graph(read_state_dict(published_weights()), blocks)
    (features,) = onnxruntime.InferenceSession(graph).run(None, {"photos": photos})
    assert features.shape == expected.shape
    if blocks <= 11:
        assert features.shape[1:] == (112, -(-size[0] // 16), -(-size[1] // 16))
    assert np.abs(features - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_castle_is_a_palace_or_a_monastery(network, real_photos):
    """Wrong padding, pixel scale or channel order would blur the answer."""
    from PIL import Image
    from torch.nn import functional

    state = torch.load(published_weights(), weights_only=True)
    norm = [state[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]

    def classify(images):
        x = functional.conv2d(network(images), state["_conv_head.weight"])
        x = functional.relu6(functional.batch_norm(x, *norm, eps=1e-3)).mean(dim=(2, 3))
        return functional.linear(x, state["_fc.weight"], state["_fc.bias"]).softmax(dim=1)

    buildings = [483, 663, 698]  # ImageNet: castle, monastery, palace
    photos = sorted((real_photos / "strecha" / "castle-P30").rglob("*.jpg"))[:4]
    assert photos
    for photo in photos:
        pixels = np.array(Image.open(photo).convert("RGB").resize((224, 224)))
        with torch.no_grad():
            (scores,) = classify(network.preprocessing(pixels[None]))
        assert int(scores.argmax()) in buildings
        assert scores[buildings].sum() > 0.4


def test_contract():
    """Facts of the published network: its license, its pixels, and its names."""
    network = EfficientNetLite0.published()
    assert (network.cut, network.channels, network.stride) == ("block11", 112, 16)
    assert network.preprocessing == LITE0_PIXELS
    assert network.license == "Apache-2.0"
    assert not network.training
    with pytest.raises(ValueError, match="no layer 'block17'; the layers are stem, block1,"):
        EfficientNetLite0("block17")
