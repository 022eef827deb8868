"""A few facts as a piece of HTML, for notebooks."""

from collections.abc import Mapping
from html import escape


def facts_html(title: str, facts: Mapping[str, str], picture: str = "") -> str:
    """A title, a table of names and values, and a `picture` (SVG) below; names and values are escaped."""
    left = ' style="text-align:left"'
    rows = "".join(
        f"<tr><th{left}>{escape(name)}</th><td{left}>{escape(value)}</td></tr>"
        for name, value in facts.items()
    )
    return f"<div><strong>{escape(title)}</strong><table>{rows}</table>{picture}</div>"
