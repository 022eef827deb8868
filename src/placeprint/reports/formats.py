"""Formats of a file of answers, by the ending of its name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from placeprint.placemap.place import Answer
from placeprint.registry import Registry

Writer: TypeAlias = Callable[[Path, Sequence[Answer]], None]

FORMATS: Registry[Writer] = Registry("format of answers", "placeprint.reports", "placeprint.formats")
"""`write(path, answers)` by the ending that asks for it."""
