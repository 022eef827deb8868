"""Vision transformers and ConvNeXt from the package `transformers`."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from placeprint.errors import PlaceprintError
from placeprint.networks.backbones.backbone import BACKBONES, Backbone, Layer, Window
from placeprint.networks.backbones.transformers_files import load_model, load_preprocessing
from placeprint.networks.backbones.weights import PretrainedWeights

EMBEDDINGS = ("embeddings", "pre_layrnorm")
LAST_NORMS = ("layernorm", "layer_norm", "post_layernorm", "norm")


@BACKBONES.register("transformers")
class TransformersBackbone(Backbone):
    """DINOv2, DINOv3, ViT, DeiT, BEiT, the vision towers of CLIP and SigLIP, and the ConvNeXt family.

    A transformer's tokens (n, prefix + rows * columns, channels) become a map without the class token and the
    registers, which come first; rows = floor(height / patch). Layers `layer1` ... are the outputs of the
    blocks, before the last norm; `norm`, the output, is after it. ConvNeXt's layers are the maps `stage1` ...
    `stage4`, and `norm` if the model normalizes its positions.
    """

    own_prefix = "model."

    def __init__(self, name_or_dir: str | Path, license: str = "see the model's card") -> None:
        """Load a folder written by `save_pretrained`, with its `preprocessor_config.json`, without network
        access; any other name is looked up on the Hugging Face hub.

        Raises `MissingExtraError` without transformers, and `PlaceprintError` if nothing can be loaded,
        parameters are missing from the file, or the model has no feature map.
        """
        super().__init__()
        name = str(name_or_dir)
        self.model = load_model(name)
        self.weights = PretrainedWeights(name, license, load_preprocessing(name))
        parameters = inspect.signature(self.model.forward).parameters
        self._options = {key: True for key in ("interpolate_pos_encoding",) if key in parameters}
        self.layers = layers = _layers(self.model.config, name)
        tokens = self._tokens_of_two_positions(name)
        if tokens is None:
            del layers["norm"]
        self.prefix_tokens = (tokens or 2) - 2
        self.eval()

    def stages(self) -> Mapping[str, nn.Module]:
        """See `Backbone.stages`; here the embeddings, the blocks and the last norm."""
        children = dict(self.model.named_children())
        names = [name for name in self.layers if name != "norm"]
        blocks = next(
            module
            for module in self.model.modules()
            if isinstance(module, nn.ModuleList) and len(module) == len(names)
        )
        first = {name: children[name] for name in EMBEDDINGS if name in children}
        last = [children[name] for name in LAST_NORMS if name in children and "norm" in self.layers]
        return first | dict(zip(names, blocks, strict=True)) | dict(zip(["norm"], last, strict=False))

    def map_and_class_token(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The output, and the class token (n, channels) after the same norm, for SALAD."""
        if not self.prefix_tokens:
            raise ValueError(f"{self.weights.source} has no class token")
        tokens = self._outputs(images, hidden=False).last_hidden_state
        return self._map(tokens, images, self.cut), tokens[:, 0]

    def _run(self, images: Tensor, wanted: set[str]) -> dict[str, Tensor]:
        outputs = self._outputs(images, hidden=wanted != {"norm"})
        return {name: self._map(_raw(outputs, name), images, name) for name in wanted}

    def _outputs(self, images: Tensor, hidden: bool) -> Any:
        return self.model(pixel_values=images, output_hidden_states=hidden, **self._options)

    def _map(self, x: Tensor, images: Tensor, name: str) -> Tensor:
        if x.ndim == 4:
            return x
        rows, columns = (self.layers[name].positions(side) for side in images.shape[2:])
        return x[:, self.prefix_tokens :].transpose(1, 2).reshape(len(x), -1, rows, columns)

    def _tokens_of_two_positions(self, name: str) -> int | None:
        """Tokens of the smallest image with two positions; None for a model whose output is a map."""
        side = self.stride
        try:
            with torch.no_grad():
                x = self._outputs(torch.zeros(1, 3, side, 2 * side), hidden=False).last_hidden_state
        except (RuntimeError, TypeError, ValueError) as error:
            raise _no_map(name, self.model.config.model_type) from error
        if x.shape[1:] == (self.channels, 1, 2):
            return None
        if x.ndim != 3 or x.shape[1] < 2 or x.shape[2] != self.channels:
            raise _no_map(name, self.model.config.model_type)
        return int(x.shape[1])


def _raw(outputs: Any, name: str) -> Tensor:
    if name == "norm":
        x: Tensor = outputs.last_hidden_state
    else:  # layerN or stageN; hidden_states begins with the input of the first
        x = outputs.hidden_states[int(name[5:])]
    return x


def _layers(config: Any, name: str) -> dict[str, Layer]:
    """The layers and their geometry, from the configuration; `norm` is included on trial."""
    if "convnext" in config.model_type:
        layer = Layer(3, (Window(4, 4, 0),))
        layers = {}
        for number, channels in enumerate(config.hidden_sizes, 1):
            layer = layer.then(channels, *([Window(2, 2, 0)] if number > 1 else []))
            layers[f"stage{number}"] = layer
        return layers | {"norm": layer}
    patch, channels = getattr(config, "patch_size", None), getattr(config, "hidden_size", None)
    if not isinstance(patch, int) or not isinstance(channels, int):
        raise _no_map(name, config.model_type)
    layer = Layer(channels, (Window(patch, patch, 0),))
    blocks = [f"layer{number}" for number in range(1, config.num_hidden_layers + 1)]
    return dict.fromkeys([*blocks, "norm"], layer)


def _no_map(name: str, kind: str) -> PlaceprintError:
    return PlaceprintError(
        f"{name} is a model of type {kind}, from which placeprint cannot get a feature map",
        "Use DINOv2, DINOv3, ViT or ConvNeXt.",
    )
