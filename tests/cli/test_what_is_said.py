"""What commands say about files that they leave out; and never a control character from a name."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.cli.terminal import printable
from placeprint.datasets.town import write_town

ESCAPE = "\x1b]0;evil\x07\x9b31m\u202e"
runner = CliRunner()


def run(*arguments):
    return runner.invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """Eight photos with positions, other files, and a photo that is none."""
    folder = write_town(tmp_path_factory.mktemp("town"), seed=1, references=8, queries=1, elsewhere=0).folder
    photos = folder / "database"
    for name in ("a.mov", "b.MOV", "c.nef", "README"):
        (photos / name).write_bytes(b"x")
    (photos / "@eaDir").mkdir()
    (photos / (f"bad{ESCAPE}.jpg" if os.name == "posix" else "bad.jpg")).write_bytes(b"no photo")
    return folder


@pytest.fixture(scope="module")
def built(town: Path) -> tuple[Path, str]:
    done = run("build", town / "database", "-o", town / "town.placemap", "-p", "lite0-netvlad", "-q")
    assert done.exit_code == 0, done.output
    return town / "town.placemap", done.output


def safe(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


def test_build_says_what_it_left_out_by_kind(built: tuple[Path, str]) -> None:
    path, said = built
    assert "Added 8 photos" in said
    assert "Left out 2: 2 x " in said  # a RAW photo is one that should be readable
    assert "2 .mov videos" in said
    assert "1 file without an extension" in said
    assert "1 folder of the system (@eaDir)" in said
    assert "bad\\x1b]0;evil\\x07" in said
    assert safe(said)
    for more in (("info", path, "--skipped"), ("info", path, "--photos"), ("doctor", path, "-q")):
        assert safe(run(*more).output)


def test_json_says_it_too(town: Path, built: tuple[Path, str]) -> None:
    done = run("add", built[0], town / "database", "--exclude", "*.nef", "--json", "-q")
    said = json.loads(done.stdout)
    assert (said["added"], said["known"], said["photos"]) == (0, 8, 8)
    assert said["ignored"] == {".mov": 2, "": 1, "@eaDir/": 1, "excluded": 1}
    assert said["skipped"][0]["path"].endswith(f"bad{ESCAPE}.jpg")


def test_a_build_without_photos_fails_and_says_why(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("1.jpg", "2.jpg"):
        (folder / name).write_bytes(b"")
    (folder / "3.nef").write_bytes(b"x")
    (folder / "4.mov").write_bytes(b"x")
    for json_too in ((), ("--json",)):
        done = run("build", folder, "-o", tmp_path / "x.placemap", "-q", *json_too)
        assert done.exit_code == 1
        assert "no photo with a position" in str(done.exception)
        assert "3 left out (2 x is empty (0 bytes); 1 x is not a photo" in str(done.exception)
        assert "not photos: 1 .mov video" in str(done.exception)
    assert json.loads(done.stdout)["ignored"] == {".mov": 1}
    assert not (tmp_path / "x.placemap").exists()
    table = tmp_path / "x.csv"
    table.write_text("path,lat,lon\nphotos/4.jpg,1,2\n")
    (folder / "4.jpg").write_bytes(b"not a photo")
    done = run("build", table, "-o", tmp_path / "y.placemap", "-q")
    assert done.exit_code == 1
    assert "none of 1 photos could be used" in str(done.exception)


def test_photos_that_cannot_be_read_are_in_every_output(town: Path, built: tuple[Path, str]) -> None:
    queries = town / "queries"
    (queries / "bad.jpg").write_bytes(b"no photo")
    (queries / "clip.mp4").write_bytes(b"x")
    for ending in (".csv", ".geojson", ".kml", ".gpx"):
        out = town / f"out{ending}"
        report = town / "out.html"
        done = run("locate", built[0], queries, "-o", out, "--report", report, "-q")
        assert done.exit_code == 0, done.output
        assert "not read: " in done.output
        assert "1 .mp4 video" in done.output
        assert "bad.jpg" in out.read_text(), ending
        assert "1 not read" in report.read_text()
        assert "Not read" in report.read_text()
    assert ",failed," in (town / "out.csv").read_text()
    said = json.loads(run("locate", built[0], queries, "--json", "-q").stdout)
    assert [Path(f["path"]).name for f in said["failed"]] == ["bad.jpg"]
    assert said["ignored"] == {".mp4": 1}


def test_printable() -> None:
    assert printable(f"a{ESCAPE}b\n\t\0") == "a\\x1b]0;evil\\x07\\x9b31m\\u202eb\\x0a\\x09\\x00"
    assert printable("Größe 東京 👩\u200d👧 é") == "Größe 東京 👩\u200d👧 é"
    assert printable("\udce9\u2028\U000e0001") == "\\udce9\\u2028\\U000e0001"


def test_the_last_line_of_a_failure_is_printable(tmp_path: Path) -> None:
    import subprocess
    import sys

    name = str(tmp_path / f"none{ESCAPE}")
    done = subprocess.run(
        [sys.executable, "-m", "placeprint", "build", name, "-o", str(tmp_path / "x")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert safe(done.stderr), repr(done.stderr)
    assert "\\x1b]0;evil" in done.stderr
