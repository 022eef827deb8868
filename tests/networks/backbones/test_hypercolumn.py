import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import TORCHVISION, VGG16, Hypercolumn  # noqa: E402


def bilinear(x, rows, columns):
    """Interpolation with half-pixel centers, written out for one channel."""
    out = torch.zeros(rows, columns)
    for r in range(rows):
        for c in range(columns):
            y = min(max((r + 0.5) * x.shape[0] / rows - 0.5, 0), x.shape[0] - 1)
            z = min(max((c + 0.5) * x.shape[1] / columns - 0.5, 0), x.shape[1] - 1)
            top, left = int(y), int(z)
            below, right = min(top + 1, x.shape[0] - 1), min(left + 1, x.shape[1] - 1)
            upper = x[top, left] * (1 - z + left) + x[top, right] * (z - left)
            lower = x[below, left] * (1 - z + left) + x[below, right] * (z - left)
            out[r, c] = upper * (1 - y + top) + lower * (y - top)
    return out


def test_layers_are_stacked_in_their_order_on_the_finest_grid():
    backbone = VGG16("pool5").eval()
    column = Hypercolumn(backbone, ["pool5", "conv4_1", "conv5_3"]).eval()
    images = torch.randn(1, 3, 70, 97)
    with torch.no_grad():
        pool5, conv4, conv5 = backbone.maps(images, ["pool5", "conv4_1", "conv5_3"])
        features = column(images)
    assert (column.channels, column.stride, column.divisor) == (512 * 3, 8, 32)
    assert column.map_size(70, 97) == conv4.shape[2:] == (8, 12)
    torch.testing.assert_close(features[0, 512:1024], conv4[0])
    for channel in (0, 100, 511):
        torch.testing.assert_close(features[0, channel], bilinear(pool5[0, channel], 8, 12))
        torch.testing.assert_close(features[0, 1024 + channel], bilinear(conv5[0, channel], 8, 12))


def test_one_layer_is_a_cut():
    backbone = VGG16().eval()
    column = Hypercolumn(backbone, ["relu4_3"])
    images = torch.randn(1, 3, 32, 40)
    with torch.no_grad():
        assert torch.equal(column(images), backbone.maps(images, ["relu4_3"])[0])


def test_weights_go_to_the_backbone(tmp_path):
    torch.save(VGG16("conv2_2").state_dict(), tmp_path / "vgg.pth")
    column = Hypercolumn(VGG16("conv2_2"), ["conv1_2", "conv2_2"]).load(tmp_path / "vgg.pth", TORCHVISION)
    saved = torch.load(tmp_path / "vgg.pth", weights_only=True)
    assert torch.equal(column.backbone.features[7].weight, saved["features.7.weight"])
    assert column.weights == column.backbone.weights == TORCHVISION
    assert not column.training
