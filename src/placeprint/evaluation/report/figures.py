"""Charts of a page, each with its numbers in a table below."""

from collections.abc import Mapping, Sequence

import numpy as np

from placeprint.arrays import Float64
from placeprint.evaluation.report.tables import distance_table, percent, table, text
from placeprint.evaluation.result import Evaluation, MethodResult
from placeprint.evaluation.scores import precision_recall_curve
from placeprint.metrics import PrecisionRecall
from placeprint.plots import error_curve, error_histogram, recall_curve
from placeprint.plots import precision_recall_curve as drawn_precision_recall
from placeprint.plots.curves.error_curve import RANGES, error_shares
from placeprint.reports.text import legible

MARKED = (1, 2, 5, 10, 20, 50, 100)
"""For a long list of N: those with a point and an interval in the curve."""


def figure(title: str, chart: str, numbers: str, note: str = "") -> str:
    """A chart with its title and, collapsed, its numbers."""
    said = f'<p class="intro">{text(note)}</p>' if note else ""
    return (
        f'<figure class="plot"><figcaption><h3>{text(title)}</h3>{said}</figcaption>{chart}'
        f"<details><summary>Numbers</summary>{numbers}</details></figure>"
    )


def evaluation_figures(evaluation: Evaluation) -> str:
    """Recall over N; precision over recall if confidences are known; errors if positions are."""
    named = distinct(evaluation.results)
    figures = [_recall(evaluation.protocol.ns, named)]
    curves = {name: _curve(result) for name, result in named.items()}
    known = {name: curve for name, curve in curves.items() if curve is not None and len(curve.recall)}
    if known:
        note = "Best answers accepted from a confidence on. Recall counts queries that have a right answer."
        figures.append(precision_recall_figure(known, note))
    errors = known_errors(evaluation.results)
    if errors:
        figures += error_figures(errors, "best answer")
    return f'<div class="plots">{"".join(figures)}</div>'


def distinct(results: Sequence[MethodResult]) -> dict[str, MethodResult]:
    """Results by name; if several have the same name, the later ones get a number."""
    named: dict[str, MethodResult] = {}
    for number, result in enumerate(results, 1):
        name = legible(result.method)
        named[name if name not in named else f"{name} ({number})"] = result
    return named


def known_errors(results: Sequence[MethodResult]) -> dict[str, Float64]:
    """{method: meters} for the results that have positions."""
    return {name: r.errors for name, r in distinct(results).items() if r.errors is not None}


def error_figures(errors: Mapping[str, Float64], of: str) -> list[str]:
    """Recall over distance, and the distribution of errors; `of`: what the distance is measured from."""
    ranges = [[name, *map(percent, error_shares(meters))] for name, meters in errors.items()]
    return [
        figure(
            "Recall over distance",
            error_curve(errors),
            distance_table(errors),
            f"Share of all queries whose {of} lies within so many meters of the truth.",
        ),
        figure(
            "Where the errors lie",
            error_histogram(errors),
            table(["queries, %", *RANGES], ranges),
            f"Distance of the {of} from the truth.",
        ),
    ]


def _recall(ns: Sequence[int], named: Mapping[str, MethodResult]) -> str:
    marked = ns if len(ns) <= len(MARKED) else [n for n in ns if n in MARKED]
    recalls, intervals = {}, {}
    for name, result in named.items():
        first = result.judged.first[result.judged.counted]
        recalls[name] = np.array([np.mean(first < n) for n in range(1, max(ns) + 1)])
        scores = {n: result.scores.get(f"R@{n}", result.scores.get(f"Recall@{n}")) for n in marked}
        intervals[name] = {
            n: (s.low, s.high) for n, s in scores.items() if s is not None and np.isfinite(s.high - s.low)
        }
    rows = [[name, *(percent(each[n - 1]) for n in ns)] for name, each in recalls.items()]
    several = " with 95 % intervals" if len(recalls) <= 3 and any(intervals.values()) else ""
    return figure(
        "Recall@N",
        recall_curve(recalls, marked, intervals if several else None),
        table(["method", *(f"N = {n}" for n in ns)], rows),
        f"Share of queries with a right answer among the first N{several}.",
    )


def precision_recall_figure(curves: Mapping[str, PrecisionRecall], note: str) -> str:
    """Precision over recall, with its area."""
    steps = [n / 10 for n in range(1, 11)]
    rows = [
        [
            name,
            percent(curve.area),
            percent(curve.recall_at_full_precision),
            *(percent(p) if np.isfinite(p) else "–" for p in (_at(curve, step) for step in steps)),
        ]
        for name, curve in curves.items()
    ]
    heads = ["precision, %", "area", "recall at 100 %", *(f"at recall {step:.0%}" for step in steps)]
    return figure(
        "Precision and recall",
        drawn_precision_recall(curves),
        table(heads, rows),
        note,
    )


def _curve(result: MethodResult) -> PrecisionRecall | None:
    findable = any(len(rows) for rows in result.judged.right)
    return precision_recall_curve(result.judged) if findable else None


def _at(curve: PrecisionRecall, recall: float) -> float:
    """The best precision at a recall of at least this; NaN if it is not reached."""
    reached = curve.recall >= recall - 1e-12
    return float(curve.precision[reached].max()) if reached.any() else float("nan")
