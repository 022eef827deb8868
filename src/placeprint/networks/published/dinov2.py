"""DINOv2 under its authors' names, as a backbone of the package `transformers`."""

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from placeprint.errors import FormatError, MissingExtraError, PlaceprintError
from placeprint.networks.architecture import Architecture, BackboneSpec, PoolingSpec
from placeprint.networks.backbones import (
    IMAGENET_PIXELS,
    Backbone,
    Hypercolumn,
    PretrainedWeights,
    TransformersBackbone,
)
from placeprint.networks.backbones.weights import fill
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import describe

PATCH, HEAD_CHANNELS = 14, 64
FAMILY = {
    (384, 12): "facebook/dinov2-small",
    (768, 12): "facebook/dinov2-base",
    (1024, 24): "facebook/dinov2-large",
}
"""The model on the hub, by channels and blocks."""
INTERPOLATION = (
    "transformers resizes the position embedding to the very grid, the original to one 0.1 positions larger: "
    "vectors differ slightly where the photos are not 518 × 518"
)
MODULES = {"patch_embed.proj": "embeddings.patch_embeddings.projection", "norm": "layernorm"}
PARAMETERS = {
    "cls_token": "embeddings.cls_token",
    "mask_token": "embeddings.mask_token",
    "pos_embed": "embeddings.position_embeddings",
}
BLOCK_MODULES = {
    "norm1": "norm1",
    "attn.qkv": "attention.attention.{}",
    "attn.proj": "attention.output.dense",
    "norm2": "norm2",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
BLOCK_PARAMETERS = {"ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1"}


def with_dinov2(
    checkpoint: Checkpoint,
    prefix: str,
    pooling: PoolingSpec,
    tensors: dict[str, Tensor],
    weights: PretrainedWeights,
    *,
    last_norm: bool = True,
) -> tuple[PlaceNetwork, Architecture]:
    """The network made of the DINOv2 at this prefix (ViT-S, -B or -L without registers) and of `tensors`.

    Without `last_norm`, its map is the output of the last block. The architecture names the hub model of the
    same form. Raises `MissingExtraError` without transformers.
    """
    own = checkpoint.below(prefix)
    channels = own["cls_token"].shape[-1]
    blocks = len({name.split(".")[1] for name in own if name.startswith("blocks.")})
    if (channels, blocks) not in FAMILY:
        raise PlaceprintError(
            f"{checkpoint.path} has an unsupported DINOv2, of {channels} channels and {blocks} blocks",
            "Supported: ViT-S, ViT-B and ViT-L.",
        )
    layers = () if last_norm else (f"layer{blocks}",)
    spec = BackboneSpec(name="transformers", source=FAMILY[channels, blocks], hypercolumn=layers)
    architecture = describe(spec, pooling, tensors)
    transformer = _transformer(_renamed(dict(own), blocks, checkpoint.path), blocks)
    transformer.weights = weights
    backbone: Backbone = Hypercolumn(transformer, layers) if layers else transformer
    layer = pooling.build(backbone.channels)
    dim = architecture.whitening
    whitening = None if dim is None else WhiteningLayer(layer.out_dim, dim)
    network = PlaceNetwork(backbone, layer, whitening)
    loaded = {name: x for name, x in network.state_dict().items() if name.startswith("backbone.")}
    fill(network, loaded | tensors, checkpoint.path)
    return network.eval(), architecture


def _renamed(tensors: dict[str, Tensor], blocks: int, origin: Path) -> dict[str, Tensor]:
    """The tensors under their hub names. There, queries, keys and values are three layers instead of one."""
    names = _names(blocks)
    # Networks that use the map before the last norm may omit it.
    channels = tensors["cls_token"].shape[-1]
    tensors = {"norm.weight": torch.ones(channels), "norm.bias": torch.zeros(channels)} | tensors
    wrong = {"it lacks": sorted(names.keys() - tensors), "it has unknown": sorted(tensors.keys() - names)}
    said = [f"{fault} {', '.join(found[:5])}" for fault, found in wrong.items() if found]
    if said:
        raise FormatError(
            f"{origin}: its DINOv2 is not recognized; {'; '.join(said)}", "Get the original file."
        )
    renamed = {}
    for name, tensor in tensors.items():
        parts = ("query", "key", "value") if "{}" in names[name] else ("",)
        for part, third in zip(parts, tensor.chunk(len(parts)), strict=True):
            renamed[names[name].format(part)] = third.contiguous()
    return renamed


def _names(blocks: int) -> dict[str, str]:
    """The hub name of every original name."""
    names = dict(PARAMETERS)
    modules = dict(MODULES)
    for n in range(blocks):
        here, there = f"blocks.{n}", f"encoder.layer.{n}"
        names |= {f"{here}.{name}": f"{there}.{hub}" for name, hub in BLOCK_PARAMETERS.items()}
        modules |= {f"{here}.{name}": f"{there}.{hub}" for name, hub in BLOCK_MODULES.items()}
    kinds = ("weight", "bias")
    return names | {f"{name}.{kind}": f"{hub}.{kind}" for name, hub in modules.items() for kind in kinds}


def _transformer(tensors: dict[str, Tensor], blocks: int) -> TransformersBackbone:
    """Built through a temporary folder, since transformers reads its models from one."""
    try:
        from safetensors.torch import save_file
    except ImportError as error:
        raise MissingExtraError("a network on DINOv2", "transformers") from error
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        positions, channels = tensors["embeddings.position_embeddings"].shape[1:]
        config = {
            "model_type": "dinov2",
            "hidden_size": channels,
            "num_hidden_layers": blocks,
            "num_attention_heads": channels // HEAD_CHANNELS,
            "patch_size": PATCH,
            "image_size": PATCH * math.isqrt(positions - 1),
        }
        pixels = {"image_mean": IMAGENET_PIXELS.mean, "image_std": IMAGENET_PIXELS.std}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        return TransformersBackbone(folder)
