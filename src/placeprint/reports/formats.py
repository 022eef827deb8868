"""Formats of a file of answers, by the ending of its name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from placeprint.placemap.place import Answer
from placeprint.registry import Registry
from placeprint.reports.context import ReportContext

Writer: TypeAlias = Callable[[Path, Sequence[Answer], ReportContext], None]

FORMATS: Registry[Writer] = Registry("format of answers", "placeprint.reports", "placeprint.formats")
"""`write(path, answers, context)` by the ending that asks for it."""
