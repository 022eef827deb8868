import csv
from pathlib import Path

import pytest
from rich.console import Console

from placeprint.errors import PlaceprintError
from placeprint.placemap.place import Answer, Failed, NoMatch, Place, Reason
from placeprint.reports import answer_table, print_table, write_answers
from placeprint.reports.table_csv import COLUMNS, write_csv


def test_csv_has_a_row_a_query(tmp_path: Path, answers: list[Answer], hostile: str) -> None:
    write_csv(tmp_path / "out.csv", answers)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    place, scattered, empty = rows
    assert (float(place["lat"]), float(place["lon"])) == (52.2053, 0.1219)
    assert (place["status"], place["verified"], place["inliers"]) == ("place", "true", "2")
    assert (place["radius_50_m"], place["radius_90_m"], place["confidence"]) == ("4.2", "11.5", "0.93")
    assert place["best_match"].endswith("reference & <b>.jpg")
    assert (scattered["status"], scattered["lat"]) == ("no match", "")
    assert scattered["query"] == "/photos/" + hostile.replace("\u202e", "\ufffd")
    assert empty["reason"] == Reason.EMPTY_MAP
    assert empty["best_match"] == ""


def test_a_name_with_commas_quotes_and_newlines_stays_one_cell(tmp_path: Path) -> None:
    name = 'a,"b"\nc.jpg'
    write_csv(tmp_path / "out.csv", [NoMatch(Reason.NOT_SIMILAR, query=name)])
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["query"] == name


def test_a_photo_that_was_not_read_is_a_row_of_its_own_kind(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", [Failed("is damaged", "Copy it again.", "a.jpg")])
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["status"], row["query"], row["reason"]) == ("failed", "a.jpg", "is damaged")


def test_no_control_character_reaches_the_terminal() -> None:
    name = "\x1b]0;evil\x07\x9b31m\nline.jpg"
    text = shown([NoMatch(Reason.NOT_SIMILAR, query=name), Failed(name, query=name)])
    assert all(c.isprintable() or c == "\n" for c in text)
    assert text.count("line.jpg") == 3


def shown(answers: list[Answer], width: int = 200) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(answer_table(answers))
    return capture.get()


def test_the_terminal_table(answers: list[Answer]) -> None:
    text = shown(answers)
    (line,) = [line for line in text.splitlines() if line.strip().startswith("query.jpg")]
    assert line.split() == [
        "query.jpg", "52.205300", "0.121900", "4.2", "m", "12", "m", "0.93", "2", "reference", "&", "<b>.jpg",
    ]  # fmt: skip
    assert Reason.SCATTERED in text
    assert Reason.EMPTY_MAP in text


def test_a_name_is_not_markup() -> None:
    assert "[red]x.jpg" in shown([NoMatch(Reason.NOT_SIMILAR, query="[red]x.jpg")])


def test_a_table_of_places_only_names_no_reasons(place: Place) -> None:
    assert "why none" not in shown([place])


def test_lines_do_not_wrap_in_a_pipe(answers: list[Answer], capsys: pytest.CaptureFixture[str]) -> None:
    print_table(answers)
    assert any(Reason.SCATTERED in line for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("ending", ["geojson", "KML", "kmz", "csv", "gpx"])
def test_the_ending_chooses_the_format(tmp_path: Path, answers: list[Answer], ending: str) -> None:
    path = tmp_path / f"ünï 東京.{ending}"
    write_answers(path, answers)
    start = {"geojson": b"{", "kml": b"<?xml", "kmz": b"PK", "csv": b"query,", "gpx": b"<?xml"}[
        ending.lower()
    ]
    assert path.read_bytes().startswith(start)


def test_an_unknown_ending_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match=r"\.geojson, \.gpx, \.kml"):
        write_answers(tmp_path / "out.shp", [])
