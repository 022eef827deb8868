"""From gradients to weights: optimizer, loss scale, clipping, accumulation, running mean."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from placeprint.losses import TripletLoss
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.config import TrainingConfig
from placeprint.training.network.embedding import add_gradients
from placeprint.training.optimization.processes import Processes
from placeprint.training.optimization.schedule import build_optimizer, set_rates

State = dict[str, Any]


class OptimizerStep:
    """Updates the trained parameters of `network` and `loss`, with gradients accumulated over
    `run.accumulate` steps.

    With `run.average` = β, a running mean follows the weights, m ← β m + (1 − β) w, with a smaller β in the
    first steps, so that the start is forgotten quickly. If the loss `rests` (`TripletLoss.relja`) and is 0 in
    all accumulated batches, nothing moves: no momentum, no weight decay.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: PlaceNetwork,
        loss: nn.Module,
        device: torch.device,
        processes: Processes,
    ) -> None:
        self.config, self.network, self.loss, self.processes = config, network, loss, processes
        groups = {"backbone": network.backbone, "pooling": network.pooling, "linear": network.whitening}
        parts = {name: list(part.parameters()) for name, part in groups.items() if part is not None}
        self.optimizer = build_optimizer(config.optimizer, parts | {"loss": list(loss.parameters())})
        self.trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._of_loss = {id(p) for p in loss.parameters()}
        """Gradients that are the same in every process, without summing."""
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.run.precision == "float16")
        self.scaler.scale(torch.zeros((), device=device))  # its scale exists from the first use on
        self._mean = {name: p.detach().clone() for name, p in self._weights()} if config.run.average else None
        self._added = False
        """Whether some process has gradients that have not been applied to the weights yet."""

    @property
    def rate(self) -> float:
        """The learning rate of the first parameter group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def begin(self, step: int, rate_factor: float) -> None:
        """Called before the gradients of `step`, counted from 0."""
        set_rates(self.optimizer, rate_factor)
        if step % self.config.run.accumulate == 0:
            self.optimizer.zero_grad(set_to_none=True)
            self._added = False

    @property
    def scale(self) -> float:
        """The factor for a loss before its gradients are accumulated."""
        return float(self.scaler.get_scale()) / self.config.run.accumulate

    def add(self, loss: Tensor) -> None:
        """Called when the gradients of a batch with this loss have been accumulated."""
        rests = isinstance(self.loss, TripletLoss) and self.loss.rests
        # Decided by the first process: either all wait for each other's gradients, or none does.
        self._added = self._added or not rests or self.processes.broadcast(bool(loss))

    def end(self, step: int) -> float | None:
        """Update the weights if `step` is the last of the accumulated ones. Returns the length of the
        gradient before clipping (0 if nothing moves: no batch had a tuple, or the loss rests), or None if no
        update is due.
        """
        run = self.config.run
        if (step + 1) % run.accumulate:
            return None
        if not self._added:
            return 0.0
        add_gradients([p for p in self.trained if id(p) not in self._of_loss], self.processes)
        self.scaler.unscale_(self.optimizer)
        limit = self.config.optimizer.clip_norm
        norm = nn.utils.clip_grad_norm_(self.trained, limit if limit is not None else float("inf"))
        if run.precision == "float16" or bool(torch.isfinite(norm)):
            self.scaler.step(self.optimizer)
            self.scaler.update()
        if self._mean is not None:
            moved = step // run.accumulate + 1
            decay = min(run.average, moved / (moved + 9))
            for name, weight in self._weights():
                self._mean[name].lerp_(weight.detach(), 1 - decay)
        return float(norm)

    def averaged(self) -> PlaceNetwork:
        """A copy of the network in evaluation mode, with the running mean of the weights, if there is one."""
        network = deepcopy(self.network).eval()
        if self._mean is not None:
            network.load_state_dict(self._mean, strict=False)
        return network

    def state(self, step: int) -> State:
        """The checkpoint state after `step` steps. Must be called in all processes."""
        return {
            "network": self.network.state_dict(),
            "loss": self.loss.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self._mean,
            "gradients": self._gradients(step),
        }

    def restore(self, state: State) -> None:
        """Continue from a `state`."""
        self.network.load_state_dict(state["network"])
        self.loss.load_state_dict(state["loss"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self._mean = state["average"]
        self._added = any(gradient is not None for gradient in state["gradients"])
        for parameter, gradient in zip(self.trained, state["gradients"], strict=False):
            if self.processes.first or id(parameter) in self._of_loss:
                parameter.grad = gradient

    def _gradients(self, step: int) -> list[Tensor | None]:
        """The accumulated gradients of an optimizer step that is not complete, over all processes."""
        if step % self.config.run.accumulate == 0 or not self._added:
            return []
        if self.processes.count == 1:
            return [parameter.grad for parameter in self.trained]
        found: list[Tensor | None] = []
        for parameter in self.trained:
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
            if id(parameter) not in self._of_loss:
                self.processes.all_reduce(gradient)
            found.append(gradient)
        return found

    def _weights(self) -> list[tuple[str, nn.Parameter]]:
        return [(name, p) for name, p in self.network.named_parameters() if p.requires_grad]
