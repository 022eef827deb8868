"""hloc's outputs as a data set."""

import struct
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets.layouts.own.hloc import LAYOUT
from placeprint.errors import PlaceprintError


def image(name: str, x: float, y: float) -> bytes:
    head = struct.pack("<i7di", 1, 1.0, 0.0, 0.0, 0.0, -x, -y, -1.0, 1)
    return head + name.encode() + b"\0" + struct.pack("<Q", 0)


def test_outputs_are_a_data_set(tmp_path: Path) -> None:
    sfm = tmp_path / "sfm_superpoint+superglue"
    sfm.mkdir()
    (sfm / "cameras.bin").write_bytes(b"")
    photos = [("db/1.jpg", 0.0, 0.0), ("db/2.jpg", 10.0, 0.0), ("db/3.jpg", 0.0, 30.0)]
    (sfm / "images.bin").write_bytes(
        struct.pack("<Q", 3) + b"".join(image(name, x, y) for name, x, y in photos)
    )
    assert LAYOUT.splits(tmp_path) == ()
    results = tmp_path / "aachen_v1.1_hloc.txt"
    results.write_text("2.jpg 1 0 0 0 -9 -1 -1\n1.jpg 1 0 0 0 -1 -28 -1\nday/4.jpg 1 0 0 0 -900 0 -1\n")
    (tmp_path / "notes.txt").write_text("no results\n")
    assert LAYOUT.splits(tmp_path) == ()
    (tmp_path / "aachen_v1.1_hloc.txt_logs.pkl").write_bytes(b"")
    (tmp_path / "gone.txt_logs.pkl").write_bytes(b"")
    assert LAYOUT.splits(tmp_path) == ("aachen_v1.1_hloc",)
    # of 1.jpg there are two, of which one is in the database; of 2.jpg two queries; day/4.jpg has one
    (tmp_path / "pairs-db-covis.txt").write_text("db/1.jpg db/2.jpg\ndb/2.jpg db/3.jpg\n")
    (tmp_path / "pairs-query.txt").write_text(
        "query/night/1.jpg db/1.jpg\nquery/a/2.jpg db/1.jpg\nquery/b/2.jpg db/1.jpg\n"
        "query/day/4.jpg db/1.jpg\nquery/someday/4.jpg db/1.jpg\n"
    )
    found = LAYOUT.read(tmp_path, "aachen_v1.1_hloc")
    assert found.name == f"{tmp_path.name}/aachen_v1.1_hloc"
    assert [p.path.relative_to(tmp_path).as_posix() for p in found.database] == [n for n, _, _ in photos]
    assert [p.path.relative_to(tmp_path).as_posix() for p in found.queries] == [
        "2.jpg",
        "query/night/1.jpg",
        "query/day/4.jpg",
    ]
    assert found.queries.meters is not None
    np.testing.assert_allclose(found.queries.meters, [[9, 1], [1, 28], [900, 0]], atol=1e-9)
    assert [rows.tolist() for rows in found.within(5.0)] == [[1], [2], []]
    assert list(found.notes) == ["Positions from sfm_superpoint+superglue, in the model's unit"]
    with pytest.raises(PlaceprintError, match=r"no model in sfm\* or no other\.txt"):
        LAYOUT.read(tmp_path, "other")
