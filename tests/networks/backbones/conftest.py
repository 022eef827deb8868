"""One thread, and tiny random models of the package transformers, saved as published ones are."""

import json

import pytest

DINOV2 = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 14}
VIT = DINOV2 | {"patch_size": 16, "intermediate_size": 64, "image_size": 32}
CONVNEXT = {"hidden_sizes": [8, 12, 16, 24], "depths": [1, 1, 2, 1]}
CONFIGS = {
    "Dinov2Config": DINOV2 | {"image_size": 28},
    "Dinov2WithRegistersConfig": DINOV2 | {"image_size": 28, "num_register_tokens": 4},
    "DINOv3ViTConfig": VIT | {"num_register_tokens": 4},
    "ViTConfig": VIT,
    "DeiTConfig": VIT,
    "SiglipVisionConfig": VIT,
    "ConvNextConfig": CONVNEXT,
    "ConvNextV2Config": CONVNEXT,
    "DINOv3ConvNextConfig": CONVNEXT,
    "SwinConfig": {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 1], "image_size": 32},
    "BertConfig": {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 9},
}
PIXELS = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "rescale_factor": 1 / 255}


@pytest.fixture(autouse=True, scope="module")
def small_tensors(one_thread):
    """For all tests of this folder."""


@pytest.fixture(scope="session")
def small_transformer(tmp_path_factory):
    """`save(config class, pixels, **changes)` gives (folder, model)."""
    transformers = pytest.importorskip("transformers", reason="the extra `transformers` is not installed")

    def save(name, pixels=PIXELS, **changes):
        if not hasattr(transformers, name):
            pytest.skip(f"this version of transformers has no {name}")
        import torch

        torch.manual_seed(0)
        config = getattr(transformers, name)(**(CONFIGS[name] | changes))
        model = transformers.AutoModel.from_config(config).eval()
        with torch.no_grad():  # so that no parameter is at a start where it has no effect
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
        folder = tmp_path_factory.mktemp(name)
        model.save_pretrained(folder)
        if pixels is not None:
            (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
        return folder, model

    return save
