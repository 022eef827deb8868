"""The weights of a network as arrays, and a network from its card and its weights."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from placeprint.descriptors.lite0.model_folder import MEAN
from placeprint.descriptors.network.card import ModelCard
from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import Backbone, PretrainedWeights, TransformersBackbone
from placeprint.networks.backbones.weights import fill
from placeprint.networks.place_network import PlaceNetwork

CONFIG, PIXELS = "config.json", "preprocessor_config.json"
COMPUTES = ("model_type", "num_attention_heads", "hidden_act", "layer_norm_eps", "layer_norm_epsilon")
"""Settings of a transformers model that change its output but not its weights."""


@dataclass(frozen=True)
class TransformersFiles:
    """What `transformers` needs to build a model besides weights: its two configurations, as JSON."""

    config: dict[str, Any]
    pixels: dict[str, Any]

    @classmethod
    def of(cls, network: nn.Module) -> "TransformersFiles | None":
        """None for a network without such a backbone."""
        backbone = _transformers(network)
        if backbone is None:
            return None
        pixels = backbone.preprocessing
        said = {
            "do_rescale": True,
            "rescale_factor": 1 / pixels.scale,
            "do_normalize": True,
            "image_mean": list(pixels.mean),
            "image_std": list(pixels.std),
        }
        return cls(json.loads(backbone.model.config.to_json_string(use_diff=False)), said)


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Every tensor of the state, by name, on the CPU."""
    state = network.state_dict().items()
    return {name: x.detach().cpu().contiguous() for name, x in state if isinstance(x, Tensor)}


def arrays_of(network: nn.Module) -> dict[str, NDArray[Any]]:
    """The same in NumPy, which lacks bfloat16: such tensors are widened."""
    tensors = tensors_of(network).items()
    return {name: (x.float() if x.dtype is torch.bfloat16 else x).numpy() for name, x in tensors}


def settings_of(network: nn.Module) -> dict[str, Any]:
    """What changes the output of a transformers backbone, but is neither weight nor architecture."""
    backbone = _transformers(network)
    if backbone is None:
        return {}
    config = backbone.model.config.to_dict()
    return {"transformers": {key: config[key] for key in COMPUTES if key in config}}


def _transformers(network: nn.Module) -> TransformersBackbone | None:
    """The transformers backbone, which may be inside a hypercolumn."""
    return next((module for module in network.modules() if isinstance(module, TransformersBackbone)), None)


def build(
    card: ModelCard, tensors: Mapping[str, Tensor], files: TransformersFiles | None, origin: Path
) -> PlaceNetwork:
    """The network of a card with these weights. Raises `FormatError` if they do not belong together."""
    architecture = card.architecture
    try:
        if architecture is None:
            raise ValueError("no architecture")
        if files is None and architecture.backbone.name == "transformers":
            raise ValueError(f"no {CONFIG} of its backbone")
        network = architecture.build() if files is None else _with_transformers(architecture, tensors, files)
        fill(network, tensors, origin, unused=(MEAN,))
        if settings_of(network) != card.code:
            raise ValueError(f"the settings {settings_of(network)} are not {card.code}")
    except (PlaceprintError, ValueError, TypeError, LookupError) as error:
        raise FormatError(
            f"{origin} does not make a network ({error})", "Save or download it again."
        ) from error
    for module in network.modules():
        if isinstance(module, Backbone):
            module.weights = PretrainedWeights(card.source, card.license, card.preprocessing)
    return network.eval()


def _with_transformers(
    architecture: Architecture, tensors: Mapping[str, Tensor], files: TransformersFiles
) -> PlaceNetwork:
    """Built through a temporary folder, since transformers reads its models from one."""
    from safetensors.torch import save_file

    prefix = re.compile(r"backbone\.(backbone\.)?model\.")  # one more inside a hypercolumn
    own = {prefix.sub("", name, 1): x for name, x in tensors.items() if prefix.match(name)}
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        config = {key: value for key, value in files.config.items() if key != "auto_map"}  # no code
        (folder / CONFIG).write_text(json.dumps(config))
        (folder / PIXELS).write_text(json.dumps(files.pixels))
        save_file(own, folder / "model.safetensors", {"format": "pt"})
        backbone = architecture.backbone.model_copy(update={"source": name})
        return architecture.model_copy(update={"backbone": backbone}).build()
