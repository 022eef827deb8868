"""The command line as a user types it, in a process of its own where start-up matters."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from placeprint import progress
from placeprint.cli import app
from placeprint.datasets.town import write_town

runner = CliRunner()


def run(*arguments):
    return runner.invoke(app, [str(a) for a in arguments])


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "placeprint", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"), seed=1, references=24, queries=2, elsewhere=1)


@pytest.fixture(scope="module")
def built(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "town.placemap"
    done = run("build", town.folder / "database", "-o", path, "--quiet")
    assert done.exit_code == 0, done.output
    assert "now has 24" in done.output
    return path


def test_help_needs_neither_torch_nor_faiss_and_every_command_has_an_example():
    names = ["demo", "build", "locate", "info", "add", "remove", "merge", "doctor", "learn"]
    names += ["convert", "export", "evaluate", "explain", "train", "compare", "plot-losses"]
    program = (
        "import sys, contextlib\n"
        "from placeprint.cli import main\n"
        "sys.argv = ['placeprint', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "heavy = {'torch', 'faiss', 'onnxruntime', 'cv2', 'matplotlib', 'scipy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert all(name in done.stdout for name in names)
    for name in names:
        assert "Example:" in run(name, "--help").output
    assert "placeprint 0." in run("--version").output


def test_locate_prints_a_table_json_and_files(built, town, tmp_path):
    query = town.folder / next(iter(town.queries))
    outputs = [tmp_path / f"out.{ending}" for ending in ("geojson", "kml", "kmz", "csv", "gpx")]
    for output in outputs:
        done = run("locate", built, query, "-o", output)
        assert done.exit_code == 0, done.output
        assert output.stat().st_size > 0
    assert query.name in done.output
    report = tmp_path / "out.html"
    done = run("locate", built, town.folder / "queries", "--report", report, "--json", "-q")
    answers = json.loads(done.stdout)["answers"]
    assert [a["query"] for a in answers] == sorted(str(town.folder / q) for q in town.queries)
    assert {a["status"] for a in answers} <= {"place", "no match"}
    HTMLParser().feed(report.read_text())
    assert "data:image/jpeg" in report.read_text()


def test_quiet_shows_no_progress_however_long_it_takes(built, town, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    part = tmp_path / "part.placemap"
    for arguments in (
        ("build", town.folder / "database", "-o", part),
        ("add", part, town.folder / "database"),
        ("locate", built, town.folder / "queries"),
        (
            "learn",
            town.folder / "database",
            "-o",
            tmp_path / "town.npz",
            "--pipeline",
            "rootsift-vlad",
            "--dim",
            8,
        ),
        ("demo", tmp_path / "demo", "--references", "8"),
    ):
        loud = run(*arguments) if arguments[0] == "locate" else None
        assert loud is None or "Reading positions: 2/2 photos" in loud.stderr
        done = run(*arguments, "--quiet")
        assert done.exit_code == 0, done.output
        assert done.stderr == ""


def test_near_restricts_and_a_wrong_area_is_explained(built, town):
    query = town.folder / next(iter(town.queries))
    done = run("locate", built, query, "--near", "60,10,100", "--json")
    told = json.loads(done.stdout)
    assert told["answers"][0]["reason"] == "No reference photo lies in the searched area."
    assert told["damage"] == []
    assert "lies within 100 m of 60.000000, 10.000000: the nearest is" in told["notes"][0]
    assert "LAT,LON,METERS" in str(run("locate", built, query, "--near", "here").exception)
    assert "not a place on Earth" in str(run("locate", built, query, "--near", "95,10,100").exception)


def test_info_add_remove_merge_and_doctor(built, town, tmp_path):
    facts = json.loads(run("info", built, "--json", "--photos").stdout)
    assert facts["photos"] == 24
    assert facts["descriptor"] == "lite0-netvlad"
    assert len(facts["reference_photos"]) == 24
    done = run("doctor", built, "--json", "-q")
    assert done.exit_code == 0
    assert {f["level"] for f in json.loads(done.stdout)} <= {"ok", "warning"}
    part = tmp_path / "part.placemap"
    photos = sorted((town.folder / "database").iterdir())
    table = tmp_path / "some.csv"
    rows = [f"{p},0.5,{0.5 + i * 1e-4},{'a' if i < 2 else 'b'}" for i, p in enumerate(photos[:4])]
    table.write_text("path,lat,lon,part\n" + "\n".join(rows))
    assert run("build", table, "-o", part, "--where", "part=a", "-q", "--json").exit_code == 0
    assert "now has 4" in run("add", part, table, "-q").output
    assert "Removed 1 of 4" in run("remove", part, photos[0], "-q").output
    other = tmp_path / "other.placemap"
    run("build", table, "-o", other, "-q")
    assert "Copied 1 photos; the map now has 4" in run("merge", part, other, "-q").output
    assert str(photos[0]) in run("info", part, "--photos").output


def test_a_learned_descriptor_builds_a_map(town, tmp_path):
    learned = tmp_path / "town.npz"
    done = run(
        "learn", town.folder / "database", "-o", learned, "--pipeline", "rootsift-vlad", "--dim", "16", "-q"
    )
    assert done.exit_code == 0, done.output
    path = tmp_path / "vlad.placemap"
    assert run("build", town.folder / "database", "-o", path, "--pipeline", learned, "-q").exit_code == 0
    assert json.loads(run("info", path, "--json").stdout)["descriptor"] == "rootsift-vlad"


def test_a_mistake_is_one_line_without_a_traceback(built, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.jpg").write_text("no photo")
    for arguments, message in (
        (("build", tmp_path / "nowhere", "-o", tmp_path / "m"), "nowhere"),
        (("build", tmp_path / "empty", "-o", tmp_path / "m"), "no photo with a position"),
        (("locate", tmp_path / "nowhere", tmp_path / "text.jpg"), "nowhere"),
        (("locate", built, tmp_path / "empty"), "no photo to locate"),
        (("info", tmp_path / "empty"), "is not a place map"),
        (("build", tmp_path / "empty", "-o", tmp_path / "m", "--where", "x"), "COLUMN=VALUE"),
        (("learn", tmp_path / "empty", "-o", tmp_path / "x.npz", "--pipeline", "other"), "other"),
    ):
        done = command(*arguments)
        assert done.returncode == 1, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_the_demo_locates_photos_and_tells_strangers_apart(tmp_path):
    done = command("demo", tmp_path / "demo", "--references", "120")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "located within 25 m" in line]
    located, _, total = line.split(" photos")[0].partition(" of ")
    assert int(located) >= int(total) - 3
    assert (tmp_path / "demo" / "report.html").stat().st_size > 100_000
