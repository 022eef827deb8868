"""Networks small enough for tests, with random weights that all have an effect."""

import json

import pytest
import torch
from torch import nn

from placeprint.descriptors import descriptor_of
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights

WEIGHTS = PretrainedWeights("tests", "CC0-1.0", IMAGENET_PIXELS)


def architecture(pooling="gem", whitening=8, **options):
    return Architecture.model_validate(
        {
            "backbone": {"name": "lite0", "cut": "block2"},
            "pooling": {"name": pooling, "options": options},
            "whitening": whitening,
        }
    )


def randomize(network, seed=0):
    torch.manual_seed(seed)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(0.1 * torch.randn_like(tensor).abs())
    return network


def small_descriptor(pooling="gem", whitening=8, size_rule="area:64", seed=0, **options):
    """A placeprint network: first blocks of EfficientNet-Lite0, a pooling, whitening."""
    torch.manual_seed(seed)
    made = architecture(pooling, whitening, **options)
    return descriptor_of(randomize(made.build(), seed), made, WEIGHTS, size_rule, "Nowhere 3k")


def save_small_dinov2(folder, **changes):
    """As its authors publish one."""
    transformers = pytest.importorskip("transformers", reason="the extra `transformers` is not installed")
    settings = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 14}
    config = transformers.Dinov2Config(**(settings | {"image_size": 28} | changes))
    torch.manual_seed(0)
    randomize(transformers.AutoModel.from_config(config)).save_pretrained(folder)
    pixels = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "rescale_factor": 1 / 255}
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    return folder


class Mean(nn.Module):
    """Code of others: one convolution, its mean and its spread, (n, 12)."""

    def __init__(self, scale=1.0):
        super().__init__()
        torch.manual_seed(1)
        self.convolution = nn.Conv2d(3, 6, 5, stride=4)
        self.norm = nn.BatchNorm2d(6)
        self.scale = scale

    def forward(self, images):
        x = self.norm(self.convolution(images))
        return torch.cat([x.mean(dim=(2, 3)), self.scale * x.std(dim=(2, 3))], dim=1)
