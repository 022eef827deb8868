"""What a command prints: never a control character that came from a file name or a file's content."""

import logging
import sys
from typing import TYPE_CHECKING, Any
from unicodedata import category

import typer

if TYPE_CHECKING:
    from rich.table import Table

_ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # in Persian and in emoji


def printable(text: object) -> str:
    """The text on one line, with `\\x1b` and the like for what a terminal would obey or misread."""
    return "".join(_shown(character) for character in str(text))


def say(text: object, err: bool = False) -> None:
    """Print one line, made `printable`, also where the terminal cannot show all letters."""
    line = printable(text)
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    typer.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=err)


def folding_table(*heads: str, **options: Any) -> "Table":
    """A table that folds what does not fit, and cuts nothing: half a fingerprint is none."""
    from rich.table import Table

    table = Table(**options)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


class PrintableFormatter(logging.Formatter):
    """Messages of the log, made `printable`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line a message, as `printable` makes it; a traceback keeps its lines."""
        return "\n".join(printable(line) for line in super().format(record).splitlines())


def _shown(character: str) -> str:
    if character in _JOINERS or category(character) not in _ESCAPED:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
