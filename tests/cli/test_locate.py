"""`locate` and `undo-xmp` as people call them."""

import csv
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placeprint.cli import app, completion
from placeprint.datasets.town import write_town
from placeprint.photos import read_info

runner = CliRunner()
how_to_go_on = importlib.import_module("placeprint.cli.app").how_to_go_on


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A map, queries in two folders with the same names, and no reference photos any more."""
    home = tmp_path_factory.mktemp("jane-doe")
    town = write_town(home / "town", seed=1, references=24, queries=2, elsewhere=0)
    done = runner.invoke(app, ["build", str(town.folder / "database"), "-o", str(home / "m.placemap"), "-q"])
    assert done.exit_code == 0, done.output
    for folder, name in zip(("one", "two"), town.queries, strict=True):
        (home / folder).mkdir()
        shutil.copy(town.folder / name, home / folder / "=IMG.jpg")
    shutil.rmtree(town.folder)
    return home


def located(home, *words, **more):
    return runner.invoke(app, ["locate", str(home / "m.placemap"), *map(str, words), "-q"], **more)


def names(done):
    return [Path(a["query"]).parent.name for a in json.loads(done.stdout)["answers"]]


def test_photos_are_named_in_every_way(home):
    one, two = home / "one" / "=IMG.jpg", home / "two" / "=IMG.jpg"
    for words in ([one, two], [home / "*" / "=IMG.jpg"], [home / "one", two, one]):
        assert names(located(home, *words, "--json")) == ["one", "two"]
    for separator in ("\n", "\r\n", "\0"):
        given = separator.join([str(two), str(one)]) + separator
        assert names(located(home, "-", "--json", input=given)) == ["two", "one"]
    done = located(home, one, home / "gone.jpg", "--json")
    assert names(done) == ["one"]
    assert [Path(f["path"]).name for f in json.loads(done.stdout)["failed"]] == ["gone.jpg"]
    for nothing in (home / "gone*.jpg", home / "gone.jpg"):
        assert located(home, nothing).exit_code == 1
    assert located(home, "-", input="").exit_code == 1


def test_one_run_writes_everything_and_names_no_folder_of_this_machine(home, tmp_path):
    files = [tmp_path / f"out.{ending}" for ending in ("geojson", "kml", "kmz", "csv", "gpx")]
    outputs = [word for file in files for word in ("-o", file)]
    more = ["--report", tmp_path / "out.html", "--relative-paths", "--json"]
    done = located(home, home / "one", home / "two", *outputs, *more)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [a["query"] for a in told["answers"]] == ["one/=IMG.jpg", "two/=IMG.jpg"]
    made = told["provenance"]
    assert len(made["map_fingerprint"]) == len(made["model_fingerprint"]) == 16
    pages = tmp_path / "pages"
    assert located(home, home / "one", home / "two", "--report", pages, "--relative-paths").exit_code == 0
    written = [*files, tmp_path / "out.html", *(p for p in pages.rglob("*") if p.is_file())]
    for file in written:
        texts = [file.read_bytes()]
        if file.suffix == ".kmz":
            with zipfile.ZipFile(file) as archive:
                pictures = [name for name in archive.namelist() if name.endswith(".jpg")]
                texts = [archive.read(name) for name in archive.namelist()]
            assert len(pictures) > 2  # two queries, and the map's thumbnails: its photos are gone
        assert all(b"jane-doe" not in text for text in texts), file
        assert all(b"/tmp/" not in text for text in texts), file
        if file.suffix in (".geojson", ".kml", ".csv", ".gpx", ".html"):
            text = texts[0].decode()
            inside = file.parent.name != "answers" and file.parent != pages
            assert not inside or (made["map_fingerprint"] in text and told["answers"][0]["sha256"] in text)
            assert file.parent.name == "answers" or ("one/=IMG.jpg" in text and "two/=IMG.jpg" in text)
    assert (tmp_path / "out.html").read_text().count("data:image/jpeg") > 2
    with (tmp_path / "out.csv").open(newline="") as file:
        assert all(not cell.startswith(tuple("=+-@\t\r")) for row in csv.reader(file) for cell in row)


def test_a_cell_that_looks_like_a_formula_comes_back_as_it_was(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home / "one")
    done = located(home, "=IMG.jpg", "-o", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("'=IMG.jpg,")
    shutil.copy(tmp_path / "out.csv", home / "one" / "again.csv")
    assert [a["query"] for a in json.loads(located(home, "again.csv", "--json").stdout)["answers"]] == [
        str(Path("=IMG.jpg"))
    ]


def test_estimates_go_into_sidecars_and_out_again(home, tmp_path):
    photo = tmp_path / "a.jpg"
    shutil.copy(home / "one" / "=IMG.jpg", photo)
    more = ["--write-xmp", "--least-confidence", "0"]
    assert "Would write a.jpg.xmp" in located(home, photo, *more, "--dry-run").output
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]
    assert "Wrote 1 XMP sidecars" in located(home, photo, *more).output
    assert "placeprint" in (tmp_path / "a.jpg.xmp").read_text()
    assert read_info(photo).point is None
    assert names(located(home, tmp_path, "--without-position", "--json")) == [tmp_path.name]
    undone = runner.invoke(app, ["undo-xmp", str(tmp_path)])
    assert "out of 1 XMP" in undone.output
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]
    assert "is below 1" in located(home, photo, "--write-xmp", "--least-confidence", "1", "--json").stdout
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]
    xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    xmp += '<rdf:Description xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="5,0N" '
    xmp += 'e:GPSLongitude="6,0E"/>'
    (tmp_path / "a.xmp").write_text(f"{xmp}</rdf:RDF></x:xmpmeta>")
    assert "position of its own" in located(home, photo, *more).output
    assert located(home, photo, "--without-position").exit_code == 0


def test_ctrl_c_says_how_to_go_on(home):
    # Whoever runs the tests in the background makes every child ignore Ctrl-C.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from placeprint.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "locate", str(home / "m.placemap"), "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = subprocess.Popen(command, text=True, **pipes)
    with pytest.raises(subprocess.TimeoutExpired):
        started.wait(4)  # it waits for paths
    started.send_signal(signal.SIGINT)
    _, said = started.communicate()
    assert started.returncode == 130
    assert said.startswith("placeprint: stopped. Files are written at the end")
    assert "Traceback" not in said
    resumed = how_to_go_on(["train", "my data/", "-o", "run"])
    assert resumed == "Continue with: placeprint train 'my data/' -o run --resume"


def test_tab_completes_names(home, monkeypatch):
    assert "lite0-netvlad" in completion.descriptors("lite0-n")
    assert "lite0-netvlad+geometry" in completion.descriptors("lite0-netvlad+geo")
    assert completion.stages("+exact") == ["+exact"] or "+geometry" in completion.stages("+")
    assert "own-photos" in completion.protocols("own")
    assert completion.layouts("colm") == ["colmap"]
    assert "sare-small" in completion.recipes("sare-s")
    monkeypatch.chdir(home)
    assert completion.maps("m") == ["m.placemap"]
    assert completion.maps("gone/") == []
    words = {"COMP_WORDS": "placeprint evaluate . -m lite0-netv", "COMP_CWORD": "4"}
    environment = {**os.environ, **words, "_PLACEPRINT_COMPLETE": "complete_bash"}
    program = "import sys; sys.argv = ['placeprint']; from placeprint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert "lite0-netvlad" in done.stdout.split(), done.stderr


@pytest.mark.parametrize("width", [60, 80])
def test_narrow_tables_cut_nothing(home, width, monkeypatch):
    from rich.console import Console

    from placeprint.placemap.place import NoMatch, Reason
    from placeprint.reports import answer_table

    monkeypatch.setenv("COLUMNS", str(width))
    name = "a_photo_with_a_name_that_no_column_of_a_narrow_terminal_can_hold_0001.jpg"
    console = Console(width=width)
    with console.capture() as capture:
        console.print(answer_table([NoMatch(Reason.NOT_SIMILAR, query=name)], width))
    lines = capture.get().splitlines()
    assert "…" not in capture.get()
    assert max(map(len, lines)) <= width
    kept = "".join(line[:8].strip() for line in lines)
    assert name[:5] in kept
    made = json.loads(runner.invoke(app, ["info", str(home / "m.placemap"), "--json"]).stdout)
    commands = (["info", str(home / "m.placemap")], ["list"], ["dataset", "list"], ["dataset", "protocols"])
    for words in commands:
        text = runner.invoke(app, words).output
        monkeypatch.setenv("COLUMNS", "900")
        whole = runner.invoke(app, words).output
        monkeypatch.setenv("COLUMNS", str(width))
        assert text.count("…") == whole.count("…"), words
        assert max(map(len, text.splitlines())) <= width, words
    fingerprints = [value for value in made.values() if isinstance(value, str) and len(value) == 16]
    said = "".join(runner.invoke(app, ["info", str(home / "m.placemap")]).output.split())
    assert all(value in said for value in fingerprints)
