"""After the last step: the best network of a run, whitened."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.descriptors.whitened_network import whitened
from placeprint.descriptors.whitening import Whitening
from placeprint.errors import PlaceprintError
from placeprint.networks.place_network import PlaceNetwork
from placeprint.progress import meter
from placeprint.training.config import WhiteningSpec
from placeprint.training.images.inputs import describe_rows
from placeprint.training.trainer import Trainer

STEP = 64
"""Images described between two steps of the progress bar."""


def whiten_best(trainer: Trainer, spec: WhiteningSpec, quiet: bool = False) -> dict[int, float]:
    """Put a PCA whitening after the best network of the run, learnt on its training images of epoch 0, drawn
    by the seed; returns its recalls, in per cent, on the validation split.

    See `Whitening.fit` for the shrinkage. Done already, nothing is done.
    """
    run = trainer.run
    trainer.processes.wait()
    done = run.metrics("whitened")
    if done:
        return {n: float(done[-1][f"recall@{n}"]) for n in trainer.config.recall_at}
    if not trainer.processes.first:
        return trainer.validate(trainer.network)  # which the first process tells
    best = open_descriptor(run.model)
    if not isinstance(best, NetworkDescriptor) or not isinstance(best.network, PlaceNetwork):
        raise PlaceprintError(f"{run.model} is no network of ours", "Restore the run folder")
    network = best.network.to(trainer.device)
    if network.whitening is None:
        vectors = _vectors(trainer, network, spec.images, quiet)
        said = {"seed": trainer.config.seed, "photos": len(vectors)}
        fitted = Whitening.fit(vectors, spec.dim, shrinkage=spec.shrinkage, provenance=said)
        best = whitened(best, fitted)
        assert isinstance(best.network, PlaceNetwork)
        network = best.network.to(trainer.device)
        best.save(run.model)
    recalls = trainer.validate(network)
    run.log(kind="whitened", step=trainer.progress.step, **{f"recall@{n}": r for n, r in recalls.items()})
    trainer.on_step({"validation": recalls, "step": trainer.progress.step, "epoch": trainer.progress.epoch})
    return recalls


def _vectors(trainer: Trainer, network: PlaceNetwork, count: int, quiet: bool) -> NDArray[np.float32]:
    """Of `count` random training images, those that can be read."""
    inputs = trainer.inputs_for(0)
    rng = np.random.default_rng(trainer.config.seed)
    rows = np.sort(rng.permutation(len(inputs))[:count]).tolist()
    network.eval()

    def describe(x: Tensor) -> Tensor:
        with torch.inference_mode():
            return inputs.forward(network, x.to(trainer.device)).float().cpu()

    found = []
    with meter("Learning the whitening", len(rows), "images", quiet) as advance:
        for start in range(0, len(rows), STEP):
            some = rows[start : start + STEP]
            found.append(describe_rows(inputs, some, None, describe, network.out_dim, missing=0))
            advance(len(some))
    vectors = np.concatenate(found)
    return vectors[vectors.any(axis=1)]
