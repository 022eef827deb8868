"""The authors' rules on small cities: panoramas, subtasks, queries without answer, regions, test cities."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets.layouts.streets.msls import CITIES, LAYOUT
from placeprint.datasets.photo_set import PhotoSet
from placeprint.errors import PlaceprintError

Row = tuple[str, float, float, bool, bool]
"""Key, easting, northing, panorama, of subtask `all`."""

CPH: Mapping[str, Sequence[Row]] = {
    "database": [
        ("d0", 1000.0, 5000.0, False, True),
        ("d1", 1000.0, 5100.0, False, True),
        ("dpano", 1000.0, 5200.0, True, True),
        ("dsub", 1000.0, 5300.0, False, False),
    ],
    "query": [
        ("q0", 1000.0, 5025.0, False, True),  # 25 m from d0, the limit included
        ("q1", 1000.0, 5101.0, False, False),  # not of the subtask
        ("qpano", 1000.0, 5000.0, True, True),
        ("q2", 1000.0, 5199.0, False, True),  # near the panorama only
        ("q3", 1000.0, 5301.0, False, True),  # near a photo that is not of the subtask
        ("q4", 1000.0, 5125.1, False, True),  # 25.1 m from d1
        ("q5", 990.0, 5100.0, False, True),
    ],
}
SF: Mapping[str, Sequence[Row]] = {
    "database": [("s0", 7000.0, 9000.0, False, True)],
    "query": [("t0", 7000.0, 9010.0, False, True), ("t1", 1000.0, 5000.0, False, True)],  # t1: as d0 of cph
}


def write(folder: Path, city: str, sides: Mapping[str, Sequence[Row]]) -> Path:
    place = folder / ("test" if city in CITIES["test"] else "train_val") / city
    for side, rows in sides.items():
        here = place / side
        here.mkdir(parents=True)
        tables = {
            "postprocessed": ["key,easting,northing,unique_cluster,control_panel,night,view_direction"],
            "raw": ["key,lon,lat,ca,captured_at,pano"],
            "seq_info": ["key,sequence_key,frame_number"],
            "subtask_index": ["key,all,s2w,w2s,o2n,n2o,d2n,n2d"],
        }
        for n, (key, east, north, pano, wanted) in enumerate(rows):
            tables["postprocessed"].append(f"{key},{east},{north},0,False,False,Forward")
            tables["raw"].append(
                f"{key},{12.5 + n / 100},{55.5 + n / 100},{350.0 + 5 * n},2015-03-0{n + 1},{pano}"
            )
            tables["seq_info"].append(f"{key},abc,{n}")
            tables["subtask_index"].append(f"{key},{wanted},False,False,False,False,False,False")
        for name, lines in tables.items():
            numbered = [f",{lines[0]}", *(f"{n},{line}" for n, line in enumerate(lines[1:]))]
            (here / f"{name}.csv").write_text("\n".join(numbered) + "\n")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "cph", CPH)
    write(tmp_path, "sf", SF)
    return tmp_path


def keys(photos: PhotoSet) -> list[str]:
    return [photo.path.stem for photo in photos]


def test_splits_are_offered_where_all_their_cities_are(folder: Path) -> None:
    assert LAYOUT.splits(folder) == ("val", "val-740", "cph", "sf")
    assert LAYOUT.splits(folder / "nothing") == ()
    (folder / "train_val" / "sf").rename(folder / "train_val" / "rome")
    assert LAYOUT.splits(folder) == ("cph",)
    with pytest.raises(PlaceprintError, match=r"no split 'val'.*cph"):
        LAYOUT.read(folder, "val")


def test_all_photos_but_panoramas(folder: Path) -> None:
    data = LAYOUT.read(folder, "val")
    assert data.name == "msls/val"
    assert keys(data.database) == ["d0", "d1", "dsub", "s0"]
    assert keys(data.queries) == ["q0", "q1", "q2", "q3", "q4", "q5", "t0", "t1"]
    assert list(data.notes) == ["cph, database: 1 panoramas left out", "cph, query: 1 panoramas left out"]
    columns = data.queries.columns()
    assert columns["regions"].tolist() == ["cph"] * 6 + ["sf"] * 2
    assert columns["meters"][1].tolist() == [1000.0, 5101.0]
    photo = data.queries[3]  # the fifth row of raw.csv
    assert photo.path == folder / "train_val" / "cph" / "query" / "images" / "q3.jpg"
    assert photo.point is not None
    assert (photo.point.lat, photo.point.lon) == (55.54, 12.54)
    assert photo.heading == 10.0
    assert photo.time == datetime(2015, 3, 5)
    assert photo.panorama is None
    assert [rows.tolist() for rows in LAYOUT.read(folder, "cph").within(25.0)] == [[0], [1], [], [2], [], [1]]


def test_the_authors_own_validation(folder: Path) -> None:
    data = LAYOUT.read(folder, "val-740")
    assert keys(data.database) == ["d0", "d1", "s0"]
    assert keys(data.queries) == ["q0", "q5", "t0"]
    assert [rows.tolist() for rows in data.within(25.0)] == [[0], [1], [2]]
    assert "cph: 3 queries left out, no photo within 25 m" in data.notes
    assert "sf: 1 queries left out, no photo within 25 m" in data.notes  # near one in Copenhagen only


def test_cities_of_training_come_in_the_authors_order(tmp_path: Path) -> None:
    for city in CITIES["train"]:
        write(tmp_path, city, {side: [(f"{city}-{side}", 0.0, 0.0, False, True)] for side in SF})
    assert LAYOUT.splits(tmp_path) == ("train", *CITIES["train"])
    data = LAYOUT.read(tmp_path, "train")
    assert keys(data.database)[:3] == ["trondheim-database", "london-database", "boston-database"]
    assert data.queries.columns()["regions"].tolist() == list(CITIES["train"])


def test_test_cities_have_positions_only_where_they_are_published(tmp_path: Path) -> None:
    places = [write(tmp_path, city, SF) for city in CITIES["test"]]
    assert LAYOUT.read(tmp_path, "test").database.meters is not None
    for side in ("query", "database"):
        for table in ("postprocessed.csv", "raw.csv"):
            (places[0] / side / table).unlink()
    data = LAYOUT.read(tmp_path, "test")
    assert data.queries.meters is None
    assert keys(data.queries) == ["t0", "t1"] * 6
    assert f"{CITIES['test'][0]}, query: no positions are published" in data.notes
    with pytest.raises(PlaceprintError, match="no position"):
        data.within(25.0)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("raw.csv", "q1", "q9", r"raw\.csv and postprocessed\.csv list different photos"),
        ("raw.csv", "55.51", "155.51", r"raw\.csv, photo q1: latitude 155"),
        ("raw.csv", "pano", "panorama", r"raw\.csv: no column pano"),
        ("postprocessed.csv", "5101.0", "far", r"postprocessed\.csv: easting and northing are not numbers"),
        ("postprocessed.csv", "5101.0", "nan", r"postprocessed\.csv: a photo has no easting or northing"),
        (
            "subtask_index.csv",
            "6,q5,True,False,False,False,False,False,False\n",
            "",
            "6 rows do not match 7 photos",
        ),
        ("subtask_index.csv", "all", "every", r"subtask_index\.csv: no column all"),
    ],
)
def test_damage_names_the_file_and_the_mend(
    folder: Path, table: str, old: str, new: str, message: str
) -> None:
    path = folder / "train_val" / "cph" / "query" / table
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(PlaceprintError, match=message) as caught:
        LAYOUT.read(folder, "val-740")
    assert caught.value.mend
    path.unlink()
    with pytest.raises(PlaceprintError, match=f"{table} cannot be read"):
        LAYOUT.read(folder, "val-740")


def test_headings_and_times_may_be_unknown(folder: Path) -> None:
    path = folder / "train_val" / "sf" / "query" / "raw.csv"
    path.write_text(path.read_text().replace("350.0", "").replace("2015-03-02", "then"))
    first, second = LAYOUT.read(folder, "sf").queries
    assert (first.heading, first.time) == (None, datetime(2015, 3, 1))
    assert (second.heading, second.time) == (355.0, None)
    assert np.isfinite(LAYOUT.read(folder, "sf").queries.columns()["meters"]).all()
