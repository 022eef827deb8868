"""Vector files against faiss's reader and writer, bytes written by hand, and every way to be damaged."""

import struct
from pathlib import Path

import numpy as np
import pytest
from faiss.contrib import vecs_io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from placeprint.errors import FormatError, PlaceprintError
from placeprint.formats import vector_files
from placeprint.formats.vector_files import read_vector_benchmark, read_vectors, write_vectors

TYPES = {".fvecs": np.float32, ".ivecs": np.int32, ".bvecs": np.uint8}
FAISS = {
    ".fvecs": vecs_io.fvecs_read,
    ".ivecs": vecs_io.ivecs_read,
    ".bvecs": lambda path: np.array(vecs_io.bvecs_mmap(path)),
}
anywhere = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@pytest.mark.parametrize("suffix", TYPES)
@anywhere
@given(data=st.data(), start=st.integers(0, 9), count=st.none() | st.integers(0, 9))
def test_round_trip_slices_and_faiss(
    tmp_path: Path, suffix: str, data: st.DataObject, start: int, count: int | None
) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=2, max_side=8))
    vectors = data.draw(arrays(TYPES[suffix], shape))
    path = tmp_path / f"v{suffix}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_files, "BLOCK", 40)  # a few rows a block
        write_vectors(path, vectors)
    np.testing.assert_array_equal(FAISS[suffix](str(path)), vectors)
    rows = slice(start, None if count is None else start + count)
    for mmap in (False, True):
        read = read_vectors(path, start, count, mmap)
        assert read.dtype == TYPES[suffix]
        np.testing.assert_array_equal(read, vectors[rows])


def test_files_of_faiss_and_bytes_by_hand(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    vecs_io.fvecs_write(str(tmp_path / "f.fvecs"), vectors)
    vecs_io.ivecs_write(str(tmp_path / "i.ivecs"), (vectors * 100).astype(np.int32))
    np.testing.assert_array_equal(read_vectors(tmp_path / "f.fvecs"), vectors)
    np.testing.assert_array_equal(read_vectors(tmp_path / "i.ivecs"), (vectors * 100).astype(np.int32))
    by_hand = b"\x02\0\0\0\x07\xff" + b"\x02\0\0\0\x00\x01"
    (tmp_path / "b.bvecs").write_bytes(by_hand)
    assert read_vectors(tmp_path / "b.bvecs").tolist() == [[7, 255], [0, 1]]
    write_vectors(tmp_path / "w.bvecs", np.array([[7, 255], [0, 1]]))
    assert (tmp_path / "w.bvecs").read_bytes() == by_hand


def test_a_mapped_file_stays_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "v.fvecs"
    write_vectors(path, np.ones((5, 4), np.float32))
    mapped = read_vectors(path, 1, 3, mmap=True)
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
    assert mapped.strides == (20, 4)
    assert not isinstance(read_vectors(path), np.memmap)


ROW = struct.pack("<i2f", 2, 1.0, 2.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes"),
        (b"\x02\0", "2 bytes"),
        (ROW[:-1], "11 bytes"),
        (ROW + ROW[:8], "20 bytes"),
        (struct.pack("<i", -1) * 3, "dimension -1"),
        (struct.pack("<i", 0) * 3, "dimension 0"),
        (struct.pack("<i", 2**31 - 1) * 3, "dimension 2147483647"),
        (ROW + struct.pack("<i2f", 3, 1.0, 2.0) + ROW, "dimension 3, the first one 2"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "v.fvecs"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=f"v.fvecs: .*{message}"):
        read_vectors(path)


def test_a_mapped_file_is_checked_at_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "v.fvecs"
    path.write_bytes(ROW + ROW + struct.pack("<i2f", 1, 1.0, 2.0))
    with pytest.raises(FormatError, match="dimension 1, the first one 2"):
        read_vectors(path, mmap=True)
    assert len(read_vectors(path, 0, 2)) == 2  # only what is read is checked


def test_wrong_names_and_arguments(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match=r"v\.npy is not a vector file"):
        read_vectors(tmp_path / "v.npy")
    with pytest.raises(PlaceprintError, match="does not exist"):
        read_vectors(tmp_path / "v.fvecs")
    with pytest.raises(ValueError, match="must not be negative"):
        read_vectors(tmp_path / "v.fvecs", -1)
    with pytest.raises(ValueError, match="must not be negative"):
        read_vectors(tmp_path / "v.fvecs", 0, -1)


@pytest.mark.parametrize(
    ("suffix", "vectors"),
    [
        (".fvecs", np.zeros((0, 3))),
        (".fvecs", np.zeros((3, 0))),
        (".fvecs", np.zeros(3)),
        (".fvecs", np.zeros((2, 2), complex)),
        (".ivecs", np.array([[0.5]])),
        (".ivecs", np.array([[2**31]])),
        (".ivecs", np.array([[-(2**31) - 1]])),
        (".bvecs", np.array([[256]])),
        (".bvecs", np.array([[-1]])),
    ],
)
def test_what_does_not_fit_leaves_the_old_file(
    tmp_path: Path, suffix: str, vectors: np.ndarray[tuple[int, int], np.dtype[np.generic]]
) -> None:
    path = tmp_path / f"v{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(ValueError):  # noqa: PT011
        write_vectors(path, vectors)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def benchmark(folder: Path, **changed: np.ndarray[tuple[int, int], np.dtype[np.generic]]) -> None:
    parts = {
        "base": np.arange(12, dtype=np.float32).reshape(6, 2),
        "query": np.zeros((2, 2), np.float32),
        "learn": np.ones((4, 2), np.float32),
        "groundtruth": np.array([[0, 1, 2], [5, 4, 3]], np.int32),
    } | changed
    for name, part in parts.items():
        write_vectors(folder / f"sift_{name}.{'ivecs' if name == 'groundtruth' else 'fvecs'}", part)


def test_a_folder_like_sift1m(tmp_path: Path) -> None:
    benchmark(tmp_path)
    found = read_vector_benchmark(tmp_path)
    assert found.name == "sift"
    assert (found.base.shape, found.queries.shape) == ((6, 2), (2, 2))
    assert found.learn is not None
    assert found.learn.shape == (4, 2)
    assert isinstance(found.base, np.memmap)
    assert found.truth.tolist() == [[0, 1, 2], [5, 4, 3]]
    (tmp_path / "sift_learn.fvecs").unlink()
    assert read_vector_benchmark(tmp_path).learn is None
    (tmp_path / "sift_query.fvecs").unlink()
    with pytest.raises(PlaceprintError, match=r"sift_query\.fvecs does not exist"):
        read_vector_benchmark(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"query": np.zeros((2, 3), np.float32)},
        {"learn": np.zeros((2, 3), np.float32)},
        {"groundtruth": np.zeros((3, 3), np.int32)},
        {"groundtruth": np.array([[0], [6]])},
        {"groundtruth": np.array([[0], [-1]])},
    ],
)
def test_parts_that_do_not_fit(
    tmp_path: Path, changed: dict[str, np.ndarray[tuple[int, int], np.dtype[np.generic]]]
) -> None:
    benchmark(tmp_path, **changed)
    with pytest.raises(FormatError):
        read_vector_benchmark(tmp_path)


def test_a_folder_of_two_benchmarks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="0 files"):
        read_vector_benchmark(tmp_path)
    benchmark(tmp_path)
    write_vectors(tmp_path / "gist_base.bvecs", np.ones((1, 1), np.uint8))
    with pytest.raises(PlaceprintError, match="2 files"):
        read_vector_benchmark(tmp_path)
