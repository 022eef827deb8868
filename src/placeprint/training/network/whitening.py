"""The whitening of a network in training: for its loss, for validation, and for the kept model."""

import numpy as np
import torch
from torch import Tensor

from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.progress import meter
from placeprint.training.config import WhiteningSpec
from placeprint.training.images.inputs import Inputs, describe_rows
from placeprint.whitening.whitening import Whitening

STEP = 64
"""Images described between two updates of the progress bar."""


def fit_whitening(
    network: PlaceNetwork,
    inputs: Inputs,
    spec: WhiteningSpec,
    seed: int,
    quiet: bool = False,
    among: int | None = None,
) -> Whitening:
    """PCA whitening of the vectors of `spec.images` training images, drawn by the seed; see `Whitening.fit`.

    `among`: draw from the first so many images (None: from all). Images that cannot be read are left out. The
    network is not changed, except that it is in evaluation mode.
    """
    count = len(inputs) if among is None else among
    rows = np.sort(np.random.default_rng(seed).permutation(count)[: spec.images]).tolist()
    network.eval()
    device = next(network.parameters()).device

    def describe(x: Tensor) -> Tensor:
        with torch.inference_mode():
            return inputs.forward(network, x.to(device)).float().cpu()

    found = []
    with meter("Learning the whitening", len(rows), "images", quiet) as advance:
        for start in range(0, len(rows), STEP):
            some = rows[start : start + STEP]
            found.append(describe_rows(inputs, some, None, describe, network.out_dim, missing=0))
            advance(len(some))
    vectors = np.concatenate(found)
    seen = vectors[vectors.any(axis=1)]
    said = {"seed": seed, "photos": len(seen)}
    return Whitening.fit(seen, spec.dim, shrinkage=spec.shrinkage, provenance=said)


def projected(layer: WhiteningLayer | None, vectors: Tensor) -> Tensor:
    """Vectors (m, r · d) as the loss receives them: each of the r whitened, if there is a whitening."""
    if layer is None:
        return vectors
    whitened: Tensor = layer(vectors.reshape(-1, layer.matrix.shape[1]))
    return whitened.reshape(len(vectors), -1)
