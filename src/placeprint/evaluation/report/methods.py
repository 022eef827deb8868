"""A method's section: its parts, its time, its warnings, its photos."""

import json
from collections.abc import Mapping
from typing import Any

from placeprint.evaluation.report.retrieval_sheets import comparison_sheets, method_sheets
from placeprint.evaluation.report.tables import facts, text
from placeprint.evaluation.report.thumbnails import Thumbnails
from placeprint.evaluation.result import Evaluation, MethodResult


def method_section(evaluation: Evaluation, index: int, count: int, thumbnails: Thumbnails) -> str:
    """The `<section>` of the method with this number, from 0; later ones are compared with the first."""
    result, first = evaluation.results[index], evaluation.results[0]
    compared = comparison_sheets(first, result, count, thumbnails) if index else ""
    return (
        f'<section id="method-{index + 1}" class="method"><h2>{text(result.method)}</h2>'
        f'<a class="up" href="#top">Back to the top</a>{warnings(result.warnings)}{_spent(result)}'
        f"{recipe('Recipe', result.described)}{compared}{method_sheets(result.judged, count, thumbnails)}"
        "</section>"
    )


def warnings(said: list[str] | tuple[str, ...] | Any) -> str:
    """Each on its own line; "" for none."""
    return "".join(f'<p class="warning">{text(words)}</p>' for words in said)


def recipe(name: str, described: Mapping[str, Any]) -> str:
    """Collapsed JSON."""
    shown = json.dumps(described, indent=2, ensure_ascii=False, default=str)
    return f"<details><summary>{text(name)}</summary><pre>{text(shown)}</pre></details>"


def _spent(result: MethodResult) -> str:
    descriptor = result.described.get("descriptor")
    made_of = descriptor if isinstance(descriptor, Mapping) else {}
    named = [
        (name, f"{made_of[key]}")
        for name, key in (("Descriptor", "name"), ("Fingerprint", "fingerprint"), ("Dimensions", "dim"))
        if key in made_of
    ]
    spent = [(name.capitalize(), f"{seconds:.1f} s") for name, seconds in result.seconds.items()]
    return facts([*named, *spent])
