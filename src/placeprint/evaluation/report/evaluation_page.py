"""The page about methods under a protocol."""

from collections.abc import Sequence

from placeprint.evaluation.published import PublishedResult
from placeprint.evaluation.report.figures import evaluation_figures, known_errors
from placeprint.evaluation.report.methods import method_section
from placeprint.evaluation.report.rules import rules_in_words
from placeprint.evaluation.report.tables import (
    difference_table,
    facts,
    percentile_table,
    score_table,
    text,
)
from placeprint.evaluation.report.thumbnails import Thumbnails
from placeprint.evaluation.result import Evaluation
from placeprint.evaluation.table import header, in_units

INTERVALS = (
    "Per cent (N-S: of four), with 95 % intervals from resampling places. "
    "Numbers may stand side by side only if protocol and data agree."
)


def evaluation_body(
    evaluation: Evaluation, published: Sequence[PublishedResult], examples: int
) -> tuple[str, str]:
    """(title, content of `<body>`)."""
    title = f"{evaluation.dataset.name} under {evaluation.protocol.name}"
    thumbnails = Thumbnails()
    sections = "".join(
        method_section(evaluation, i, examples, thumbnails) for i in range(len(evaluation.results))
    )
    links = "".join(
        f'<li><a href="#method-{i}">{text(result.method)}</a></li>'
        for i, result in enumerate(evaluation.results, 1)
    )
    lead = "".join(f"<p>{text(line)}</p>" for line in header(evaluation))
    body = (
        f'<header id="top"><p class="brand">placeprint evaluation</p><h1>{text(title)}</h1>'
        f'<div class="header">{lead}</div></header><main>{_scores(evaluation, published)}'
        f"<section><h2>Curves</h2>{evaluation_figures(evaluation)}</section>{_localization(evaluation)}"
        f"{_rules(evaluation)}<nav><h2>Photos</h2><ol>{links}</ol>{KEY}</nav>{sections}</main>"
        f"<footer><h2>Provenance</h2>{facts(_provenance(evaluation))}</footer>"
    )
    if evaluation.dataset.unit != "m":
        body = in_units(body, evaluation.dataset.unit).replace("Meters:", f"{evaluation.dataset.unit}s:")
        body = body.replace(">meters<", f">{evaluation.dataset.unit}s<")
    return title, body


KEY = (
    '<p class="intro">A green frame and ✓: right. A red frame and ✗: wrong. A gray frame and –: neither, the '
    "ranking goes on without it. Meters: between the answer and the query. d: Euclidean distance of the "
    "descriptors. A dashed frame: a right photo that is not among those shown, and its rank.</p>"
)


def _scores(evaluation: Evaluation, published: Sequence[PublishedResult]) -> str:
    differences = difference_table(evaluation)
    if differences:
        against = f"Difference to {evaluation.results[0].method}, query by query"
        differences = f"<h3>{text(against)}</h3>{differences}"
    beside = " Gray rows are published by others for this protocol and data." if published else ""
    return (
        f"<section><h2>Scores</h2>{score_table(evaluation, published)}"
        f'<p class="intro">{INTERVALS}{beside}</p>{differences}</section>'
    )


def _localization(evaluation: Evaluation) -> str:
    errors = known_errors(evaluation.results)
    if not errors:
        return ""
    note = "From the best answer to the truth: so many of all queries are this near or nearer."
    return f'<section><h2>Localization</h2>{percentile_table(errors)}<p class="intro">{note}</p></section>'


def _rules(evaluation: Evaluation) -> str:
    protocol = evaluation.protocol
    notes = "".join(f"<li>{text(note)}</li>" for note in protocol.notes)
    name = f"{protocol.title} ({protocol.name} {protocol.fingerprint})"
    return (
        f"<section><h2>Rules</h2><p>{text(name)}</p>{facts(rules_in_words(protocol))}"
        f"{f'<ul>{notes}</ul>' if notes else ''}</section>"
    )


def _provenance(evaluation: Evaluation) -> list[tuple[str, str]]:
    dataset, told = evaluation.dataset, evaluation.to_dict()
    counts = told["dataset"]
    rows = [
        ("Data", f"{dataset.name}, fingerprint {dataset.fingerprint}"),
        ("Database photos", f"{counts['database']:,}"),
        (
            "Queries",
            f"{counts['queries']:,}, of which {counts['queries_counted']:,} count and "
            f"{counts['queries_without_positives']:,} have no right answer",
        ),
        *(("Note on the data", note) for note in dataset.notes),
        ("Protocol", f"{evaluation.protocol.name}, fingerprint {evaluation.protocol.fingerprint}"),
        ("Seed", f"{evaluation.seed}"),
        ("Machine", evaluation.machine),
        ("placeprint", evaluation.version),
        ("Made", evaluation.created.strftime("%Y-%m-%d %H:%M:%S %z").strip()),
    ]
    return [*rows, ("Command", evaluation.command)] if evaluation.command else rows
