"""Shared fixtures: where real photos are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """Folder of real photos with ground truth (`PLACEPRINT_DATA`), or a skip that says so."""
    folder = Path(os.environ.get("PLACEPRINT_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "cambridge" / "photos.csv").is_file():
        pytest.skip(f"no real photos at {folder}: set PLACEPRINT_DATA to run this test")
    return folder
