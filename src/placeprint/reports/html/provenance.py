"""The footer of a page: which program, map and settings produced the answers, for which file."""

import json
from collections.abc import Sequence

from markupsafe import Markup

from placeprint.placemap.place import Answer
from placeprint.reports.context import ReportContext
from placeprint.reports.html.templating import render
from placeprint.reports.names import Names
from placeprint.reports.text import legible


def provenance(answers: Sequence[Answer], context: ReportContext, names: Names) -> Markup:
    """The `<footer>`: version, map, descriptor, settings, time, and the SHA-256 of each query file given."""
    fingerprint = f", fingerprint {context.map_fingerprint}" if context.map_fingerprint else ""
    rows = [
        ("placeprint", context.version),
        ("Map", f"{context.map_name}, {len(context.references):,} reference photos{fingerprint}"),
        ("Descriptor", f"{context.descriptor}, fingerprint {context.fingerprint}"),
        ("Written", context.created.strftime("%Y-%m-%d %H:%M:%S %z").strip()),
    ]
    rows += [(name, _setting(value)) for name, value in context.settings.items()]
    return render(
        "provenance.html",
        facts=[(legible(name), legible(value)) for name, value in rows],
        digests=[(names.query(answer), context.digest(answer)) for answer in answers],
    )


def _setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
