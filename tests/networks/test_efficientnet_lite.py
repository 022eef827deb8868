import numpy as np
import onnxruntime
import pytest

from placeprint.descriptors.lite0_graph import descriptor_graph
from placeprint.descriptors.torch_file import read_state_dict
from placeprint.networks.lite0_blocks import BLOCKS, published_weights

torch = pytest.importorskip("torch")
from placeprint.networks.efficientnet_lite import EfficientNetLite0, SameConv2d  # noqa: E402


@pytest.fixture(scope="module")
def network():
    return EfficientNetLite0.published()


def test_the_published_file_fits_name_by_name(network):
    state = torch.load(published_weights(), weights_only=True)
    own = network.state_dict()
    assert list(own) == list(state)
    assert all(torch.equal(own[name], state[name]) for name in state)


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
        expected = network.features(torch.from_numpy(photos).permute(0, 3, 1, 2).float(), blocks).numpy()
    graph = descriptor_graph(read_state_dict(published_weights()), blocks)
    (features,) = onnxruntime.InferenceSession(graph).run(None, {"photos": photos})
    assert features.shape == expected.shape
    if blocks <= 11:
        assert features.shape[1:] == (112, -(-size[0] // 16), -(-size[1] // 16))
    assert np.abs(features - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_castle_is_a_palace_or_a_monastery(network, real_photos):
    """Wrong padding, pixel scale or channel order would blur the answer."""
    from PIL import Image

    buildings = [483, 663, 698]  # ImageNet: castle, monastery, palace
    photos = sorted((real_photos / "strecha" / "castle-P30").rglob("*.jpg"))[:4]
    assert photos
    for photo in photos:
        pixels = np.array(Image.open(photo).convert("RGB").resize((224, 224)))
        with torch.no_grad():
            scores = network(torch.from_numpy(pixels).permute(2, 0, 1)[None].float()).softmax(dim=1)[0]
        assert int(scores.argmax()) in buildings
        assert scores[buildings].sum() > 0.4
