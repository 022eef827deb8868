"""The page about a map's answers."""

from pathlib import Path

import numpy as np

from placeprint.evaluation.map_run import MapEvaluation
from placeprint.evaluation.report.figures import error_figures, figure, precision_recall_figure
from placeprint.evaluation.report.map_sheets import map_sheets
from placeprint.evaluation.report.methods import warnings
from placeprint.evaluation.report.tables import facts, percent, percentile_table, table, text
from placeprint.evaluation.report.thumbnails import Thumbnails
from placeprint.evaluation.table import shown
from placeprint.metrics import coverage, precision_recall, reliability
from placeprint.plots import reliability_curve

NAMES = {
    "expected_calibration_error": "Expected calibration error",
    "brier": "Brier score",
    "auc_pr": "Area under precision over recall",
    "recall_at_full_precision": "Recall at full precision",
}
KEY = (
    '<p class="intro">A green frame and ✓: the reference photo was taken {radius} from the query or nearer. '
    "A red frame and ✗: farther away. Meters: between the reference photo and the query. d: Euclidean "
    "distance of the descriptors.</p>"
)


def map_body(found: MapEvaluation, examples: int) -> tuple[str, str]:
    """(title, content of `<body>`)."""
    told = found.to_dict()
    title = f"Answers of {Path(told['map']).name}"
    lead = (
        f"map {told['map']}: {told['map_photos']:,} photos, {told['descriptor']} "
        f"{told['descriptor_fingerprint']}, verify={told['verify']}; queries {told['queries_fingerprint']}",
        f"{told['queries']:,} queries, {int(found.located.sum()):,} located; right within {found.radius:g} m",
        f"seed {told['seed']}; {told['machine']}",
    )
    lines = "".join(f"<p>{text(line)}</p>" for line in lead)
    unread = [f"not read: {path}: {reason}" for path, reason in found.unreadable]
    key = KEY.format(radius=f"{found.radius:g} m")
    body = (
        f'<header id="top"><p class="brand">placeprint evaluation</p><h1>{text(title)}</h1>'
        f'<div class="header">{lines}</div>{warnings(unread)}</header><main>{_scores(found)}'
        f'<section><h2>Curves</h2><div class="plots">{"".join(_figures(found))}</div></section>'
        f"<section><h2>Photos</h2>{key}{map_sheets(found, examples, Thumbnails())}</section></main>"
        f"<footer><h2>Provenance</h2>{facts(_provenance(found))}</footer>"
    )
    return title, body


def _scores(found: MapEvaluation) -> str:
    told = found.to_dict()
    rows = [[name, shown(name, score)] for name, score in found.scores.items()]
    area = told["area_to_truth_median_m2"]
    honest = [(NAMES[name], f"{value:.3f}") for name, value in told["honesty"].items() if name in NAMES]
    honest.append(("Median area to the truth", "no answer" if area is None else f"{area:,.0f} m²"))
    note = "So many of all queries are this near to the truth or nearer; “no match” is farther than all."
    return (
        f"<section><h2>Scores</h2>{table(['score', '% [95 % interval]'], rows)}"
        '<p class="intro">R@N: one of the first N reference photos is near enough. right: the estimate is. '
        "answered: a place was told.</p>"
        f"<h3>Localization</h3>{percentile_table({'estimate': found.errors})}"
        f'<p class="intro">{note}</p><h3>Confidence and radii</h3>{facts(honest)}{_radii(found)}</section>'
    )


def _figures(found: MapEvaluation) -> list[str]:
    figures = error_figures({"estimate": found.errors}, "estimate")
    confidence, right, _, _ = found.told()
    if not len(confidence):
        return figures
    if right.any():
        everyone = np.full(len(found.errors), -np.inf)
        everyone[found.located] = confidence
        curve = precision_recall(everyone, found.errors <= found.radius)
        figures.append(precision_recall_figure({"estimate": curve}, "Places told from a confidence on."))
    calibration = reliability(confidence, right)
    rows = [
        [f"{100 * c:.1f}", f"{100 * a:.1f}", f"{n:,}"]
        for c, a, n in zip(calibration.confidence, calibration.accuracy, calibration.count, strict=True)
    ]
    figures.append(
        figure(
            "Calibration",
            reliability_curve(calibration),
            table(["mean confidence, %", "right, %", "answers"], rows),
            f"Expected calibration error {calibration.expected_error:.3f}. Bars: answers of each bin.",
        )
    )
    return figures


def _radii(found: MapEvaluation) -> str:
    """Do the radii contain as many truths as they promise?"""
    _, _, inner, outer = found.told()
    located = found.errors[found.located]
    if not len(located):
        return ""
    rows = [
        [share, percent(coverage(located, radius)), f"{np.median(radius):.1f}"]
        for share, radius in (("50 %", inner), ("90 %", outer))
    ]
    heads = ["radius of", f"truth inside, % of {len(located):,} located", "median, meters"]
    return table(heads, rows)


def _provenance(found: MapEvaluation) -> list[tuple[str, str]]:
    return [(name.replace("_", " ").capitalize(), f"{value}") for name, value in found.provenance.items()]
