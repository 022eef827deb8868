"""dbStruct in every form in which MATLAB writes it, and files that are none, that lack or that disagree."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from placeprint.datasets.layouts.streets.dbstruct import read_dbstruct
from placeprint.errors import FormatError, PlaceprintError

STORED = ["000/000000_pitch1_yaw1.jpg", "000/000000_pitch1_yaw12.jpg", "a/b c.jpg"]
ASKED = ["010/q.jpg", "q2.jpg"]
UTM = np.array([[585001.25, 4476000.5], [585002.0, 4476003.75], [585999.125, 4477000.0]])
UTM_Q = np.array([[585003.0, 4476001.0], [585004.0, 4476002.0]])


def cell(values: list[Any], wide: bool = False) -> NDArray[np.object_]:
    column = np.empty((len(values), 1), object)
    column[:, 0] = values
    return column.T if wide else column


def write(path: Path, change: dict[str, Any] | None = None, drop: tuple[str, ...] = ()) -> Path:
    fields = {
        "whichSet": "test",
        "dbImageFns": cell(STORED),
        "utmDb": UTM.T,
        "qImageFns": cell(ASKED),
        "utmQ": UTM_Q.T,
        "numImages": 3.0,
        "numQueries": 2.0,
        "posDistThr": 25.0,
        "posDistSqThr": 625.0,
        "nonTrivPosDistSqThr": 100.0,
    } | (change or {})
    kept = {name: value for name, value in fields.items() if name not in drop}
    savemat(path, {"other": np.arange(5), "dbStruct": kept}, do_compression=True)
    return path


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"dbImageFns": cell(STORED, wide=True), "qImageFns": cell(ASKED, wide=True)},
        {"dbImageFns": np.array(STORED), "qImageFns": np.array(ASKED)},  # rows padded with blanks
        {"dbImageFns": cell([name.replace("/", "\\") for name in STORED])},
        {"dbImageFns": cell([cell([name]) for name in STORED])},
        {"utmDb": UTM},
        {"numImages": np.uint16(3)},
    ],
    ids=["column", "row", "characters", "backslash", "nested", "n x 2", "integer"],
)
def test_every_form_says_the_same(tmp_path: Path, change: dict[str, Any]) -> None:
    struct = read_dbstruct(write(tmp_path / "a.mat", change))
    assert struct.which_set == "test"
    assert list(struct.database) == STORED
    assert list(struct.queries) == ASKED
    np.testing.assert_array_equal(struct.database_utm, UTM)  # exactly as stored, rows in their order
    np.testing.assert_array_equal(struct.query_utm, UTM_Q)  # two queries: 2 x 2 is 2 x n
    assert struct.database_utm.dtype == np.float64
    assert (struct.positive_radius, struct.positive_radius_squared) == (25.0, 625.0)
    assert struct.training_radius_squared == 100.0
    assert struct.database_stamps is None
    assert struct.query_stamps is None


def test_one_photo_and_one_query(tmp_path: Path) -> None:
    for names in (cell(["a/1.jpg"]), "a/1.jpg", np.array(["a/1.jpg"])):
        for utm in (UTM[:1].T, UTM[:1]):
            change = {"dbImageFns": names, "utmDb": utm, "qImageFns": names, "utmQ": utm}
            struct = read_dbstruct(write(tmp_path / "a.mat", change, drop=("numImages", "numQueries")))
            assert (list(struct.database), list(struct.queries)) == (["a/1.jpg"], ["a/1.jpg"])
            assert struct.query_utm.tolist() == struct.database_utm.tolist() == [[585001.25, 4476000.5]]


def test_what_the_authors_code_computes_itself_may_lack(tmp_path: Path) -> None:
    lacking = ("whichSet", "numImages", "numQueries", "posDistSqThr", "nonTrivPosDistSqThr")
    struct = read_dbstruct(write(tmp_path / "a.mat", drop=lacking))
    assert (struct.which_set, struct.positive_radius_squared) == ("", 625.0)
    assert struct.training_radius_squared is None
    assert read_dbstruct(write(tmp_path / "a.mat", drop=("posDistThr",))).positive_radius_squared == 625.0


def test_no_queries(tmp_path: Path) -> None:
    for utm in (np.zeros((2, 0)), np.zeros((0, 0)), np.zeros((0, 2))):
        change = {"qImageFns": np.empty((0, 0), object), "utmQ": utm, "numQueries": 0.0}
        struct = read_dbstruct(write(tmp_path / "a.mat", change))
        assert (list(struct.queries), struct.query_utm.shape) == ([], (0, 2))


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        (np.array([[200909.0, 201304.0, 200909.0]]), ["200909", "201304", "200909"]),
        (np.array([[200909], [201304], [200909]], np.int32), ["200909", "201304", "200909"]),
        (np.array([[733774.25, 1e15, -0.5]]), ["733774.25", "1000000000000000", "-0.5"]),
        (cell(["2009-09", "", "x y"], wide=True), ["2009-09", "", "x y"]),
        (cell([200909.0, 201304.0, "2009"]), ["200909", "201304", "2009"]),
        (np.array(["2009", "201304", "2009"]), ["2009", "201304", "2009"]),
    ],
)
def test_stamps_become_text(tmp_path: Path, stamps: NDArray[Any], expected: list[str]) -> None:
    change = {"dbTimeStamp": stamps, "qTimeStamp": np.array([[200909.0, 201304.0]])}
    struct = read_dbstruct(write(tmp_path / "a.mat", change))
    assert struct.database_stamps is not None
    assert struct.query_stamps is not None
    assert struct.database_stamps.tolist() == expected
    assert struct.query_stamps.tolist() == ["200909", "201304"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"numImages": 4.0}, "numImages says 4, the list has 3"),
        ({"numQueries": 1.0}, "numQueries says 1, the list has 2"),
        ({"numQueries": "two"}, "numQueries is not one number"),
        ({"utmDb": UTM[:2].T}, "utmDb: 2 x 2 values, not numbers 2 x 3"),
        ({"utmQ": np.zeros((3, 2))}, "utmQ: 3 x 2 values"),
        ({"utmQ": np.zeros((0, 0))}, "utmQ: 0 x 0 values"),
        ({"utmDb": np.where(UTM.T == 4476003.75, np.nan, UTM.T)}, "utmDb: row 2 is not a position"),
        ({"utmDb": cell(["x", "y", "z"])}, "utmDb: 3 x 1 values"),
        ({"dbTimeStamp": np.arange(4.0)}, "dbTimeStamp: 4 time stamps for 3 photos"),
        ({"dbImageFns": cell([STORED[0], "", STORED[2]])}, "dbImageFns: row 2 is empty"),
        ({"dbImageFns": cell([STORED[0], np.array(["a", "b"]), "c"])}, "a cell holds more than one value"),
        ({"dbImageFns": {"s0": "string object"}}, "dbImageFns is neither a cell array of text nor"),
        ({"dbImageFns": np.arange(3.0)}, "dbImageFns is neither a cell array of text nor"),
    ],
)
def test_what_disagrees_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "a.mat", change)
    with pytest.raises(FormatError) as caught:
        read_dbstruct(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in caught.value.what
    assert caught.value.mend


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", drop=("utmDb", "qImageFns"))
    with pytest.raises(FormatError, match=r"a\.mat: dbStruct has no utmDb, qImageFns"):
        read_dbstruct(path)
    two = {"dbStruct": np.zeros((1, 2), [("dbImageFns", "O")])}
    for content in ({"other": np.arange(3)}, {"dbStruct": np.arange(3)}, {"dbStruct": cell(["a"])}, two):
        savemat(path, content)
        with pytest.raises(FormatError, match=r"a\.mat does not contain a struct dbStruct"):
            read_dbstruct(path)
    with pytest.raises(PlaceprintError, match=r"none\.mat cannot be read \(No such file"):
        read_dbstruct(tmp_path / "none.mat")


def test_version_7_3_says_how_to_save_it_again(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM" + bytes(400)
    )
    with pytest.raises(FormatError, match=r"a\.mat is a MATLAB file of version 7\.3 .*'-v7'"):
        read_dbstruct(path)


def test_damaged_files(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mat").read_bytes()
    path = tmp_path / "b.mat"
    cuts = [whole[:length] for length in range(0, len(whole), 7)]
    rng = np.random.default_rng(1)
    for content in [*cuts, b"", b"hello", b"x" * 600, *(flipped(whole, rng) for _ in range(100))]:
        path.write_bytes(content)
        try:
            read_dbstruct(path)
        except FormatError as error:
            assert "b.mat" in error.what  # noqa: PT017 - some flips do no harm
        else:
            assert len(content) == len(whole)


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    changed[rng.integers(len(changed))] ^= int(rng.integers(1, 256))
    return bytes(changed)
