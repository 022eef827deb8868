"""Tables of a page: scores, differences, published numbers, localization."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from placeprint.arrays import Float64
from placeprint.evaluation.published import PublishedResult
from placeprint.evaluation.result import Evaluation
from placeprint.evaluation.table import shown, shown_difference
from placeprint.metrics import error_percentiles, recall_over_distance
from placeprint.plots.svg import length
from placeprint.reports.text import legible


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str] = ()) -> str:
    """Text in cells, with the row's name first; `classes`: CSS class of each row. Wide tables scroll."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    body = []
    for row, kind in zip(rows, classes or [""] * len(rows), strict=True):
        cells = "".join(f'<td class="number">{text(cell)}</td>' for cell in row[1:])
        body.append(f'<tr class="{kind}"><th scope="row">{text(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table class="numbers"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def score_table(evaluation: Evaluation, published: Sequence[PublishedResult]) -> str:
    """Methods in rows, scores with 95 % intervals in columns; published numbers below placeprint's."""
    names = score_names(evaluation)
    rows = [
        [result.method, *(shown(n, result.scores[n]) if n in result.scores else "–" for n in names)]
        for result in evaluation.results
    ]
    rows += [
        [_published(result), *(f"{result.values[n]:g}" if n in result.values else "" for n in names)]
        for result in published
    ]
    kinds = ["own"] * len(evaluation.results) + ["published"] * len(published)
    return table(["method", *names], rows, kinds)


def difference_table(evaluation: Evaluation) -> str:
    """Every later method minus the first; "" if there is only one method."""
    later = [result for result in evaluation.results if result.against_first]
    names = [n for n in score_names(evaluation) if any(n in result.against_first for result in later)]
    rows = [
        [
            result.method,
            *(
                shown_difference(n, result.against_first[n]) if n in result.against_first else "–"
                for n in names
            ),
        ]
        for result in later
    ]
    return table(["method", *names], rows) if rows else ""


def score_names(evaluation: Evaluation) -> list[str]:
    """The scores of any method, in order."""
    return list(dict.fromkeys(name for result in evaluation.results for name in result.scores))


def percentile_table(errors: Mapping[str, Float64]) -> str:
    """Error percentiles in meters, of all queries."""
    found = {name: error_percentiles(meters) for name, meters in errors.items()}
    heads = [f"{p} %" for p in next(iter(found.values()))]
    rows = [
        [name, *(length(m) if np.isfinite(m) else "no answer" for m in each.values())]
        for name, each in found.items()
    ]
    return table(["error", *heads], rows)


def distance_table(errors: Mapping[str, Float64]) -> str:
    """The share of all queries within 1 m to 1 km."""
    found = {name: recall_over_distance(meters) for name, meters in errors.items()}
    heads = [length(d) for d in next(iter(found.values()))]
    return table(["within", *heads], [[name, *map(percent, each.values())] for name, each in found.items()])


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """A list of names and values."""
    said = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows)
    return f'<dl class="said">{said}</dl>'


def percent(share: float) -> str:
    """A share in percent, with one decimal."""
    return f"{100 * share:.1f}"


def text(words: str) -> str:
    """Escaped, without characters that XML or UTF-8 cannot represent or that mislead a reader."""
    return escape(legible(words))


def _published(result: PublishedResult) -> str:
    size = f", {result.dim:,}-D" if result.dim else ""
    note = f". {result.note}" if result.note else ""
    return f"{result.method} ({result.kind}: {result.source}{size}; trained on {result.trained_on}){note}"
