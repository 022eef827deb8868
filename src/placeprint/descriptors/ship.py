"""Create the model folder that placeprint ships as `lite0-netvlad`.

    python -m placeprint.descriptors.ship MODEL [--trunk float32] [--whitening float16] [--photos FOLDER]

MODEL is a model folder of EfficientNet-Lite0 with NetVLAD and whitening, or a file written by
`Lite0NetVLAD.save`. Convolutions and whitening may be stored as float32, float16, bfloat16 or int8 (one
factor per row); batch normalization, clusters and the whitening's offset stay in float32. Prints sizes,
and how far the shipped descriptor is from the torch network, on photos or, without any, on noise.
"""

import argparse
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placeprint.arrays import Float32
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.lite0.descriptor import INPUT, SHIPPED, Lite0NetVLAD
from placeprint.descriptors.lite0.model_folder import MEAN, read_parts
from placeprint.descriptors.network.descriptor import NetworkDescriptor, save_model
from placeprint.descriptors.network.model_folder import WEIGHTS
from placeprint.descriptors.opening import open_descriptor
from placeprint.descriptors.stored_tensors import SCALE
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from torch import Tensor

    from placeprint.networks.architecture import Architecture

PRECISIONS = ("float32", "float16", "bfloat16", "int8")
MATRIX, BIAS = "whitening.matrix", "whitening.bias"


def ship(
    descriptor: NetworkDescriptor, folder: Path, trunk: str = "float32", whitening: str = "float16"
) -> Lite0NetVLAD:
    """Write the network of `descriptor` to `folder` with convolutions and whitening in these precisions.

    It describes photos at the size of `INPUT`, whatever it was validated at. The whitening y = W x + b is
    rounded around the m with W m = -b, that is b = -W m with the rounded W. Returns the descriptor in the
    folder. Raises `FormatError` for a network other than lite0-netvlad.
    """
    import torch
    from safetensors.torch import save

    from placeprint.descriptors.network.weights import tensors_of

    network = deepcopy(descriptor.network).float()
    tensors = tensors_of(network)
    if MATRIX not in tensors:
        raise PlaceprintError(f"{descriptor.name} has no whitening", "Learn one: placeprint learn.")
    mean = whitening_mean(tensors[MATRIX].numpy(), tensors[BIAS].numpy())
    stored: dict[str, Tensor] = {}
    rounded: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        precision = whitening if name == MATRIX else trunk if name.startswith("backbone.") else "float32"
        parts, rounded[name] = stored_as(tensor, precision if tensor.ndim > 1 else "float32")
        stored |= {name + ending: part for ending, part in parts.items()}
    wide = rounded[MATRIX].double() @ torch.from_numpy(mean).double()
    stored[BIAS] = rounded[BIAS] = -wide.float()
    stored[MEAN] = torch.from_numpy(mean)
    network.load_state_dict(rounded)
    content = save({name: tensor.contiguous() for name, tensor in stored.items()}, {"format": "pt"})
    card = descriptor.card.changed(precision="float32", size_rule=INPUT, architecture=_named(descriptor))
    save_model(folder, NetworkDescriptor(network, card), content)
    return Lite0NetVLAD.of_parts(read_parts(folder))


def _named(descriptor: NetworkDescriptor) -> "Architecture | None":
    """The architecture with the block of the cut named explicitly, if it was the backbone's default."""
    from placeprint.networks.backbones import EfficientNetLite0
    from placeprint.networks.place_network import PlaceNetwork

    network, architecture = descriptor.network, descriptor.card.architecture
    if architecture is None or not isinstance(network, PlaceNetwork):
        return architecture
    if not isinstance(network.backbone, EfficientNetLite0):
        return architecture
    backbone = architecture.backbone.model_copy(update={"cut": network.backbone.cut})
    return architecture.model_copy(update={"backbone": backbone})


def whitening_mean(matrix: Float32, bias: Float32) -> Float32:
    """The shortest m (D,) with W m = -b: m = -Wᵀ (W Wᵀ)⁻¹ b, for W (dim, D) of full rank."""
    wide = matrix.astype(np.float64)
    return np.asarray(-wide.T @ np.linalg.solve(wide @ wide.T, bias.astype(np.float64)), np.float32)


def stored_as(tensor: "Tensor", precision: str) -> "tuple[dict[str, Tensor], Tensor]":
    """The tensors that the file stores, by the suffix of their name, and the numbers read back from them."""
    import torch

    if precision == "int8":
        scale = (tensor.flatten(1).abs().amax(dim=1) / 127).clamp_min(1e-12)
        rows = scale.reshape(-1, *[1] * (tensor.ndim - 1))
        whole = torch.round(tensor / rows).to(torch.int8)
        return {"": whole, SCALE: scale}, whole.float() * rows
    if precision == "float32":
        return {"": tensor}, tensor
    fewer = tensor.to(getattr(torch, precision))
    return {"": fewer}, fewer.float()


def parity(descriptor: NetworkDescriptor, shipped: Lite0NetVLAD, photos: list[Photo]) -> tuple[float, float]:
    """Largest difference of any number, and smallest cosine, between the vectors of the two."""
    here, there = descriptor.describe(photos), shipped.describe(photos)
    return float(np.abs(here - there).max()), float((here * there).sum(axis=1).min())


def main() -> None:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=SHIPPED)
    parser.add_argument("--trunk", choices=PRECISIONS, default="float32")
    parser.add_argument("--whitening", choices=PRECISIONS, default="float16")
    parser.add_argument("--photos", type=Path, help="a folder of JPEG photos for the comparison")
    options = parser.parse_args()
    source = open_descriptor(options.model)
    if isinstance(source, Lite0NetVLAD):
        from placeprint.descriptors.lite0.in_torch import in_torch

        source = in_torch(source)
    if not isinstance(source, NetworkDescriptor):
        raise SystemExit(f"{options.model} is not a torch network")
    shipped = ship(source, options.output, options.trunk, options.whitening)
    rng = np.random.default_rng(0)
    photos: list[Photo] = sorted(options.photos.rglob("*.jpg"))[:20] if options.photos else []
    photos = photos or [rng.integers(0, 256, (360, 480, 3), np.uint8) for _ in range(4)]
    as_shipped = NetworkDescriptor(source.network, source.card.changed(size_rule=INPUT))
    difference, cosine = parity(as_shipped, shipped, photos)
    size = (options.output / WEIGHTS).stat().st_size / 1e6
    print(f"{options.output}: {size:.2f} MB, {shipped.dim}-D, fingerprint {shipped.fingerprint}")
    print(f"{len(photos)} photos against torch: largest difference {difference:.1e}, cosine {cosine:.7f}")


if __name__ == "__main__":
    main()
