"""A folder of photos that no list opens, and a way to put a list beside them."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub,dir").mkdir()
    for name in ("a.jpg", "sub,dir/b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"never opened")
    return tmp_path


@pytest.fixture
def written(folder: Path) -> Callable[[str, str | bytes], Path]:
    """Write a list (text as UTF-8) and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / name

    return write
