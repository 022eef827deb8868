"""Names of photos as the README of GSV-Cities gives them, labels over several cities, damaged tables."""

from datetime import datetime
from pathlib import Path

import pytest

from placeprint.datasets.layouts.streets.gsv_cities import LAYOUT
from placeprint.errors import PlaceprintError

HEADER = "place_id,year,month,northdeg,city_id,lat,lon,panoid\n"
LONDON = HEADER + (
    "130,2018,4,15,London,51.4861,-0.0895151,6jFjb3wGyCkcBfq4k559ag\n"
    "6793,2016,7,2,London,51.5187,-0.160767,Ff3OtsS4ihGSPdPjtlpEUA\n"
    "130,2008,11,348,London,51.4862,-0.0895,W3KMPec54NBqLMzmZmGv-Q\n"
)
PARIS = HEADER + "130,2015,5,584,PRS,48.79733778544615,2.231461206488333,7P0FnGV3k4Fmtw66b8_-Gg\n"
NAMES = [
    "London/London_0000130_2018_04_015_51.4861_-0.0895151_6jFjb3wGyCkcBfq4k559ag",
    "London/London_0006793_2016_07_002_51.5187_-0.160767_Ff3OtsS4ihGSPdPjtlpEUA",
    "London/London_0000130_2008_11_348_51.4862_-0.0895_W3KMPec54NBqLMzmZmGv-Q",
    "PRS/PRS_0000130_2015_05_584_48.79733778544615_2.231461206488333_7P0FnGV3k4Fmtw66b8_-Gg",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dataframes").mkdir()
    (tmp_path / "Dataframes" / "London.csv").write_text(LONDON)
    (tmp_path / "Dataframes" / "PRS.csv").write_text(PARIS)
    return tmp_path


def test_all_cities(folder: Path) -> None:
    assert LAYOUT.splits(folder) == ("all", "London", "PRS")
    data = LAYOUT.read(folder, "all")
    assert data.name == "gsv-cities/all"
    assert [photo.path for photo in data.database] == [folder / "Images" / f"{name}.jpg" for name in NAMES]
    assert len(data.queries) == 0
    columns = data.database.columns()
    assert columns["labels"].tolist() == ["London_0000130", "London_0006793", "London_0000130", "PRS_0000130"]
    assert columns["regions"].tolist() == ["London"] * 3 + ["PRS"]
    first, last = data.database[0], data.database[3]
    assert first.point is not None
    assert (first.point.lat, first.point.lon) == (51.4861, -0.0895151)
    assert (first.heading, first.time, first.panorama) == (
        15.0,
        datetime(2018, 4, 1),
        "6jFjb3wGyCkcBfq4k559ag",
    )
    assert last.heading == 584 - 360


def test_one_city_and_photos_with_capital_ending(folder: Path) -> None:
    for name in NAMES[:2]:
        path = folder / "Images" / f"{name}.JPG"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    photos = LAYOUT.read(folder, "London").database
    assert [photo.path.name for photo in photos] == [
        Path(f"{NAMES[0]}.JPG").name,
        Path(f"{NAMES[1]}.JPG").name,
        Path(f"{NAMES[2]}.jpg").name,  # not there: as the table has it
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER.replace(",northdeg", ""), r"PRS\.csv: no column northdeg"),
        (PARIS.replace("2015", "soon"), r"PRS\.csv, photo 1: .*soon"),
        (PARIS.replace(",5,", ",13,"), r"PRS\.csv, photo 1: month"),
        (PARIS.replace("48.79", "148.79"), r"PRS\.csv, photo 1: latitude 148"),
        (PARIS + "131,2015\n", r"PRS\.csv, line 3"),
    ],
)
def test_damaged_tables_name_the_line_and_the_mend(folder: Path, content: str, message: str) -> None:
    (folder / "Dataframes" / "PRS.csv").write_text(content)
    with pytest.raises(PlaceprintError, match=message) as caught:
        LAYOUT.read(folder, "all")
    assert caught.value.mend


def test_another_folder_and_another_split(tmp_path: Path, folder: Path) -> None:
    assert LAYOUT.splits(tmp_path / "other") == ()
    with pytest.raises(PlaceprintError, match=r"no split 'Rome'.*all, London, PRS"):
        LAYOUT.read(folder, "Rome")
