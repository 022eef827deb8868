"""What a command prints: never a control character that came from a file name or a file's content."""

import logging
import sys
from unicodedata import category

import typer

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
