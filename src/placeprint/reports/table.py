"""Answers as a table in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placeprint.placemap.place import Answer, Place
from placeprint.plots.svg import length
from placeprint.reports.text import legible, query_name

if TYPE_CHECKING:
    from rich.table import Table


def answer_table(answers: Sequence[Answer]) -> "Table":
    """One row per query; a photo without a match shows the reason instead of a position."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, collapse_padding=True
    )
    located = all(isinstance(answer, Place) for answer in answers)
    last = "best match" if located else "best match, or why none"
    for name in ("query", "latitude", "longitude", "±50 %", "±90 %", "confidence", "inliers", last):
        text = name in ("query", last)
        table.add_column(name, justify="left" if text else "right", overflow="fold", no_wrap=not text)
    for answer in answers:
        best = answer.matches[0] if answer.matches else None
        cells = [query_name(answer.query)]
        if isinstance(answer, Place):
            cells += [f"{answer.point.lat:.6f}", f"{answer.point.lon:.6f}"]
            cells += [length(answer.radius_50), length(answer.radius_90)]
        else:
            cells += ["-"] * 4
        cells.append(f"{answer.confidence:.2f}")
        cells.append("-" if best is None or best.inliers is None else str(best.inliers))
        if isinstance(answer, Place):
            cells.append("-" if best is None else query_name(best.path))
        else:
            cells.append(legible(answer.reason).replace("\n", " "))
        # Text, not str: a file may be called "[bold]", which rich would interpret.
        style = "" if isinstance(answer, Place) else "dim"
        table.add_row(*(Text(cell, style) for cell in cells))
    return table


def print_table(answers: Sequence[Answer]) -> None:
    """Print `answer_table` on standard output; if that is not a terminal, in lines that do not wrap."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=500)
    console.print(answer_table(answers))
