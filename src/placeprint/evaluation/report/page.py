"""`--report out.html`: a self-contained page about an evaluation, without network access."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from placeprint.artifact import replace_file
from placeprint.evaluation.map_run import MapEvaluation
from placeprint.evaluation.published import PublishedResult
from placeprint.evaluation.report.evaluation_page import evaluation_body
from placeprint.evaluation.report.map_page import map_body
from placeprint.evaluation.result import Evaluation
from placeprint.plots import CHART_STYLE
from placeprint.reports.html.templating import PAGE_STYLE
from placeprint.reports.html.templating import page as whole_page
from placeprint.reports.text import legible

STYLE = PAGE_STYLE + CHART_STYLE + (files("placeprint.evaluation.report") / "report.css").read_text("utf-8")


def write_report(
    path: Path,
    found: Evaluation | MapEvaluation,
    published: Sequence[PublishedResult] = (),
    examples: int = 12,
) -> None:
    """Write one self-contained page, atomically: scores, curves, and photos of what was right and wrong.

    `published`: rows shown below placeprint's own, in the given order; not shown for a map. `examples`: the
    most queries of each kind shown for a method. They are chosen by rule: the most confident wrong answers,
    right ones from certain to uncertain, queries without a right answer. A photo that cannot be read becomes
    a placeholder. There is no script, and photo metadata is not included.
    """
    if isinstance(found, MapEvaluation):
        title, body = map_body(found, examples)
    else:
        title, body = evaluation_body(found, published, examples)
    replace_file(Path(path), whole_page(legible(title), body, STYLE).encode())
