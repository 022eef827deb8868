"""Deep Image Retrieval (Revaud et al., ICCV 2019): AP-GeM and its other published networks."""

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, from_numpy

from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import IMAGENET_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.files.records import PcaRecord, as_array
from placeprint.networks.published.parts import assemble, linear, pixels_of, resnet
from placeprint.networks.published.published import Published, Source, Whitening, read_as

POWER = 0.25
"""Power of the variances that the whitening divides by, from the authors' commands; 0.5 is full whitening."""
PAPER = "Landmarks_clean"


def read_dirtorch(path: Path, whitening: str | None = None) -> Published:
    """Read `Resnet101-AP-GeM.pt` or another file of a ResNet with GeM, and its PCA, with power 0.25 if it
    whitens.

    `whitening`: one of those in the file, or "none"; by default `Landmarks_clean`, else the first.
    scikit-learn's objects in the file are not instantiated: only their arrays are read.
    """
    return read_as(path, SOURCES, whitening)


def convert(checkpoint: Checkpoint, whitening: Whitening | None = None) -> Published:
    """The network of a checkpoint; `whitening` as in `read_dirtorch`."""
    origin, options = checkpoint.path, checkpoint.rest["model_options"]
    if not isinstance(options, dict):
        raise FormatError(f"{origin}: its model_options are damaged", "Get the original file.")
    own = {name: checkpoint[name] for name in checkpoint.tensors if not name.startswith(("fc.", "adpool."))}
    backbone, tensors = resnet(own, origin)
    pooling, layer = _pooling(checkpoint, options)
    pca, note = _pca(checkpoint.rest.get("pca") or {}, origin, whitening)
    tensors |= layer
    if pca and "whitening.matrix" in tensors:
        raise PlaceprintError(
            f"{origin} has both a layer after its normalized mean and a PCA", 'Use the whitening "none".'
        )
    tensors |= pca
    said = checkpoint.rest.get("preprocess")
    pixels = IMAGENET_PIXELS if said is None else pixels_of(said, origin)
    weights = PretrainedWeights("Deep Image Retrieval", "BSD-3-Clause (code)", pixels)
    network, architecture = assemble(backbone, pooling, tensors, origin, weights)
    training = "Landmarks-clean, or Google Landmarks 2018 as the file's name says; AP or triplet loss"
    return Published(network, architecture, weights, "none", training, (note,))


SOURCES = (Source("Deep Image Retrieval", ("conv1.weight", "fc.weight", "model_options"), convert, convert),)


def _pooling(checkpoint: Checkpoint, options: dict[str, Any]) -> tuple[PoolingSpec, dict[str, Tensor]]:
    """GeM and fc without normalization between them, as published, or with it, or without fc."""
    origin = checkpoint.path
    if "adpool.p" not in checkpoint or options.get("center_bias"):
        raise PlaceprintError(
            f"{origin} has pooling {options.get('pooling')} and center bias {options.get('center_bias', 0)}",
            "Only GeM without center bias is supported.",
        )
    gem, layer = {"pooling.p": checkpoint["adpool.p"]}, checkpoint.below("fc.")
    if options.get("without_fc"):
        checkpoint.leave("fc.weight", "fc.bias")
        return PoolingSpec(name="gem"), gem
    if options.get("norm_features"):
        return PoolingSpec(name="gem"), gem | linear(layer)
    spec = PoolingSpec(name="cosplace", options={"out_dim": len(layer["weight"]), "unit_input": False})
    return spec, {"pooling.1.p": gem["pooling.p"]} | {f"pooling.3.{name}": x for name, x in layer.items()}


def _pca(learned: dict[str, Any], origin: Path, chosen: Whitening | None) -> tuple[dict[str, Tensor], str]:
    """y = diag(λ)^(−1/4) U (x − μ), from the attributes of scikit-learn's PCA; or y = U (x − μ) if it was
    fitted with `whiten=False`, as in the authors' code.
    """
    if chosen == "none" or (chosen is None and not learned):
        return {}, "not whitened; the published precisions are those of whitened vectors"
    name = str(chosen) if chosen is not None else PAPER if PAPER in learned else min(learned)
    if not isinstance(learned.get(name), PcaRecord):
        raise PlaceprintError(f"{origin} has no whitening {name}", f"It has: {', '.join(learned) or 'none'}.")
    try:
        state = learned[name].state
        axes, mean, variances = (
            as_array(state[key]).astype(np.float64) for key in ("components_", "mean_", "explained_variance_")
        )
        if not isinstance(whiten := state["whiten"], bool):
            raise ValueError(f"whiten is {whiten}")
        matrix = axes / variances[:, None] ** POWER if whiten else axes
        bias = -(matrix @ mean)
    except (LookupError, TypeError, ValueError) as error:
        raise FormatError(f"{origin}: its PCA is damaged ({error})", "Get the original file.") from error
    layer = {"weight": from_numpy(matrix).float(), "bias": from_numpy(bias).float()}
    power = f"variances to the power {POWER}, as in the authors' tests" if whiten else "no whitening"
    return linear(layer), f"PCA learned on {name}; {power}"
