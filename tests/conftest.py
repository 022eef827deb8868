"""Shared fixtures: where real photos are; one thread for small tensors."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("busy machine", deadline=None)  # a slow example is not a wrong one
settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """Folder of real photos with ground truth (`PLACEPRINT_DATA`), or a skip that says so."""
    folder = Path(os.environ.get("PLACEPRINT_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "cambridge" / "photos.csv").is_file():
        pytest.skip(f"no real photos at {folder}: set PLACEPRINT_DATA to run this test")
    return folder


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Where tensors are small, threads of many workers get in each other's way."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
