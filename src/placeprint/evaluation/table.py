"""An evaluation as a table in the terminal: never a number without its protocol and its data."""

import re
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from placeprint.evaluation.map_run import MapEvaluation
from placeprint.evaluation.published import PublishedResult
from placeprint.evaluation.result import Evaluation, MethodResult
from placeprint.evaluation.scores import Score
from placeprint.metrics import PairedDifference

SHARES_OF_FOUR = "N-S"
"""The only score that is not a share: 0 to 4."""


def shown(name: str, score: Score) -> str:
    """A share as "79.0 [72.3, 85.7]" percent; the N-S score as it is."""
    scale, digits = (1.0, 2) if name == SHARES_OF_FOUR else (100.0, 1)
    if score.value != score.value:
        return "–"
    text = f"{scale * score.value:.{digits}f}"
    if score.low == score.low:
        text += f" [{scale * score.low:.{digits}f}, {scale * score.high:.{digits}f}]"
    return text


def shown_difference(name: str, difference: PairedDifference) -> str:
    """ "+3.1 [0.4, 6.0], p = 0.02" """
    scale, digits = (1.0, 2) if name == SHARES_OF_FOUR else (100.0, 1)
    low, high = scale * difference.low, scale * difference.high
    return (
        f"{scale * difference.difference:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}], "
        f"p = {difference.p_value:.2g}"
    )


def header(evaluation: Evaluation) -> list[str]:
    """Lines shown above every table of this evaluation."""
    dataset, protocol = evaluation.dataset, evaluation.protocol
    counted = int(evaluation.results[0].judged.counted.sum())
    left_out = len(dataset.queries) - counted
    queries = f"{counted:,} queries" + (
        f" ({left_out:,} without a right answer left out)" if left_out else ""
    )
    title = protocol.title if dataset.unit == "m" else in_units(protocol.title, dataset.unit)
    own = protocol.own(dataset)
    found = 0 if own is None else sum(map(bool, map(len, own)))
    said = []
    if found:
        said.append(f"{found:,} queries are in the database: the own photo of each is no answer to it")
    itself = sum(map(bool, map(len, dataset.itself()))) if own is None else 0
    if itself:
        said.append(f"{itself:,} queries are in the database, and this protocol lets each find itself")
    if dataset.unit != "m":
        said.append(f"distances are in {dataset.unit}s, not in meters: the model is not georeferenced")
    return [
        f"protocol {protocol.name} {protocol.fingerprint}: {title}",
        f"data {dataset.name} {dataset.fingerprint}: {len(dataset.database):,} database photos, {queries}",
        *said,
        f"seed {evaluation.seed}; {evaluation.machine}",
    ]


def in_units(text: str, unit: str) -> str:
    """ "25 m" becomes "25 model units"."""
    text = re.sub(r"(\d) km\b", rf"\1 thousand {unit}s", text)
    return re.sub(r"(\d) m\b", rf"\1 {unit}s", text)


def headline(names: Iterable[str]) -> list[str]:
    """Each name once; of more than eight, recall only at the customary N (JSON and report have all)."""
    once = list(dict.fromkeys(names))
    usual = {f"R@{n}" for n in (1, 5, 10, 20, 50, 100)}
    return once if len(once) <= 8 else [n for n in once if not n.startswith("R@") or n in usual]


def _folding(*heads: str) -> Table:
    """A table that folds what does not fit in a narrow terminal, and cuts nothing."""
    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def print_evaluation(
    evaluation: Evaluation, published: list[PublishedResult], console: Console | None = None
) -> None:
    """Print scores with 95 % intervals, differences to the first method, and comparable published numbers."""
    console = console or Console()
    for line in header(evaluation):
        console.print(line, highlight=False, soft_wrap=True)
    names = headline(name for result in evaluation.results for name in result.scores)
    table = _folding("method", *names)
    for result in evaluation.results:
        cells = [shown(name, result.scores[name]) if name in result.scores else "–" for name in names]
        table.add_row(result.method, *cells)
    for row in published:
        cells = [f"{row.values[name]:g}" if name in row.values else "" for name in names]
        table.add_row(f"[dim]{row.method} ({row.source})[/dim]", *cells)
    console.print(table)
    for result in evaluation.results:
        _print_beside(result, names, console)


def _print_beside(result: MethodResult, names: list[str], console: Console) -> None:
    for name in [name for name in names if name in result.against_first][:1]:
        difference = shown_difference(name, result.against_first[name])
        console.print(f"{result.method}: {name} {difference} against the first", highlight=False)
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items())
    if spent:
        console.print(f"{result.method}: {spent}", highlight=False)
    for warning in result.warnings:
        console.print(f"[yellow]{result.method}: {warning}[/yellow]", highlight=False)


def print_map_evaluation(found: MapEvaluation, console: Console | None = None) -> None:
    """The same for the answers of a map."""
    console, told = console or Console(), found.to_dict()
    console.print(
        f"map {told['map']}: {told['map_photos']:,} photos, {told['descriptor']} "
        f"{told['descriptor_fingerprint']}, verify={told['verify']}; {told['queries']:,} queries "
        f"{told['queries_fingerprint']}, right "
        f"within {found.radius:g} m",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"seed {told['seed']}; {told['machine']}", highlight=False, soft_wrap=True)
    table = _folding("score", "% [95 % interval]")
    for name, score in found.scores.items():
        table.add_row(name, shown(name, score))
    for name, value in told["honesty"].items():
        table.add_row(name.replace("_", " "), f"{value:.3f}")
    console.print(table)
    errors = _folding("error", *(f"{p} %" for p in told["error_percentiles"]))
    errors.add_row(
        "meters", *("no answer" if m is None else f"{m:.1f}" for m in told["error_percentiles"].values())
    )
    console.print(errors)
    within = _folding("within", *(f"{d} m" for d in told["recall_over_distance"]))
    within.add_row("% of all queries", *(f"{100 * r:.1f}" for r in told["recall_over_distance"].values()))
    console.print(within)
    if told["queries_learned_on"]:
        console.print(
            f"[yellow]the descriptor was learned on {told['queries_learned_on']} of the queries[/yellow]"
        )
    for path, reason in found.unreadable:
        console.print(f"[yellow]not read: {path}: {reason}[/yellow]", highlight=False)
