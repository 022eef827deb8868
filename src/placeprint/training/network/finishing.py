"""After the last step: whitening the best network of a run."""

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.descriptors.network.whitened import whitened
from placeprint.errors import PlaceprintError
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.trainer import Trainer


def whiten_best(trainer: Trainer) -> dict[int, float]:
    """Add a PCA whitening to the best network of the run, learned on its training images of epoch 0, drawn by
    the seed; returns its recalls, in percent, on the validation split.

    See `fit_whitening`. Does nothing if it was already done.
    """
    run = trainer.run
    trainer.processes.barrier()
    done = run.metrics("whitened")
    if done:
        return {n: float(done[-1][f"recall@{n}"]) for n in trainer.config.recall_at}
    if not trainer.processes.first:
        return trainer.validate(trainer.network)  # as computed by the first process
    best = open_descriptor(run.model)
    if not isinstance(best, NetworkDescriptor) or not isinstance(best.network, PlaceNetwork):
        raise PlaceprintError(f"{run.model} is not a placeprint network", "Restore the run folder")
    network = best.network.to(trainer.device)
    if network.whitening is None:
        assert trainer.whiten is not None
        best = whitened(best, trainer.whiten(network))
        assert isinstance(best.network, PlaceNetwork)
        network = best.network.to(trainer.device)
        best.save(run.model)
    recalls = trainer.validate(network)
    run.log(kind="whitened", step=trainer.progress.step, **{f"recall@{n}": r for n, r in recalls.items()})
    trainer.on_step({"validation": recalls, "step": trainer.progress.step, "epoch": trainer.progress.epoch})
    return recalls
