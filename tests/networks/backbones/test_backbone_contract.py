"""What every backbone promises."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import (  # noqa: E402
    VGG16,
    AlexNet,
    EfficientNetLite0,
    Hypercolumn,
    ResNet,
    TransformersBackbone,
)

MAKERS = {
    "vgg16": VGG16,
    "vgg16-conv3_2": lambda: VGG16("conv3_2"),
    "vgg16-pool5": lambda: VGG16("pool5"),
    "alexnet": AlexNet,
    "alexnet-pool2": lambda: AlexNet("pool2"),
    "resnet18": lambda: ResNet(18),
    "resnet18-conv1": lambda: ResNet(18, "conv1"),
    "resnet50-layer3": lambda: ResNet(50, "layer3"),
    "lite0": EfficientNetLite0.published,
    "lite0-block5": lambda: EfficientNetLite0.published("block5"),
    "lite0-stem": lambda: EfficientNetLite0.published("stem"),
    "hypercolumn": lambda: Hypercolumn(VGG16(), ["conv4_3", "conv3_3", "conv5_3"]),
    "Dinov2Config": None,
    "DINOv3ViTConfig": None,
    "ConvNextConfig": None,
}


@pytest.fixture(scope="module", params=MAKERS)
def backbone(request):
    torch.manual_seed(0)
    if MAKERS[request.param] is not None:
        return MAKERS[request.param]().eval()
    folder, _ = request.getfixturevalue("small_transformer")(request.param)
    return TransformersBackbone(folder)


def photos(n, height, width, channels=3):
    return np.random.default_rng(n).integers(0, 256, (n, height, width, channels), dtype=np.uint8)


def test_every_backbone_keeps_the_contract(backbone):
    """Shapes for even and odd sizes, gray photos, rows that depend on their own photo, gradients."""
    for height, width in ((64, 36), (47, 61)):
        with torch.no_grad():
            features = backbone(backbone.preprocessing(photos(1, height, width)))
        assert features.shape == (1, backbone.channels, *backbone.map_size(height, width))
        assert features.dtype == torch.float32
    aligned = 4 * backbone.divisor
    if not isinstance(backbone, AlexNet):  # it pools without padding
        assert backbone.map_size(aligned, 2 * aligned) == (
            aligned // backbone.stride,
            2 * aligned // backbone.stride,
        )
    assert 0 in backbone.map_size(0, 32)

    images = backbone.preprocessing(np.concatenate([photos(7, 32, 40), photos(1, 32, 40, 1).repeat(3, 3)]))
    with torch.no_grad():
        gray = backbone(backbone.preprocessing(photos(1, 32, 40, 1)))
        together = backbone(images)
        scale = together.abs().max()
        for row, alone in ((0, backbone(images[:1])), (4, backbone(images[4:5])), (7, gray)):
            assert (alone[0] - together[row]).abs().max() < 1e-5 * scale
        assert (together[0] - together[1]).abs().max() > 1e-3 * scale

    images = images[:2].clone().requires_grad_()
    features = backbone(images)
    torch.manual_seed(3)
    (gradient,) = torch.autograd.grad((features[0] * torch.randn_like(features[0])).sum(), images)
    assert torch.isfinite(gradient).all()
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


def test_what_is_asked_for_comes_in_that_order(backbone):
    images = backbone.preprocessing(photos(1, 32, 40))
    names = list(backbone.layers)[::-1]
    with torch.no_grad():
        maps = backbone.maps(images, [*names, names[0]])
        for i in {0, len(names) // 2, len(names) - 1}:
            assert torch.equal(maps[i], backbone.maps(images, [names[i]])[0])
        assert torch.equal(maps[0], backbone(images))
    assert maps[-1] is maps[0]
    for name, features in zip(names, maps, strict=False):
        layer = backbone.layers[name]
        assert features.shape[1:] == (layer.channels, layer.positions(32), layer.positions(40))
    assert names[0] == backbone.cut
    assert backbone.output == backbone.layers[backbone.cut]


def test_wrong_inputs_are_refused(backbone):
    images = backbone.preprocessing(photos(1, 32, 40))
    for wrong in (images[0], images[:, :1], torch.zeros(1, 3, 64, 64, dtype=torch.uint8)):
        with pytest.raises(ValueError, match="not float"):
            backbone(wrong)
    for names in (["nothing"], []):
        with pytest.raises(ValueError, match=backbone.cut):
            backbone.maps(images, names)


def test_frozen_stages_stay_as_they_are(backbone):
    backbone = copy.deepcopy(backbone)
    names = list(backbone.stages())
    with pytest.raises(ValueError, match="no stage 'nothing'"):
        backbone.train_from("nothing")
    for start in (names[-1], names[0], None):
        backbone.train_from(start).train()
        frozen = names if start is None else names[: names.index(start)]
        for name, stage in backbone.stages().items():
            trained = name not in frozen
            assert all(p.requires_grad == trained for p in stage.parameters())
            assert all(m.training == trained for m in {*stage.modules()} & {*backbone.modules()})
        if start == names[0]:
            assert all(p.requires_grad for p in backbone.parameters())
    assert not any(p.requires_grad for p in backbone.parameters())
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    backbone(backbone.preprocessing(photos(2, 32, 40)))
    assert all(torch.equal(before[name], x) for name, x in backbone.state_dict().items())
    assert not backbone.eval().training


def test_a_network_around_it_cannot_thaw_it():
    backbone = ResNet(18, "layer2").train_from("layer2")
    whole = torch.nn.Sequential(backbone, torch.nn.BatchNorm2d(128)).train()
    assert whole[1].training
    assert backbone.layer2.training
    assert not backbone.bn1.training
    column = Hypercolumn(backbone, ["layer1", "layer2"]).train()
    assert not backbone.layer1.training
    assert column.backbone.layer2.training


def test_vgg16_is_trained_from_conv5_1():
    backbone = VGG16().train_from("conv5_1")
    trained = [name for name, p in backbone.named_parameters() if p.requires_grad]
    assert trained == [f"features.{n}.{part}" for n in (24, 26, 28) for part in ("weight", "bias")]


def test_bfloat16_is_finite_and_close():
    torch.manual_seed(0)
    backbone = VGG16().eval()
    images = backbone.preprocessing(photos(1, 48, 64))
    with torch.no_grad():
        full = backbone(images)
        half = backbone.bfloat16()(images.bfloat16()).float()
    assert torch.isfinite(half).all()
    assert torch.cosine_similarity(full.flatten(), half.flatten(), dim=0) > 0.99
