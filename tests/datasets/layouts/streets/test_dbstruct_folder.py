"""Data sets listed by a dbStruct, in the folders in which people have them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from placeprint.datasets import PlaceDataset
from placeprint.datasets.layout import Layout
from placeprint.datasets.layouts.streets import dbstruct_folder, pittsburgh, san_francisco, tokyo247, tokyo_tm
from placeprint.datasets.layouts.streets.dbstruct_folder import from_dbstruct
from placeprint.errors import FormatError, PlaceprintError
from placeprint.geo import utm_to_point

PITTS30K, PITTS250K = pittsburgh.LAYOUTS
SF0 = san_francisco.LAYOUTS[1]
EVERY = [PITTS30K, PITTS250K, tokyo247.LAYOUT, tokyo_tm.LAYOUT, SF0, dbstruct_folder.LAYOUT]
PITTS = (
    [f"{n // 2:03}/{n // 2:03}00{n}_pitch{1 + n % 2}_yaw{n + 1}.jpg" for n in range(4)],
    ["001/001002_pitch1_yaw3.jpg"],
)
UTM = np.array([[585000.0, 4476000.0], [585015.0, 4476020.0], [585015.0, 4476020.001], [584975.0, 4476000.0]])
UTM_Q = np.array([[585000.0, 4476000.0]])


def write(
    path: Path, names: tuple[list[str], list[str]], utm: Any = UTM, utm_q: Any = UTM_Q, **more: Any
) -> Path:
    """A dbStruct as MATLAB writes it: cells in columns, positions 2 x n."""
    cells = []
    for side in names:
        column = np.empty((len(side), 1), object)
        column[:, 0] = side
        cells.append(column)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = {"whichSet": "test", "dbImageFns": cells[0], "utmDb": utm.T, "qImageFns": cells[1]}
    savemat(path, {"dbStruct": fields | {"utmQ": utm_q.T} | more})
    return path


def touch(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def below(folder: Path, dataset: PlaceDataset) -> tuple[list[str], list[str]]:
    stored, asked = (
        [photo.path.relative_to(folder).as_posix() for photo in side]
        for side in (dataset.database, dataset.queries)
    )
    return stored, asked


def test_nothing_is_recognized_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file", tmp_path / "none"):
        assert [layout.splits(folder) for layout in EVERY] == [()] * len(EVERY)


@pytest.mark.parametrize("place", [".", "datasets"])
@pytest.mark.parametrize(
    ("database", "queries"),
    [
        ("images", "queries_real"),
        (".", "queries_real"),
        ("images", "queries"),
        ("Pittsburgh/images", "Pittsburgh/queries"),
        ("Pittsburgh", "Pittsburgh/queries_real"),
    ],
)
def test_pittsburgh(tmp_path: Path, place: str, database: str, queries: str) -> None:
    write(tmp_path / place / "pitts30k_test.mat", PITTS, posDistThr=25.0)
    write(tmp_path / place / "pitts30k_val.mat", PITTS)
    touch(tmp_path / database, PITTS[0])
    touch(tmp_path / queries, PITTS[1])
    assert PITTS30K.splits(tmp_path) == ("val", "test")
    assert PITTS250K.splits(tmp_path) == dbstruct_folder.LAYOUT.splits(tmp_path) == ()
    found = PITTS30K.read(tmp_path, "test")
    assert found.name == "pitts30k/test"
    assert all(photo.path.exists() for photo in [*found.database, *found.queries])
    prefix = "" if database == "." else f"{database}/"
    assert below(tmp_path, found) == ([prefix + name for name in PITTS[0]], [f"{queries}/{PITTS[1][0]}"])
    assert not found.notes


def test_pittsburgh_without_photos(tmp_path: Path) -> None:
    write(tmp_path / "pitts250k_train.mat", PITTS)
    found = PITTS250K.read(tmp_path, "train")
    expected = ([f"images/{name}" for name in PITTS[0]], [f"queries_real/{PITTS[1][0]}"])
    assert below(tmp_path, found) == expected
    assert not found.notes
    assert found.database.stamps is None
    with pytest.raises(PlaceprintError, match=r"there is no pitts250k_val\.mat.*Its splits: train"):
        PITTS250K.read(tmp_path, "val")
    with pytest.raises(PlaceprintError, match=r"there is no all\.mat"):
        PITTS250K.read(tmp_path, "all")


def test_pittsburgh_panoramas_and_places(tmp_path: Path) -> None:
    write(tmp_path / "pitts30k_test.mat", PITTS)
    found = PITTS30K.read(tmp_path, "test")
    assert [photo.panorama for photo in found.database] == [
        "000/000000",
        "000/000001",
        "001/001002",
        "001/001003",
    ]
    assert found.queries[0].panorama == "queries/001/001002"  # of another year than 001/001002
    assert found.database.meters is not None
    np.testing.assert_array_equal(found.database.meters, UTM)
    for photo, (east, north) in zip([*found.database, *found.queries], [*UTM, *UTM_Q], strict=True):
        assert photo.point is not None
        assert photo.point.distance(utm_to_point(east, north, 17, True)) < 1e-6


def test_25_meters_included_in_utm_as_stored(tmp_path: Path) -> None:
    """15² + 20² = 25², and a millimeter more is too far; on the ellipsoid 25 m of UTM are not 25 m."""
    write(tmp_path / "pitts30k_test.mat", PITTS)
    assert [rows.tolist() for rows in PITTS30K.read(tmp_path, "test").within(25.0)] == [[0, 1, 3]]


def test_the_first_folder_that_holds_the_photos_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "pitts30k_test.mat", PITTS)
    for folder in ("Pittsburgh", "Pittsburgh/images", ".", "images"):
        touch(tmp_path / folder, PITTS[0])
        expected = "Pittsburgh" if folder.startswith("Pitts") else folder
        found = PITTS30K.read(tmp_path, "test").database[0].path
        assert found.is_relative_to(tmp_path / expected)
    assert found == tmp_path / "images" / PITTS[0][0]


def test_a_query_never_falls_back_on_a_database_photo_of_its_name(tmp_path: Path) -> None:
    write(tmp_path / "pitts30k_test.mat", ([PITTS[1][0]], PITTS[1]), UTM[:1])
    touch(tmp_path, PITTS[1])
    found = PITTS30K.read(tmp_path, "test")
    assert found.database[0].path == tmp_path / PITTS[1][0]
    assert found.queries[0].path == tmp_path / "queries_real" / PITTS[1][0]


TOKYO = (
    [f"03814/381411.48_3946794.5{p}/L-NLvGeZ6JHX6JO8Xnf_BA_012_{a:03}.jpg" for p in "67" for a in (0, 30)],
    ["00001.jpg", "00012.jpg"],
)
UTM_TOKYO = np.array([[381411.48, 3946794.56]] * 2 + [[381411.48, 3946794.57]] * 2)


@pytest.mark.parametrize(
    ("database", "queries"),
    [
        ("images", "query"),
        ("database_gsv_vga", "247query_subset_v2"),
        (".", "247query_subset_v2/247query_subset_v2"),
        ("tokyo247", "tokyo247/247query_subset_v2"),
        ("Tokyo247/images", "Tokyo247/query"),
        ("tokyo247/database_gsv_vga", "tokyo247/queries"),
        (".", "queries/247query_v3"),
    ],
)
@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_tokyo_247(tmp_path: Path, database: str, queries: str, ending: str) -> None:
    write(tmp_path / "datasets" / "tokyo247.mat", TOKYO, UTM_TOKYO, UTM_TOKYO[:2])
    stored = [name.replace(".jpg", ending) for name in TOKYO[0]]
    touch(tmp_path / database, stored)
    touch(tmp_path / queries, [*TOKYO[1], "00001.csv", "00012.csv"])
    assert tokyo247.LAYOUT.splits(tmp_path) == ("test",)
    found = tokyo247.LAYOUT.read(tmp_path, "test")
    assert found.name == "tokyo247/test"
    prefix = "" if database == "." else f"{database}/"
    assert below(tmp_path, found) == (
        [prefix + name for name in stored],
        [f"{queries}/{n}" for n in TOKYO[1]],
    )
    changed = ["4 photos have another extension than in tokyo247.mat"] if ending == ".png" else []
    v3 = ["queries are those of 247query_v3; the published numbers are for 247query_subset_v2"]
    assert list(found.notes) == changed + (v3 if "v3" in queries else [])
    panoramas = ["03814/381411.48_3946794.56"] * 2 + ["03814/381411.48_3946794.57"] * 2
    assert [photo.panorama for photo in found.database] == panoramas
    assert [photo.panorama for photo in found.queries] == [None, None]
    point = found.queries[0].point
    assert point is not None
    assert (point.lat, point.lon) == pytest.approx((35.656, 139.690), abs=0.01)  # Shibuya


def test_endings_file_by_file(tmp_path: Path) -> None:
    """What is listed wins; else a photo of its name, never a table; else the list's own name."""
    names = ["a/1.jpg", "a/2.jpg", "a/3.jpg", "a/4.jpg", "b/1.jpg", "5.jpg", "c/x.y.jpg", "6.png"]
    path = write(tmp_path / "list.mat", (names, []), np.tile(UTM[:1], (8, 1)), np.zeros((0, 2)))
    touch(
        tmp_path,
        [
            "a/1.jpg",
            "a/1.png",
            "a/2.JPG",
            "a/3.csv",
            "a/4.png",
            "a/4.webp",
            "5.png",
            "c/x.y.png",
            "6.jpg",
            "6.png",
        ],
    )
    found = from_dbstruct(path, [tmp_path], [tmp_path])
    stored = ["a/1.jpg", "a/2.JPG", "a/3.jpg", "a/4.png", "b/1.jpg", "5.png", "c/x.y.png", "6.png"]
    assert below(tmp_path, found)[0] == stored
    assert found.notes == ["4 photos have another extension than in list.mat"]
    assert found.name == "list"
    assert found.database[0].point is None


def test_each_folder_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{n % 3}/{n}.jpg" for n in range(300)]
    path = write(tmp_path / "list.mat", (names, []), np.tile(UTM[:1], (300, 1)), np.zeros((0, 2)))
    touch(tmp_path / "images", names)
    opened: list[str] = []
    original = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: opened.append(self.name) or original(self))
    from_dbstruct(path, [tmp_path / "images"], [tmp_path / "queries"])
    assert sorted(opened) == ["0", "1", "2", "images", "queries"]


TM = (
    [
        f"h1/h198s7/_{t}/h198s7__{t}_35.652671_139.681016_{a:03}_012.jpg"
        for t in (200909, 201304)
        for a in (0, 30)
    ],
    ["h1/h198s7/_200909/h198s7__200909_35.652671_139.681016_060_012.jpg"],
)


@pytest.mark.parametrize("images", ["images", "TokyoTM/images", "tokyoTimeMachine/images", "tokyoTM", "."])
def test_tokyo_time_machine(tmp_path: Path, images: str) -> None:
    stamps = {"dbTimeStamp": np.array([[200909.0, 200909.0, 201304.0, 201304.0]]), "qTimeStamp": 200909.0}
    write(tmp_path / "tokyoTM_val.mat", TM, UTM_TOKYO, UTM_TOKYO[:1], **stamps)
    touch(tmp_path / images, TM[0] + TM[1])
    assert tokyo_tm.LAYOUT.splits(tmp_path) == ("val",)
    found = tokyo_tm.LAYOUT.read(tmp_path, "val")
    assert found.name == "tokyo-tm/val"
    assert all(photo.path.exists() for photo in [*found.database, *found.queries])
    assert found.database.stamps is not None
    assert found.queries.stamps is not None
    assert found.database.stamps.tolist() == ["200909", "200909", "201304", "201304"]
    assert (found.database.stamps == found.queries.stamps[0]).tolist() == [True, True, False, False]
    panoramas = [photo.panorama for photo in found.database]
    assert panoramas == ["h1/h198s7/_200909"] * 2 + ["h1/h198s7/_201304"] * 2
    assert found.queries[0].panorama == panoramas[0]  # queries come from the same panoramas
    point = found.queries[0].point
    assert point is not None
    assert (point.lat, point.lon) == pytest.approx((35.656, 139.690), abs=0.01)
    assert point == found.database[0].point


def test_sf0(tmp_path: Path) -> None:
    name = "PCI_sp_11841_37.789727_-122.386935_937762214_0_727224067_246.264_-37.8198.jpg"
    utm = np.array([[554000.0, 4182700.0]])
    write(tmp_path / "sf0.mat", ([f"0001/{name}", "0001/other.jpg"], ["0007.jpg"]), np.repeat(utm, 2, 0), utm)
    queries = "BuildingQueryImagesCartoIDCorrected-Upright"
    touch(tmp_path, [f"PCIs/0001/{name}", f"{queries}/0007.jpg"])
    assert SF0.splits(tmp_path) == ("test",)
    found = SF0.read(tmp_path, "test")
    expected = ([f"PCIs/0001/{name}", "PCIs/0001/other.jpg"], [f"{queries}/0007.jpg"])
    assert below(tmp_path, found) == expected
    assert [photo.panorama for photo in [*found.database, *found.queries]] == ["11841", None, None]
    assert found.queries[0].point == utm_to_point(554000.0, 4182700.0, 10, True)


def test_a_dbstruct_of_your_own(tmp_path: Path) -> None:
    layout: Layout = dbstruct_folder.LAYOUT
    folder = tmp_path / "robotcar"
    write(folder / "night.mat", (["day/1.png"], ["2.png"]), UTM[:1])
    write(folder / "datasets" / "day.mat", (["day/1.png"], ["2.png"]), UTM[:1])
    write(folder / "pitts30k_test.mat", PITTS)
    savemat(folder / "dbfnames.mat", {"dbfnames": np.arange(3)})
    (folder / "broken.mat").write_bytes(b"hello")
    touch(folder, ["database/day/1.png", "query/2.png"])
    assert layout.splits(folder) == ("night", "day")
    found = layout.read(folder, "day")
    assert found.name == "robotcar/day"
    assert below(folder, found) == (["database/day/1.png"], ["query/2.png"])
    assert found.database[0].point is None  # no zone is said
    assert [rows.tolist() for rows in found.within(25.0)] == [[0]]
    (folder / "new.mat").write_bytes(
        b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM" + bytes(400) + b"dbStruct"
    )
    assert "new" in layout.splits(folder)
    (folder / "hdf5.mat").write_bytes((folder / "new.mat").read_bytes().replace(b"dbStruct", b"features"))
    assert "hdf5" not in layout.splits(folder)
    with pytest.raises(FormatError, match=r"'-v7'"):
        layout.read(folder, "new")


def test_positions_outside_the_zone_name_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "list.mat", (["1.jpg"], ["2.jpg"]), np.array([[1e30, 0.0]]))
    with pytest.raises(FormatError, match=r"list\.mat: UTM 1e\+30 E, 0\.0 N is outside zone 17"):
        from_dbstruct(path, [tmp_path], [tmp_path], zone=17)


def test_the_southern_half(tmp_path: Path) -> None:
    path = write(tmp_path / "list.mat", (["1.jpg"], ["2.jpg"]), np.array([[334000.0, 6250000.0]]))
    north, south = (from_dbstruct(path, [tmp_path], [tmp_path], zone=56, northern=n) for n in (True, False))
    assert north.database[0].point == utm_to_point(334000.0, 6250000.0, 56, True)
    assert south.database[0].point == utm_to_point(334000.0, 6250000.0, 56, False)


def test_published_sizes() -> None:
    """24 views make a panorama of Pittsburgh 250k, 12 one of Tokyo."""
    assert all(count % 24 == 0 for sizes in PITTS250K.published.values() for count in sizes)
    assert all(asked % 24 == 0 for _, asked in PITTS30K.published.values())
    assert tokyo247.LAYOUT.published["test"][0] == 12 * 6_332
    assert all(stored % 12 == 0 for stored, _ in tokyo_tm.LAYOUT.published.values())
