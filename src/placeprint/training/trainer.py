"""The training loop: batches of tuples in, a network that distinguishes places out.

Every step: load the images of a batch, describe them, compute the loss of its tuples, update the weights.
Every so many queries: describe all training photos again for mining. Every so many epochs: recall on the
validation split; the best network is kept. A checkpoint before each refresh of the mined descriptors and
every `keep_every` steps lets a killed run continue exactly where it was.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from placeprint.descriptors import NetworkDescriptor
from placeprint.descriptors.network.whitened import whitened
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.training.batch import Batch
from placeprint.training.config import RunSpec, TrainingConfig
from placeprint.training.images.inputs import Inputs, Loaded
from placeprint.training.images.prefetch import Ready, ready_batches
from placeprint.training.mining.sampling import Sampling
from placeprint.training.network.embedding import backward
from placeprint.training.network.whitening import projected
from placeprint.training.objective import Objective
from placeprint.training.optimization.guards import check_recall, check_step
from placeprint.training.optimization.optimizer_step import OptimizerStep
from placeprint.training.optimization.processes import Processes
from placeprint.training.optimization.schedule import drops, rate_factor
from placeprint.training.runs.checkpoint import load_checkpoint, save_checkpoint
from placeprint.training.runs.run_folder import RunFolder, writing
from placeprint.training.runs.validation import better
from placeprint.whitening.whitening import Whitening


@dataclass
class Progress:
    """Where a run is: `step` steps done, the next one being number `in_epoch` of `epoch`."""

    step: int = 0
    epoch: int = 0
    in_epoch: int = 0
    queries_since_refresh: int = 0
    refreshing: bool = False
    best: dict[int, float] | None = None
    waited: int = 0
    """Validations since the best one."""
    validated: list[float] = field(default_factory=list)
    """Recall@1 of each validation."""


@dataclass(eq=False)
class Trainer:
    """`fit()` trains `descriptor.network` in place and returns the recalls of the best validation.

    `sampling` gives batches of the kind that `objective` takes, and refreshes its descriptors;
    `inputs_for(epoch)` gives the images of an epoch; `validate(network)` the recalls of a network, and
    `also()` further numbers of the last validation for the log; `on_step` and `on_warning` show them.
    `whiten(network)` learns a whitening: with `whitening.refit_every`, the loss is computed on whitened
    vectors, and the network is validated and kept with a whitening of its own.
    """

    config: TrainingConfig
    descriptor: NetworkDescriptor
    objective: Objective[Any]
    sampling: Sampling[Any]
    inputs_for: Callable[[int], Inputs]
    validate: Callable[[PlaceNetwork], dict[int, float]]
    run: RunFolder
    device: torch.device
    processes: Processes = field(default_factory=Processes)
    on_step: Callable[[dict[str, Any]], None] = lambda _: None
    on_warning: Callable[[str], None] = lambda _: None
    also: Callable[[], dict[str, float]] = dict
    whiten: Callable[[PlaceNetwork], Whitening] | None = None

    def __post_init__(self) -> None:
        network = self.descriptor.network
        assert isinstance(network, PlaceNetwork)
        layout = torch.channels_last if self.spec.channels_last else torch.contiguous_format
        self.network: PlaceNetwork = network.to(self.device)
        self.network.to(memory_format=layout)  # type: ignore[call-overload]
        self.objective.module.to(self.device)
        self.descent = OptimizerStep(self.config, network, self.objective.module, self.device, self.processes)
        self.progress = Progress()
        self.projection: WhiteningLayer | None = None
        self._sampled: dict[str, NDArray[Any]] | None = None

    @property
    def spec(self) -> RunSpec:
        """The `run` section of the recipe."""
        return self.config.run

    @cached_property
    def steps_per_epoch(self) -> int:
        """Batches per epoch, limited by the recipe."""
        wanted = self.spec.steps_per_epoch
        return self.sampling.steps if wanted is None else min(wanted, self.sampling.steps)

    @property
    def refit_every(self) -> int | None:
        """Steps between two fits of the whitening that the loss is computed on."""
        return self.config.whitening.refit_every if self.config.whitening is not None else None

    def fit(self) -> dict[int, float]:
        """Train to the end, or until `patience` runs out. Raises `DivergedError` if training fails."""
        for module in (self.network, self.objective.module):
            self.processes.broadcast_tensors(module.state_dict().values())
        if self.progress.step == 0 and not self.progress.validated:
            self._validate()
        if self.progress.refreshing or self.progress.step == 0:
            self._refresh()
        while self.progress.epoch < self.spec.epochs and not self._patience_is_up():
            self._epoch()
        assert self.progress.best is not None
        return self.progress.best

    def _epoch(self) -> None:
        at = self.progress
        inputs = self.inputs_for(at.epoch)
        while at.in_epoch < self.steps_per_epoch:
            before = at.step
            for ready in self._until_refresh(inputs):
                self._step(ready, inputs)
                at.step, at.in_epoch = at.step + 1, at.in_epoch + 1
                if at.step % self.spec.keep_every == 0:
                    self.keep()
            ended = at.in_epoch == self.steps_per_epoch or at.step == before
            if self._refresh_is_due(ended) and not (ended and at.epoch + 1 == self.spec.epochs):
                self._refresh()
            if ended:
                break
        self.keep()
        at.epoch, at.in_epoch = at.epoch + 1, 0
        if at.epoch % self.spec.validate_every == 0 or at.epoch == self.spec.epochs:
            self._validate()

    def _until_refresh(self, inputs: Inputs) -> Iterator[Ready]:
        """Batches up to the next refresh or the end of the epoch, loaded ahead, never past the refresh."""
        at = self.progress
        batches = islice(self.sampling.batches(at.epoch, at.in_epoch), self.steps_per_epoch - at.in_epoch)
        interval = self.sampling.interval(drops(self.config.schedule, at.epoch))
        if interval is not None:
            left = interval - at.queries_since_refresh
            batches = islice(batches, max(1, -(-left // self.spec.batch)))
        sampled: deque[dict[str, NDArray[Any]]] = deque()

        def noted() -> Iterator[Batch]:
            for batch in batches:
                sampled.append(self.sampling.state())
                yield batch

        for ready in ready_batches(noted(), inputs, at.epoch, self.processes, self.on_warning):
            self._sampled = sampled.popleft()  # a resumed run repeats what was mined ahead
            yield ready

    def _step(self, ready: Ready, inputs: Inputs) -> None:
        began = time.monotonic()
        at, spec = self.progress, self.spec
        schedule = self.config.schedule
        self.descent.begin(at.step, rate_factor(schedule, at.step, self.steps_per_epoch, spec.epochs))
        if self.refit_every is not None and at.step and at.step % self.refit_every == 0:
            self.projection = self.projection_of(self.network)
        self._train_mode()
        batch, tuples = ready.batch, len(ready.batch)
        logged: dict[str, Any] = {"tuples": tuples, "unreadable": ready.unreadable}
        at.queries_since_refresh += tuples
        if tuples:
            x = ready.x.to(self.device, non_blocking=True)
            self.objective.begin(batch, inputs, x, self.processes)
            embedded = backward(
                lambda chunk: self._described(inputs, chunk),
                torch.split(x, spec.chunk or len(x)) if len(x) else (),
                lambda vectors: self.objective.loss(projected(self.projection, vectors), batch),
                self.processes,
                self.descent.scale,
            )
            self.descent.add(embedded.loss)
            seen = projected(self.projection, embedded.vectors)
            logged |= {"loss": float(embedded.loss)} | self.objective.statistics(seen, batch)
        if (norm := self.descent.end(at.step)) is not None:
            logged["gradient_norm"] = norm
        logged |= {"lr": self.descent.rate, "epoch": at.epoch, "step": at.step + 1}
        logged |= {"images": len(batch.images), "seconds": time.monotonic() - began}
        if self.processes.first:
            self.run.log(kind="step", **logged)
        if tuples:
            # In float16 an overflow means nothing: the scaler reduces its scale.
            checked = 0.0 if spec.precision == "float16" or norm is None else norm
            check_step(logged["loss"], checked, seen, at.step + 1)
        self.on_step(logged)

    def _train_mode(self) -> None:
        """Batch norms keep their statistics: a few images' would be worse, and differ between chunks."""
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, _BatchNorm):
                module.eval()

    def _described(self, inputs: Inputs, x: Tensor) -> Tensor:
        with self.autocast():
            return self.objective.vectors(self.network, inputs, x)

    def autocast(self) -> torch.autocast:
        """The recipe's precision, on its device."""
        kinds = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}
        kind = kinds[self.spec.precision]
        return torch.autocast(self.device.type, kind, enabled=kind is not None)

    def _refresh_is_due(self, epoch_ended: bool) -> bool:
        return self.sampling.due(
            self.progress.queries_since_refresh, drops(self.config.schedule, self.progress.epoch), epoch_ended
        )

    def _refresh(self) -> None:
        """Describe all training photos with the current network; a run killed meanwhile continues with it."""
        self.progress.queries_since_refresh, self.progress.refreshing = 0, True
        self.keep()
        inputs = self.inputs_for(self.progress.epoch)

        def describe(x: Tensor) -> Tensor:
            with torch.inference_mode(), self.autocast():
                return inputs.forward(self.network, x.to(self.device)).float().cpu()

        self.network.eval()
        self.sampling.refresh(self.progress.step, _Telling(inputs, self.on_warning), describe, self.processes)
        self.progress.refreshing, self._sampled = False, None

    def _validate(self) -> None:
        at = self.progress
        network = self.descent.averaged()
        descriptor = replace(self.descriptor, network=network)
        fitted = self._fitted(network)
        if at.step == 0:  # the network is that of the first step: no need to fit again there
            self.projection = self._layer(fitted)
        if fitted is not None:
            descriptor = whitened(descriptor, fitted)
            assert isinstance(descriptor.network, PlaceNetwork)
            network = descriptor.network
        recalls = self.validate(network)
        if self.processes.first:
            self.run.log(
                kind="validation",
                step=at.step,
                epoch=at.epoch,
                **{f"recall@{n}": r for n, r in recalls.items()},
                **self.also(),
            )
        self.on_step({"validation": recalls, "step": at.step, "epoch": at.epoch})
        check_recall(recalls[1], at.validated, self.spec.worst_drop)
        at.validated.append(recalls[1])
        at.waited += 1
        if better(recalls, at.best, self.spec.select_by):
            at.best, at.waited = recalls, 0
            if self.processes.first:
                with writing(self.run.model):
                    descriptor.save(self.run.model)
        self.keep()

    def projection_of(self, network: PlaceNetwork) -> WhiteningLayer | None:
        """The whitening that a loss on this network is computed on, the same in all processes."""
        return self._layer(self._fitted(network))

    def _fitted(self, network: PlaceNetwork) -> Whitening | None:
        """Fitted by the first process alone."""
        if self.refit_every is None or not self.processes.first:
            return None
        assert self.whiten is not None
        return self.whiten(network)

    def _layer(self, fitted: Whitening | None) -> WhiteningLayer | None:
        """What the first process fitted, in all of them."""
        arrays = self.processes.broadcast(None if fitted is None else (fitted.mean, fitted.matrix))
        return None if arrays is None else WhiteningLayer.from_arrays(*arrays).to(self.device)

    def _patience_is_up(self) -> bool:
        return self.spec.patience is not None and self.progress.waited >= self.spec.patience

    def keep(self) -> None:
        """Write the checkpoint."""
        weights = self.descent.state(self.progress.step)  # which all processes compute together
        if not self.processes.first:
            return
        sampled = self.sampling.state() if self._sampled is None else self._sampled
        state: dict[str, Any] = {
            "progress": asdict(self.progress),
            "projection": self.projection.state_dict() if self.projection is not None else None,
            "sampling": {name: torch.from_numpy(x) for name, x in sampled.items()},
            "random": torch.get_rng_state(),
        }
        save_checkpoint(self.run.checkpoint, weights | state)

    def resume(self) -> None:
        """Continue from the checkpoint of the run."""
        state = load_checkpoint(self.run.checkpoint, self.device)
        self.descent.restore(state)
        if (kept := state["projection"]) is not None:
            self.projection = WhiteningLayer(*reversed(kept["matrix"].shape)).to(self.device)
            self.projection.load_state_dict(kept)
        self.progress = Progress(**state["progress"])
        self.sampling.restore({name: np.asarray(x.cpu()) for name, x in state["sampling"].items()})
        torch.set_rng_state(state["random"].cpu())
        if self.processes.first:
            self.run.forget_after(self.progress.step, len(self.progress.validated))


@dataclass(frozen=True)
class _Telling:
    """Inputs that report which photos cannot be read."""

    inputs: Inputs
    on_warning: Callable[[str], None]

    def __len__(self) -> int:
        return len(self.inputs)

    def load(self, rows: Sequence[int], epoch: int | None) -> Loaded:
        loaded = self.inputs.load(rows, epoch)
        for error in loaded.unreadable.values():
            self.on_warning(str(error))
        return loaded

    def forward(self, network: PlaceNetwork, x: Tensor) -> Tensor:
        return self.inputs.forward(network, x)
