"""What people see while a network is trained: progress, remaining time, and whether it learns."""

import logging
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from placeprint.training.trainer import Trainer

LINE_EVERY = 30.0
SMOOTH = 0.95

LOG = logging.getLogger(__name__)


class Reporter:
    """A progress bar on a terminal, or a line every 30 seconds elsewhere, and a line for each validation; all
    on standard error. `quiet` shows only warnings.
    """

    def __init__(self, trainer: "Trainer", quiet: bool) -> None:
        self._trainer, self._quiet = trainer, quiet
        self._means: dict[str, float] = {}
        self._warned: set[str] = set()
        self._began = self._told = time.monotonic()
        self._first_step: int | None = None
        self._bar: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("Training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                       TextColumn("{task.fields[said]}"))  # fmt: skip
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total(), said="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, logged: dict[str, Any]) -> None:
        """The numbers of a step, or of a validation."""
        if "validation" in logged:
            at = "/".join(str(n) for n in logged["validation"])
            recalls = "/".join(f"{r:.1f}" for r in logged["validation"].values())
            self._line(f"step {logged['step']}, epoch {logged['epoch']}: recall@{at} {recalls} %")
            return
        if self._first_step is None:
            self._first_step, self._began = logged["step"] - 1, time.monotonic() - logged["seconds"]
        for name in ("loss", "violating", "positive_distance", "negative_distance", "gradient_norm"):
            value = logged.get(name)
            if value is not None and value == value:
                old = self._means.get(name, value)
                self._means[name] = SMOOTH * old + (1 - SMOOTH) * value
        said = self._said()
        if self._bar is not None:
            self._bar.update(self._task, completed=logged["step"], total=self._total(), said=said)
        elif time.monotonic() - self._told > LINE_EVERY:
            self._told = time.monotonic()
            done = logged["step"] - self._first_step
            left = (self._total() - logged["step"]) * (self._told - self._began) / max(done, 1)
            self._line(f"step {logged['step']}/{self._total()}, {said}, {left:.0f} s left")

    def warn(self, text: str) -> None:
        """Show each text only once."""
        if text not in self._warned:
            self._warned.add(text)
            LOG.warning(text)

    def _total(self) -> int:
        return self._trainer.steps_per_epoch * self._trainer.spec.epochs

    def _said(self) -> str:
        means = self._means
        names = {"loss": "loss", "violating": "violating", "positive_distance": "d+",
                 "negative_distance": "d-", "gradient_norm": "gradient"}  # fmt: skip
        return ", ".join(f"{short} {means[name]:.3f}" for name, short in names.items() if name in means)

    def _line(self, text: str) -> None:
        if not self._quiet:
            if self._bar is not None:
                self._bar.console.print(text)
            else:
                print(text, file=sys.stderr, flush=True)
