import sys

import numpy as np
import pytest

from placeprint.errors import MissingExtraError, PlaceprintError

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import PretrainedWeights, TransformersBackbone  # noqa: E402

TOKENS = {  # class and register tokens
    "Dinov2Config": 1,
    "Dinov2WithRegistersConfig": 5,
    "DINOv3ViTConfig": 5,
    "ViTConfig": 1,
    "DeiTConfig": 2,
    "SiglipVisionConfig": 0,
}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_become_a_map_row_by_row(small_transformer, name):
    folder, model = small_transformer(name)
    backbone = TransformersBackbone(folder)
    patch = model.config.patch_size
    images = torch.randn(2, 3, 3 * patch + 5, 4 * patch + 1)
    fixed_grid = name in ("ViTConfig", "DeiTConfig", "SiglipVisionConfig")
    options = {"interpolate_pos_encoding": True} if fixed_grid else {}
    with torch.no_grad():
        out = model(images, output_hidden_states=True, **options)
        last, first = backbone.maps(images, ["norm", "layer1"])
        assert torch.equal(backbone(images), last)
    assert backbone.prefix_tokens == TOKENS[name]
    assert last.shape == (2, 32, 3, 4)
    assert (backbone.channels, backbone.stride, backbone.divisor) == (32, patch, patch)
    assert list(backbone.layers) == ["layer1", "layer2", "norm"]
    for row in range(3):
        for column in range(4):
            token = TOKENS[name] + 4 * row + column
            torch.testing.assert_close(last[:, :, row, column], out.last_hidden_state[:, token])
            torch.testing.assert_close(first[:, :, row, column], out.hidden_states[1][:, token])


def test_the_class_token_comes_with_its_map(small_transformer):
    folder, model = small_transformer("Dinov2WithRegistersConfig")
    backbone = TransformersBackbone(folder)
    images = torch.randn(2, 3, 28, 42)
    with torch.no_grad():
        features, token = backbone.map_and_class_token(images)
        assert torch.equal(features, backbone(images))
        torch.testing.assert_close(token, model(images).last_hidden_state[:, 0])
    folder, _ = small_transformer("SiglipVisionConfig")
    with pytest.raises(ValueError, match="no class token"):
        TransformersBackbone(folder).map_and_class_token(images)


@pytest.mark.parametrize("name", ["ConvNextConfig", "ConvNextV2Config", "DINOv3ConvNextConfig"])
def test_convnext_gives_its_maps(small_transformer, name):
    folder, model = small_transformer(name)
    backbone = TransformersBackbone(folder)
    images = torch.randn(1, 3, 70, 101)
    stages = [f"stage{n}" for n in (1, 2, 3, 4)]
    with torch.no_grad():
        out = model(images, output_hidden_states=True)
        maps = backbone.maps(images, stages)
        last = backbone(images)
    for number, (features, channels) in enumerate(zip(maps, [8, 12, 16, 24], strict=True), 1):
        assert torch.equal(features, out.hidden_states[number])
        layer = backbone.layers[f"stage{number}"]
        assert (layer.channels, layer.stride) == (channels, 2 << number)
        assert features.shape[1:] == (channels, layer.positions(70), layer.positions(101))
    if name == "DINOv3ConvNextConfig":  # its last norm is over positions
        assert backbone.cut == "norm"
        torch.testing.assert_close(last.flatten(2).transpose(1, 2), out.last_hidden_state[:, 1:])
    else:
        assert list(backbone.layers) == stages
        assert torch.equal(last, maps[-1])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [(1 - 0.1) / 0.4, (51 / 255 - 0.2) / 0.5, -0.3 / 0.6]),
        ({"rescale_factor": 1 / 127.5}, [(2 - 0.1) / 0.4, (0.4 - 0.2) / 0.5, -0.3 / 0.6]),
        ({"do_rescale": False}, [(255 - 0.1) / 0.4, (51 - 0.2) / 0.5, -0.3 / 0.6]),
        ({"do_normalize": False}, [1, 0.2, 0]),
    ],
)
def test_pixels_are_those_of_the_image_processor(small_transformer, changes, expected):
    base = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "rescale_factor": 1 / 255}
    folder, _ = small_transformer("Dinov2Config", base | changes)
    backbone = TransformersBackbone(folder, license="Apache-2.0")
    x = backbone.preprocessing(np.array([255, 51, 0], np.uint8).reshape(1, 1, 1, 3))
    np.testing.assert_allclose(x.flatten(), expected, rtol=1e-5, atol=1e-5)
    assert backbone.license == "Apache-2.0"
    assert backbone.weights.source == str(folder)


def test_weights_kept_in_half_precision_run_in_float32(small_transformer):
    folder, model = small_transformer("Dinov2Config")
    model.bfloat16().save_pretrained(folder)
    assert {p.dtype for p in TransformersBackbone(folder).parameters()} == {torch.float32}


def test_the_last_blocks_can_be_trained_alone(small_transformer):
    folder, _ = small_transformer("Dinov2Config")
    backbone = TransformersBackbone(folder).train_from("layer2")
    assert list(backbone.stages()) == ["embeddings", "layer1", "layer2", "norm"]
    trained = {name for name, p in backbone.named_parameters() if p.requires_grad}
    assert trained
    assert all(name.startswith(("model.encoder.layer.1.", "model.layernorm.")) for name in trained)


def test_a_state_dict_of_the_model_fits(small_transformer, tmp_path):
    folder, model = small_transformer("Dinov2Config")
    torch.save({name: 2 * x for name, x in model.state_dict().items()}, tmp_path / "tuned.pth")
    backbone = TransformersBackbone(folder)
    weights = PretrainedWeights("here", "mine", backbone.preprocessing)
    backbone.load(tmp_path / "tuned.pth", weights, prefix="")
    assert torch.equal(backbone.model.layernorm.weight, 2 * model.layernorm.weight)


def test_what_cannot_be_loaded_says_why(small_transformer, tmp_path):
    from safetensors.torch import load_file, save_file

    (tmp_path / "empty").mkdir()
    with pytest.raises(PlaceprintError, match=r"no model could be loaded from .*empty"):
        TransformersBackbone(tmp_path / "empty")
    for name, kind in (("SwinConfig", "swin"), ("BertConfig", "bert")):
        folder, _ = small_transformer(name)
        with pytest.raises(PlaceprintError, match=f"{name}.* is a model of type {kind}"):
            TransformersBackbone(folder)
    folder, _ = small_transformer("Dinov2Config", pixels=None)
    with pytest.raises(PlaceprintError, match="does not say which pixels"):
        TransformersBackbone(folder)
    folder, _ = small_transformer("ViTConfig")
    tensors = load_file(folder / "model.safetensors")
    save_file({k: v for k, v in tensors.items() if not k.startswith("pooler")}, folder / "model.safetensors")
    TransformersBackbone(folder)
    del tensors["layernorm.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(PlaceprintError, match=r"ViTConfig.* lacks layernorm\.weight"):
        TransformersBackbone(folder)


def test_without_the_package_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"transformers models needs .*placeprint\[transformers\]"):
        TransformersBackbone(tmp_path)
