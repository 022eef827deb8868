"""Malformed lists end in a `PlaceprintError` or are read, soon and in little memory. More by hand:
`python tests/support/list_fuzz.py`.
"""

import time
import tracemalloc
from pathlib import Path

import pytest
from list_fuzz import malformed

from placeprint.errors import PlaceprintError
from placeprint.photos import find


def test_malformed_lists_end_in_clear_errors(folder: Path) -> None:
    (folder / "b.jpg").write_bytes(b"x")
    refused = read = unnamed = 0
    for name, content in malformed(seed=0, count=2000):
        table = folder / name
        table.write_bytes(content)
        for positions in (True, False):
            begun = time.monotonic()
            try:
                found = find(table, positions=positions, quiet=True)
                read += 1
                assert all(-90 <= p.point.lat <= 90 for p in found.photos if p.point is not None)
                assert not positions or all(p.point is not None for p in found.photos)
            except PlaceprintError as error:
                refused += 1
                unnamed += name not in str(error)
            assert time.monotonic() - begun < 5.0
        table.unlink()
    assert min(refused, read) > 500, (refused, read)
    assert not unnamed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"," * 3_000_000), ("x.csv", b"path,lat,lon\n" + b'"' * 1_000_001),
        ("x.csv", b"\n" * 1_000_000),
        ("x.csv", b'path,lat,lon\n"' + b"a,1,2\n" * 8_000),
        ("x.csv", b"path,lat,lon\n" + b'"a\n' * 10_000),
        ("x.json", b"[" * 1_000_000), ("x.json", b"[" + b"{}," * 50_000 + b"{}]"),
        ("x.json", b"1" * 1_000_000),
        ("x.txt", b"1 " * 500_000), ("x.csv", b"path,position\na.jpg," + b"1 " * 500_000),
        ("x.csv", b"path,lat,lon\na.jpg," + b"1" * 100_000 + b",2"), ("x.jsonl", b"{\n" * 20_000),
        ("x.csv", "path,lat,lon\n".encode("utf-16") + b"\xd8" * 100_001),
    ],
)  # fmt: skip
def test_nonsense_at_length_costs_little(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    begun = time.monotonic()
    tracemalloc.start()
    try:
        find(folder / name, quiet=True)
    except PlaceprintError as error:
        said = str(error)
    else:
        said = ""
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(said) < 2000
    assert time.monotonic() - begun < 10.0  # the tracing of memory doubles it
    assert most < 1e9
