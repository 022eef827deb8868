"""The model folder of the shipped descriptor: `config.json` and `model.safetensors`, read without torch."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.artifact import read_json
from placeprint.descriptors.lite0.trunk import Tensors, trunk_weights
from placeprint.descriptors.stored_tensors import read_tensors
from placeprint.encoders.gated_netvlad import GatedNetVLADEncoder
from placeprint.encoders.netvlad import NetVLADEncoder
from placeprint.errors import FormatError
from placeprint.networks.lite0_blocks import PIXEL_MEAN, PIXEL_SCALE
from placeprint.whitening.whitening import Whitening

MEAN = "whitening.mean"
"""Tensor in addition to those of the torch network: an m with W m = -b, so that W x + b = W (x - m)."""

POOLINGS = ("netvlad", "gated-netvlad")

IN_TORCH = {
    "projection": "projection",
    "hidden": "hidden.weight",
    "hidden_bias": "hidden.bias",
    "gate": "gate.weight",
    "gate_bias": "gate.bias",
}
"""The parts of `GatedNetVLADEncoder` by their names in the torch network."""

TOLD = ("training", "license", "source")


@dataclass(frozen=True, eq=False)
class Lite0Parts:
    """The parts of `Lite0NetVLAD`; `provenance` is what the card says about it."""

    trunk: Tensors
    trunk_blocks: int
    head: NetVLADEncoder | GatedNetVLADEncoder
    whitening: Whitening
    input_rule: str
    provenance: Mapping[str, Any]


def read_parts(folder: Path) -> Lite0Parts:
    """Raises `FormatError` for damaged files, or another network than Lite0 with NetVLAD and whitening."""
    try:
        said = read_json(folder / "config.json")
        content = (folder / "model.safetensors").read_bytes()
        blocks = _blocks(said)
        if hashlib.sha256(content).hexdigest() != said["sha256"]:
            raise ValueError("its SHA-256 differs")
        tensors = read_tensors(folder / "model.safetensors")
        head = _head(said["architecture"]["pooling"]["name"], tensors)
        provenance = dict(said["whitening"]) | {"learnt_from": said["learnt_from"]}
        provenance |= {key: said[key] for key in TOLD if said[key]}
        whitening = Whitening(tensors[MEAN], tensors["whitening.matrix"], provenance)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(
            f"{folder} does not contain lite0-netvlad ({error})", "Install placeprint again."
        ) from error
    return Lite0Parts(_trunk(tensors, blocks), blocks, head, whitening, said["size_rule"], provenance)


def _head(pooling: str, tensors: Mapping[str, NDArray[Any]]) -> NetVLADEncoder | GatedNetVLADEncoder:
    if pooling == "netvlad":
        return NetVLADEncoder(tensors["pooling.assignment"], tensors["pooling.centres"])
    head = NetVLADEncoder(tensors["pooling.netvlad.assignment"], tensors["pooling.netvlad.centres"])
    return GatedNetVLADEncoder.from_arrays(
        head, {name: tensors[f"pooling.{key}"] for name, key in IN_TORCH.items()}
    )


def _trunk(tensors: Mapping[str, NDArray[Any]], blocks: int) -> Tensors:
    prefix = "backbone."
    own = {name.removeprefix(prefix): x for name, x in tensors.items() if name.startswith(prefix)}
    return trunk_weights(own, blocks)


def _blocks(said: Mapping[str, Any]) -> int:
    """Blocks of the trunk. Raises `ValueError` for a network that `Lite0NetVLAD` does not run."""
    network, pixels = said["architecture"], said["preprocessing"]
    backbone, pooling = network["backbone"], network["pooling"]
    scale = float(pixels["scale"])
    mean, std = (scale * np.array(pixels[name], float) for name in ("mean", "std"))
    same_pixels = np.allclose(mean, PIXEL_MEAN) and np.allclose(std, PIXEL_SCALE)
    fits = {
        "backbone": backbone["name"] == "lite0" and str(backbone["cut"]).startswith("block"),
        "pooling": pooling["name"] in POOLINGS and set(pooling["options"]) <= {"clusters"},
        "whitening": bool(network["whitening"]),
        "pixels": pixels["order"] == "RGB" and same_pixels,
        "size": said["size_rule"].startswith("area:") and said["divisor"] == 16,
    }
    wrong = [name for name, good in fits.items() if not good]
    if wrong:
        raise ValueError(f"a different {', '.join(wrong)}")
    return int(str(backbone["cut"]).removeprefix("block"))
