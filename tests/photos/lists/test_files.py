"""Which file a listed path means: spellings of other systems, and names that stand for two files."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

import pytest

from placeprint.photos import find

Written = Callable[[str, str | bytes], Path]


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(path.name.encode())
    return path


def meant(written: Written, *names: str) -> list[str]:
    """What each name means: the file below the folder, or the reason."""
    items = [{"path": name, "lat": 1, "lon": 2} for name in names]
    table = written("list.json", json.dumps(items))
    found = find(table)
    by_line = {left.reason.rpartition("(item ")[2].partition(" ")[0]: left.reason for left in found.skipped}
    paths = iter(os.path.relpath(p.path, table.parent) for p in found.photos)
    return [by_line.get(str(i)) or next(paths) for i in range(1, len(names) + 1)]


@pytest.mark.parametrize(
    "spelled",
    [
        "trip/Day 1/Größe.JPG", "./trip/Day 1/Größe.JPG", "trip\\Day 1\\Größe.JPG",
        "C:\\Users\\me\\trip\\Day 1\\Größe.JPG", "\\\\server\\share\\trip\\Day 1\\Größe.JPG",
        "/home/other/trip/Day 1/Größe.JPG", "Größe.JPG", "größe.jpg", "TRIP/day 1/GRÖSSE.jpg",
        "trip/Day%201/Gr%C3%B6%C3%9Fe.JPG", "file:///C:/Users/me/trip/Day%201/Gr%C3%B6%C3%9Fe.JPG",
        normalize("NFD", "trip/Day 1/Größe.JPG"), "trip/x/../Day 1/Größe.JPG", '"trip/Day 1/Größe.JPG"',
        "Größe",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spellings_of_other_systems(folder: Path, written: Written, spelled: str, form: str) -> None:
    real = touch(folder / normalize(form, "trip/Day 1/Größe.JPG"))
    assert meant(written, spelled.strip('"')) == [str(real.relative_to(folder))]


def test_this_very_machine_by_url_and_percent_in_names(folder: Path, written: Written) -> None:
    touch(folder / "100%20.jpg")
    touch(folder / "100 .jpg")
    assert meant(written, "100%20.jpg", f"file://{quote(str(folder))}/a.jpg") == ["100%20.jpg", "a.jpg"]


def test_a_name_that_two_files_have_is_not_guessed(folder: Path, written: Written) -> None:
    for name in ("1/x.jpg", "2/x.jpg", "2/deep/y.jpg", "1/Z.jpg", "2/z.jpg"):
        touch(folder / name)
    told = meant(written, "x.jpg", "/old/2/x.jpg", "D:\\2\\deep\\Y.JPG", "Z.jpg")
    assert told[0].startswith("may be") or told[0] == "1/x.jpg"
    assert told[1:] == ["2/x.jpg", "2/deep/y.jpg", "1/Z.jpg"]
    (alone,) = meant(written, "x.jpg")
    assert alone.startswith("may be 2 files: 1/x.jpg and 2/x.jpg (item 1")


def test_a_file_that_another_row_names_exactly_is_not_guessed(folder: Path, written: Written) -> None:
    touch(folder / "new/x.jpg")
    told = meant(written, "gone/x.jpg", "new/x.jpg")
    assert told[0].startswith("does not exist")
    assert told[1] == "new/x.jpg"


def test_two_rows_that_may_mean_one_file_are_both_left_out(folder: Path, written: Written) -> None:
    touch(folder / "new/x.jpg")
    told = meant(written, "1/x.jpg", "2/x.jpg", "a.jpg")
    assert all("so may other rows" in t for t in told[:2]), told
    assert told[2] == "a.jpg"
    assert meant(written, "1/x.jpg", "1/x.jpg")[0] == "new/x.jpg"


def test_a_second_spelling_of_a_listed_path_names_the_first(folder: Path, written: Written) -> None:
    touch(folder / "trip/Größe.jpg")
    spelled = (
        "trip/Größe.jpg",
        normalize("NFD", "trip/Größe.jpg"),
        "TRIP\\größe.JPG",
        "trip/Gr%C3%B6%C3%9Fe.jpg",
    )
    told = meant(written, *spelled)
    assert told[0] == "trip/Größe.jpg"
    assert all(t.startswith("is listed before (item 1)") for t in told[1:]), told


def test_system_folders_are_not_searched(folder: Path, written: Written) -> None:
    touch(folder / "@eaDir/x.jpg")
    touch(folder / ".thumbnails/x.jpg")
    assert meant(written, "x.jpg")[0].startswith("does not exist")


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_one_photo_under_two_names_is_taken_once(folder: Path, written: Written) -> None:
    (folder / "link.jpg").symlink_to("a.jpg")
    os.link(folder / "a.jpg", folder / "hard.jpg")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    told = meant(written, "a.jpg", "sub,dir/../a.jpg", "./a.jpg", "link.jpg", "hard.jpg", "gone.jpg")
    assert told[0] == "a.jpg"
    assert all(t.startswith("is listed before (item 1)") for t in told[1:5]), told
    assert "link to a file that does not exist" in told[5]
    assert meant(written, "sub,dir/../a.jpg") == ["a.jpg"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\0.jpg", "NUL"), ("\ud83d.jpg", "lone surrogate"), ("x" * 5000, "too long"),
        ("x" * 300 + ".jpg", "does not"),
        ("../" * 300 + "nowhere.jpg", "does not exist"), ("\x1b]0;evil\x07.jpg", "does not exist"),
        ("file://[::1", "does not exist"), (".", "is not a file"), ("%00.jpg", "does not exist"),
    ],
)  # fmt: skip
def test_hostile_names_cost_their_row(folder: Path, written: Written, name: str, reason: str) -> None:
    told = meant(written, name, "a.jpg")
    assert reason in told[0]
    assert told[1] == "a.jpg"
    paths = [str(left.path) for left in find(folder / "list.json").skipped]
    assert all(path.isprintable() for path in paths)
