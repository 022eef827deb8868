"""OpenIBL's networks: NetVLAD, SARE and SFRS on VGG16 (Ge et al., ECCV 2020)."""

from pathlib import Path

import numpy as np
from torch import Tensor, from_numpy

from placeprint.arrays import Float64
from placeprint.errors import FormatError, MissingExtraError
from placeprint.networks.backbones import OPENIBL_PIXELS, PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.parts import assemble, chain, linear, netvlad
from placeprint.networks.published.published import Published, Source, Whitening, read_as

WEIGHTS = PretrainedWeights("OpenIBL", "MIT (code); VGG-16 underneath is CC-BY", OPENIBL_PIXELS)
PCA_LAYER = ("pca_layer.weight", "pca_layer.bias")
TRAINING = "Pitts30k-train; triplet, SARE or SFRS, which the file does not say (vgg16_netvlad.pth: SFRS)"


def read_openibl(path: Path, whitening: Path | None = None) -> Published:
    """Read `vgg16_netvlad.pth`, which includes its whitening, or a training checkpoint `*.pth.tar`.

    `whitening`: the PCA parameters `pca_params_*.h5` that belong to a checkpoint (extra `hdf5`).
    """
    return read_as(path, SOURCES, whitening)


def convert(checkpoint: Checkpoint, whitening: Whitening | None = None) -> Published:
    """The network of a checkpoint; `whitening` as in `read_openibl`."""
    backbone, tensors = chain(checkpoint.below("base_model.base."), checkpoint.path, last_relu=False)
    pooling, layer = netvlad(checkpoint.below("net_vlad."))
    tensors |= layer
    notes: tuple[str, ...] = ()
    if "pca_layer.weight" in checkpoint and whitening is None:
        tensors |= linear(checkpoint.below("pca_layer."))
    elif whitening is not None and whitening != "none":
        checkpoint.leave(*PCA_LAYER)
        tensors |= _pca(Path(whitening))
    else:
        checkpoint.leave(*PCA_LAYER)
        notes = ("not whitened; the published recalls are those of 4096 whitened dimensions",)
    network, architecture = assemble(backbone, pooling, tensors, checkpoint.path, WEIGHTS)
    notes += ("queries of Tokyo 24/7 are resized to a shorter side of 640",)
    return Published(network, architecture, WEIGHTS, "exact:640x480", TRAINING, notes)


SOURCES = (
    Source(
        "OpenIBL (NetVLAD, SARE, SFRS)",
        ("base_model.base.0.weight", "net_vlad.conv.weight", "net_vlad.centroids"),
        convert,
        convert,
    ),
)


PARAMETERS = ("U", "lams", "mu", "Utmu")
"""The last one is the product of two of the others."""


def _pca(path: Path) -> dict[str, Tensor]:
    """y = diag(λ)^(−1/2) Uᵀ (x − μ), from U (D, dim), lams (dim,) and mu (D, 1)."""
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("PCA parameters of OpenIBL", "hdf5") from error
    try:
        with h5py.File(path, "r") as file:
            if unknown := sorted(set(file) - set(PARAMETERS)):
                raise ValueError(f"it has unknown {', '.join(unknown)}")
            axes, values, mean = (np.asarray(file[name][...], np.float64) for name in ("U", "lams", "mu"))
        matrix: Float64 = axes.T / np.sqrt(values)[:, None]
        bias = -matrix @ mean.ravel()
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} does not hold OpenIBL's PCA parameters ({error})",
            "These are the datasets U, lams and mu in a pca_params_*.h5.",
        ) from error
    numbers = {"weight": matrix, "bias": bias}
    return linear({name: from_numpy(array.astype(np.float32)) for name, array in numbers.items()})
