"""Plain data comes out as the standard library reads it; whatever names a function is refused, not run."""

import operator
import os
import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from placeprint.datasets.safe_pickle import load_object_array, load_pickle
from placeprint.errors import FormatError, PlaceprintError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


class Calls:
    """A pickle of it says: call `function` with these arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "truth.pkl"
    path.write_bytes(content)
    return path


@given(PLAIN, st.sampled_from(PROTOCOLS))
def test_plain_data_is_read_as_the_standard_library_reads_it(
    tmp_path_factory: pytest.TempPathFactory, data: Any, protocol: int
) -> None:
    path = stored(tmp_path_factory.mktemp("plain"), pickle.dumps(data, protocol))
    assert load_pickle(path) == data


ARRAYS = [
    np.arange(6, dtype="<i4").reshape(2, 3),
    np.arange(6, dtype=">u2").reshape(3, 2),
    np.asfortranarray(np.linspace(0, 1, 12).reshape(3, 4)),
    np.arange(24.0, dtype=np.float32).reshape(2, 3, 4).transpose(1, 2, 0),
    np.array([], np.int64),
    np.array(3.5),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array(["Straße", "a"]),
    np.array(["Straße", "a"], dtype=">U9"),
    np.array([b"\xff\x00x", b"a"]),
    np.array([[1, "a"], [None, [1, 2]], [{}, (3,)]], dtype=object),
    np.asfortranarray(np.array([[1, "a"], [None, [1, 2]], [{}, (3,)]], dtype=object)),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}{array.shape}")
def test_arrays_of_every_plain_type_order_and_protocol(
    tmp_path: Path, array: np.ndarray[Any, Any], protocol: int
) -> None:
    data = OrderedDict(own=array, scalars=[array.ravel()[0]] if array.size else [])
    written = pickle.dumps(data, protocol)
    found = load_pickle(stored(tmp_path, written))
    assert_array_equal(found["own"], array)
    assert found["own"].dtype == pickle.loads(written)["own"].dtype
    assert found["scalars"] == data["scalars"]
    assert [type(x) for x in found["scalars"]] == [type(x) for x in data["scalars"]]
    again = pickle.loads(pickle.dumps(found["own"]))
    assert_array_equal(again, array)
    assert type(again) is np.ndarray


@pytest.mark.parametrize("core", [b"numpy.core.", b"numpy._core."])
def test_arrays_of_older_and_newer_numpy(tmp_path: Path, core: bytes) -> None:
    data = {"rows": np.array([4, 2]), "one": np.float64(0.5)}
    written = pickle.dumps(data, 2).replace(b"numpy._core.", b"numpy.core.").replace(b"numpy.core.", core)
    assert core in written
    found = load_pickle(stored(tmp_path, written))
    assert found["rows"].tolist() == [4, 2]
    assert found["one"] == 0.5


def test_text_and_arrays_of_python_2(tmp_path: Path) -> None:
    text = b"U\x04caf\xe9"
    kind = b"cnumpy\ndtype\n(U\x02i8K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    data = struct.pack("<2q", 255, 7)
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR" + (
        b"(K\x01(K\x02t" + kind + b"\x89U\x10" + data + b"tb"
    )
    written = b"\x80\x02}(" + b"U\x01t" + text + b"U\x01a" + array + b"u."
    assert_array_equal(pickle.loads(written, encoding="latin1")["a"], [255, 7])  # the bytes are a pickle
    found = load_pickle(stored(tmp_path, written))
    assert found["t"] == "café"
    assert found["a"].tolist() == [255, 7]


def hostile(marker: Path) -> dict[str, Any]:
    touch = f"open({str(marker)!r}, 'w').close()"
    return {
        "os.system": Calls(os.system, f"touch {marker}"),
        "builtins.eval": Calls(eval, touch),
        "builtins.exec": Calls(exec, touch),
        "builtins.open": Calls(open, str(marker), "w"),
        "operator.attrgetter": Calls(operator.attrgetter, "system"),
        "builtins.getattr": Calls(getattr, "a", "upper"),
        "numpy.fromfile": Calls(np.fromfile, str(marker)),
        "numpy.lib._npyio_impl.load": Calls(np.load, str(marker), None, True),
        "pathlib.Path": Path("x"),
        "collections.Counter": Counter("a"),
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", hostile(Path("x")))
def test_whatever_names_a_function_is_refused_and_not_run(tmp_path: Path, name: str, protocol: int) -> None:
    marker = tmp_path / "marker"
    evil = hostile(marker)[name]
    table = np.empty(2, object)
    table[:] = [[1], evil]
    array = tmp_path / "truth.npy"
    with array.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (2,)})
        pickle.dump(table, file, protocol)
    for read, path in (
        (load_pickle, stored(tmp_path, pickle.dumps({"gt": [1, evil]}, protocol))),
        (load_object_array, array),
    ):
        with pytest.raises(FormatError, match=r"names .+, which plain data never needs") as caught:
            read(path)
        assert str(path) in str(caught.value)
    assert not marker.exists()


def call(function: str, arguments: bytes, state: bytes = b"") -> bytes:
    """A pickle by hand: function(arguments), then its state."""
    module, _, name = function.rpartition(".")
    return f"c{module}\n{name}\n(".encode() + arguments + b"tR" + (state + b"b" if state else b"") + b"."


OBJECT = call("numpy.dtype", b"X\x02\x00\x00\x00O8I00\nI01\n")[:-1]
INTEGER = call("numpy.dtype", b"X\x02\x00\x00\x00i8I00\nI01\n")[:-1]
EMPTY = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
RECORD = b"(I3\nX\x01\x00\x00\x00|N(X\x01\x00\x00\x00at}X\x01\x00\x00\x00a(" + OBJECT + b"I0\ntsI8\nI1\nI0\nt"


@pytest.mark.parametrize(
    "written",
    [
        EMPTY + b"(I1\n(I1\nt" + OBJECT + b"I00\nC\x08" + bytes(8) + b"tb.",  # a pointer out of bytes
        EMPTY + b"(I1\n(I9\nt" + INTEGER + b"I00\nC\x08" + bytes(8) + b"tb.",  # more elements than bytes
        call("numpy.dtype", b"X\x02\x00\x00\x00V8I00\nI01\n", RECORD),  # objects hidden in a record
        call("numpy._core.multiarray.scalar", OBJECT + b"C\x08" + bytes(8)),
        call("numpy._core.numeric._frombuffer", b"C\x08" + bytes(8) + OBJECT + b"(I1\ntX\x01\x00\x00\x00C"),
        call("numpy.ndarray", b"(I1\nt"),
        call("_codecs.encode", b"X\x01\x00\x00\x00aX\x03\x00\x00\x00hex"),
        call("numpy.dtype", b"X\x0a\x00\x00\x00datetime64"),
        b"cnumpy\nndarray\n(I1\nt\x81.",
    ],
)
def test_no_way_round_through_the_names_that_are_allowed(tmp_path: Path, written: bytes) -> None:
    path = stored(tmp_path, written)
    with pytest.raises(FormatError, match="is damaged, or holds more than plain data") as caught:
        load_pickle(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("array", [*ARRAYS[:9], np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])])
def test_array_files_are_read_as_numpy_reads_them(
    tmp_path: Path, array: np.ndarray[Any, Any], version: tuple[int, int]
) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.lib.format.write_array(file, array, version)
    found = load_object_array(path)
    assert_array_equal(found, np.load(path))
    assert type(found) is np.ndarray


@pytest.mark.parametrize("array", ARRAYS[-2:])
def test_object_array_files_are_read_as_numpy_reads_them(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    found = load_object_array(tmp_path / "a.npy")
    assert_array_equal(found, np.load(tmp_path / "a.npy", allow_pickle=True))
    assert type(found) is np.ndarray


def test_damage_is_named(tmp_path: Path) -> None:
    whole = pickle.dumps({"gt": [1, 2, 3]})
    for content in (b"", b"not a pickle", whole[:-5], b"\x80\x63" + whole):
        path = stored(tmp_path, content)
        with pytest.raises(FormatError, match=r"truth\.pkl is damaged.*Get the original file again"):
            load_pickle(path)
    np.save(tmp_path / "a.npy", np.array([[1], None], dtype=object), allow_pickle=True)
    whole = (tmp_path / "a.npy").read_bytes()
    records = np.array([(None,)], dtype=[("a", object)])
    np.save(tmp_path / "records.npy", records, allow_pickle=True)
    cases = [whole[:-5], whole[:30], b"x" + whole, whole.replace(b"(2,)", b"(3,)"), b""]
    for content in [*cases, (tmp_path / "records.npy").read_bytes()]:
        (tmp_path / "a.npy").write_bytes(content)
        with pytest.raises(FormatError, match=r"a\.npy is damaged"):
            load_object_array(tmp_path / "a.npy")


@pytest.mark.parametrize("read", [load_pickle, load_object_array])
def test_a_missing_file_is_no_damage(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(PlaceprintError, match=r"gone cannot be read .*Check the path") as caught:
        read(tmp_path / "gone")
    assert not isinstance(caught.value, FormatError)
