"""A progress bar with remaining time for anything that takes longer than two seconds.

On a terminal it is rich's bar on standard error; elsewhere a plain line every ten seconds, so that
logs stay readable. Short tasks print nothing. A program that shows progress in its own way passes a callback:

```python
with reporting(lambda label, done, total, unit: window.show(f"{label}: {done} of {total} {unit}")):
    PlaceMap.build("photos/", "town.placemap")
```
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")

Report = Callable[[str, int, int, str], None]
"""Told (label, done, total, unit) at the beginning of some work and after each item; total 0: not known."""

_report: ContextVar[Report | None] = ContextVar("report", default=None)

PATIENCE = 2.0
LINE_EVERY = 10.0


class Meter(Protocol):
    """Called with the number of items that have been finished since the last call."""

    def __call__(self, count: int = 1) -> None:
        """Report `count` more finished items."""


@contextmanager
def meter(label: str, total: int, unit: str = "photos", quiet: bool = False) -> Iterator[Meter]:
    """Yield a function to call after each finished item (or batch of items)."""
    if (report := _report.get()) is not None:
        yield from _told(report, label, total, unit)
    elif quiet:
        yield lambda count=1: None
    elif sys.stderr.isatty():
        yield from _bar(label, total, unit)
    else:
        yield from _lines(label, total, unit)


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Within the block, progress goes to `report` and to nothing else, `quiet` or not."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def track(
    items: Iterable[T], label: str, total: int, unit: str = "photos", quiet: bool = False
) -> Iterator[T]:
    """Iterate over `items` with a meter."""
    with meter(label, total, unit, quiet) as advance:
        for item in items:
            yield item
            advance()


def _told(report: Report, label: str, total: int, unit: str) -> Iterator[Meter]:
    done = 0
    report(label, done, total, unit)

    def advance(count: int = 1) -> None:
        nonlocal done
        done += count
        report(label, done, total, unit)

    yield advance


def _bar(label: str, total: int, unit: str) -> Iterator[Meter]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    start, done = time.monotonic(), 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, rate="", visible=False)

        def advance(count: int = 1) -> None:
            nonlocal done
            done += count
            spent = time.monotonic() - start
            rate = f"{done / max(spent, 1e-9):.1f} {unit}/s"
            bar.update(task, completed=done, rate=rate, visible=spent > PATIENCE)

        yield advance


def _lines(label: str, total: int, unit: str) -> Iterator[Meter]:
    start = said = time.monotonic()
    done = 0

    def advance(count: int = 1) -> None:
        nonlocal said, done
        done += count
        now = time.monotonic()
        if now - said < LINE_EVERY:
            return
        said = now
        rate = done / (now - start)
        left = max(total - done, 0) / max(rate, 1e-9)
        print(f"{label}: {done}/{total} {unit}, {rate:.1f}/s, {left:.0f} s left", file=sys.stderr, flush=True)

    yield advance
