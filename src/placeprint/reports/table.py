"""Answers as a table in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placeprint.placemap.place import Answer, Place
from placeprint.plots.svg import length
from placeprint.reports.names import Names
from placeprint.reports.text import legible, remarks

if TYPE_CHECKING:
    from rich.table import Table

NARROW = 100
"""Columns of a terminal below which a table has fewer columns, with more lines in each."""


def answer_table(answers: Sequence[Answer], width: int = 200) -> "Table":
    """One row per query; a photo without a match shows the reason instead of a position.

    In a terminal of fewer than `NARROW` columns position, radii and evidence share a column each, and long
    names are folded: nothing is cut.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, collapse_padding=True
    )
    located = all(isinstance(answer, Place) for answer in answers)
    last = "best match" if located else "best match, or why none"
    narrow = width < NARROW
    heads: tuple[str, ...] = ("latitude", "longitude", "±50 %", "±90 %", "confidence", "inliers")
    if narrow:
        heads = ("position", "±50 %\n±90 %", "conf.", "inl.")
    for name in ("query", *heads, last):
        text = name in ("query", last)
        table.add_column(name, justify="left" if text else "right", overflow="fold", no_wrap=not text)
    names = Names.of(answers)
    for answer in answers:
        cells = [names.query(answer), *_numbers(answer, narrow), _evidence(answer, names)]
        # Text, not str: a file may be called "[bold]", which rich would interpret.
        style = "" if isinstance(answer, Place) else "dim"
        table.add_row(*(Text(cell, style) for cell in cells))
    return table


def _numbers(answer: Answer, narrow: bool) -> list[str]:
    best = answer.matches[0] if answer.matches else None
    inliers = "-" if best is None or best.inliers is None else str(best.inliers)
    position, radii = ["-", "-"], ["-", "-"]
    if isinstance(answer, Place):
        position = [f"{answer.point.lat:.6f}", f"{answer.point.lon:.6f}"]
        radii = [length(answer.radius_50), length(answer.radius_90)]
    if narrow:
        joined = "\n" if isinstance(answer, Place) else ""
        position, radii = [joined.join(position) if joined else "-"], [joined.join(radii) if joined else "-"]
    return [*position, *radii, f"{answer.confidence:.2f}", inliers]


def _evidence(answer: Answer, names: Names) -> str:
    if isinstance(answer, Place):
        said = names.reference(answer.matches[0].path) if answer.matches else "-"
    else:
        said = legible(answer.reason).replace("\n", " ")
    return "; ".join([said, *remarks(answer)])


def print_table(answers: Sequence[Answer]) -> None:
    """Print `answer_table` on standard output; if that is not a terminal, in lines that do not wrap."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=500)
    console.print(answer_table(answers, console.width))
