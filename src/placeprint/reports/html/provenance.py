"""The footer of a page: which program, map and settings produced the answers, for which file."""

import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from placeprint.placemap.place import Answer
from placeprint.reports.context import ReportContext
from placeprint.reports.text import legible, query_name


def provenance(answers: Sequence[Answer], context: ReportContext) -> str:
    """The `<footer>`: version, map, descriptor, settings, time, and the SHA-256 of each query file."""
    rows = [
        ("placeprint", context.version),
        ("Map", f"{context.map_name}, {len(context.references):,} reference photos"),
        ("Descriptor", f"{context.descriptor}, fingerprint {context.fingerprint}"),
        ("Written", context.created.strftime("%Y-%m-%d %H:%M:%S %z").strip()),
    ]
    rows += [(name, _setting(value)) for name, value in context.settings.items()]
    facts = "".join(f"<dt>{escape(legible(k))}</dt><dd>{escape(legible(v))}</dd>" for k, v in rows)
    hashes = "".join(
        f"<dt>{escape(query_name(a.query))}</dt><dd><code>{sha256(a.query) or 'no file'}</code></dd>"
        for a in answers
    )
    return (
        f"<footer><h2>Provenance</h2><dl>{facts}</dl><details{' open' if len(answers) < 6 else ''}>"
        f"<summary>SHA-256 of the query files</summary><dl>{hashes}</dl></details>"
        "<p>Positions are estimates. Radii and confidence were calibrated on photos of the map itself: they "
        "hold for photos like those, not for every photo.</p></footer>"
    )


def sha256(path: str | None) -> str | None:
    """Hex digest of a file, or None if there is no file."""
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
