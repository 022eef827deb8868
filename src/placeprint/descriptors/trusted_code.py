"""Whose code a file may make this program run: nobody's, unless the user said so."""

import os
from pathlib import Path

from placeprint.errors import PlaceprintError

VARIABLE = "PLACEPRINT_TRUST"

_named: set[str] = set()


def trust(folder: str) -> None:
    """The user named this folder in this process."""
    _named.add(folder)


def check_trusted(folder: str, asked_by: Path) -> None:
    """Raises `PlaceprintError` for a folder that the user has not named, here or in `PLACEPRINT_TRUST`
    (folders, separated as in PATH)."""
    allowed = {str(Path(name).resolve()) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name}
    if folder not in _named | allowed:
        raise PlaceprintError(
            f"{asked_by} would run the code in {folder}",
            f"If you know and trust that code, set the environment variable {VARIABLE}={folder}",
        )
