"""NetVLAD's own networks in MATLAB files, and those of SARE (deepIBL), which have the same form."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from placeprint.arrays import Int64
from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import BackboneSpec, PoolingSpec
from placeprint.networks.backbones import VGG16, Preprocessing, PretrainedWeights
from placeprint.networks.pooling import flatten_order
from placeprint.networks.published.files.matlab_layers import MANGLED, Layer, read_simplenn
from placeprint.networks.published.parts import assemble, linear
from placeprint.networks.published.published import Published

SOURCE = "NetVLAD (Arandjelović et al., CVPR 2016) or SARE (Liu et al., ICCV 2019)"
LICENSE = "NetVLAD's code is MIT, deepIBL's has no license; VGG-16 underneath is CC-BY"
HEAD = re.compile(
    r"(?P<before>normalize )?(?P<vlad>vlad) (?P<intra>normalize )?l2( pca l2)?|(max|avg) l2( pca l2)?"
)
UNDERSTOOD = (
    "Supported: VGG-16 up to any layer, then [normalize] vlad [normalize] l2 [pca l2], or max or avg, "
    "l2 [pca l2]. Not supported: Caffe's AlexNet."
)
POOLINGS: dict[str, str] = {"max": "mac", "avg": "average"}


def read_matconvnet(path: Path) -> Published:
    """Read `vd16_pitts30k_conv5_3_vlad_preL2_intra_white.mat` and the like.

    The layers must be plain structs, as in hloc's `Pitts30K_struct.mat` and `TokyoTM_struct.mat`: class
    objects can be read by MATLAB only. A whitening is converted from MATLAB's order d·K + k of the VLAD
    vector to placeprint's, k·D + d; vectors without whitening are in placeprint's order. Deviation: positions
    and residuals are divided by ‖x‖, in the original by √(‖x‖² + 1e-12). Raises `PlaceprintError` for class
    objects, files of version 7.3 and other networks, `FormatError` for other files.
    """
    net = read_simplenn(path)
    try:
        backbone, tensors, head = _vgg(net.layers)
        pooling, rest = _head(head)
    except MANGLED as error:
        raise PlaceprintError(f"{path} is a network that is not supported: {error}", UNDERSTOOD) from error
    tensors |= rest
    weights = PretrainedWeights(SOURCE, LICENSE, Preprocessing(1, net.average_color, (1, 1, 1)))
    network, architecture = assemble(backbone, pooling, tensors, path, weights)
    session = ", ".join(f"{name} {value}" for name, value in net.session.items()) or "not named"
    training = f"NetVLAD's triplets, or SARE; on the data that the file's name or session says ({session})"
    plain = pooling.name == "netvlad" and architecture.whitening is None
    notes = ("not whitened; index k·D + d, in the original d·K + k",) if plain else ()
    return Published(network, architecture, weights, "none", training, notes)


def _vgg(layers: Sequence[Layer]) -> tuple[BackboneSpec, dict[str, Tensor], list[Layer]]:
    """VGG-16 up to the layer where the head begins, and the head.

    The authors' code puts max pooling before ReLU, which is equivalent.
    """
    end = next(
        (i for i, layer in enumerate(layers) if layer.kind not in ("conv", "relu", "pool")), len(layers)
    )
    trunk = list(layers[:end])
    for i in range(1, end):
        if (trunk[i - 1].kind, trunk[i].kind) == ("pool", "relu"):
            trunk[i - 1], trunk[i] = trunk[i], trunk[i - 1]
    with torch.device("meta"):
        names = list(VGG16("pool5").layers)[:end]
    kinds = [layer.kind for layer in trunk]
    if not names or kinds != [name.rstrip("12345_") for name in names]:
        raise ValueError(f"its layers are {' '.join(kinds)} {' '.join(_role(x) for x in layers[end:])}")
    tensors = {}
    for number, layer in enumerate(trunk):
        if layer.kind == "conv":
            layer.check(pad=1, stride=1, dilate=1)
            filters, offsets = layer.weights
            tensors[f"backbone.features.{number}.weight"] = _tensor(_four(filters).transpose(3, 2, 0, 1))
            tensors[f"backbone.features.{number}.bias"] = _tensor(offsets.ravel())
        else:
            layer.check_weightless()
            layer.check(**({"leak": 0} if layer.kind == "relu" else {"pool": 2, "stride": 2, "pad": 0}))
            if (method := np.ravel(layer.fields.get("method", "max"))[0]) != "max":
                raise ValueError(f"layer {layer.name} has method {method}, not max")
    return BackboneSpec(name="vgg16", cut=names[-1]), tensors, list(layers[end:])


def _head(head: Sequence[Layer]) -> tuple[PoolingSpec, dict[str, Tensor]]:
    roles = [_role(layer) for layer in head]
    found = HEAD.fullmatch(" ".join(roles))
    if found is None:
        raise ValueError(f"after the convolutions it has {' '.join(roles) or 'nothing'}")
    order: Int64 | slice = slice(None)
    if found["vlad"]:
        options, tensors, order = _vlad(head[roles.index("vlad")])
        options |= {"unit_input": bool(found["before"]), "intra": bool(found["intra"])}
        for layer in head:
            _check_normalization(layer, tensors["pooling.centres"].shape[1])
        pooling = PoolingSpec(name="netvlad", options=options)
    else:
        pooling, tensors = PoolingSpec(name=POOLINGS[roles[0]]), {}
    for layer, role in zip(head, roles, strict=True):
        if role not in ("vlad", "pca"):
            layer.check_weightless()
    if "pca" in roles:
        filters, offsets = head[roles.index("pca")].weights
        matrix = _four(filters)[0, 0].T[:, order]
        tensors |= linear({"weight": _tensor(matrix), "bias": _tensor(offsets.ravel())})
    return pooling, tensors


def _role(layer: Layer) -> str:
    """A struct loses MATLAB's class of a custom layer; its weights and its name reveal it."""
    if layer.kind == "conv":
        return "pca"
    if layer.kind != "custom":
        return layer.kind
    if layer.weights:
        return "vlad"
    roles = [role for mark, role in (("L2", "l2"), ("max", "max"), ("avg", "avg")) if mark in layer.name]
    return roles[0] if len(roles) == 1 else f"{layer.name}?"


def _vlad(layer: Layer) -> tuple[dict[str, Any], dict[str, Tensor], Int64]:
    """Weights (1, 1, D, K): w, in version 2 also b (1, K), and the centers with their sign flipped."""
    assignment, *bias, offsets = layer.weights
    if len(bias) > 1:
        raise ValueError(f"its VLAD layer has {len(bias) + 2} weights")
    tensors = {
        "pooling.assignment": _tensor(_four(assignment)[0, 0].T),
        "pooling.centres": _tensor(-_four(offsets)[0, 0].T),
    }
    if bias:
        tensors["pooling.bias"] = _tensor(bias[0].ravel())
    clusters, channels = tensors["pooling.centres"].shape
    return {"clusters": clusters, "bias": bool(bias)}, tensors, flatten_order(clusters, channels)


def _check_normalization(layer: Layer, channels: int) -> None:
    if layer.kind == "normalize":
        window, kappa, alpha, beta = layer.fields["param"].ravel().tolist()
        if window < 2 * channels or kappa > 1e-6 or (alpha, beta) != (1, 0.5):
            raise ValueError(f"layer {layer.name} does not divide by the length")


def _four(array: NDArray[Any]) -> NDArray[Any]:
    """Restores the trailing dimensions of size 1 that MATLAB drops; (D, K) is (1, 1, D, K) squeezed."""
    if array.ndim == 2:
        return array[None, None]
    return array.reshape(array.shape + (1,) * (4 - array.ndim))


def _tensor(array: NDArray[Any]) -> Tensor:
    return from_numpy(np.array(array, np.float32, order="C"))
