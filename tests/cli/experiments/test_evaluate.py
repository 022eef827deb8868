"""`placeprint evaluate` and `placeprint dataset` on a small data set of the synthetic town."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from placeprint.cli import app
from placeprint.datasets.town import write_town
from placeprint.placemap import PlaceMap

runner = CliRunner()


def run(*arguments: object) -> Result:
    return runner.invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    town = write_town(folder / "town", seed=2, references=24, queries=4, elsewhere=0)
    lines = ["path,lat,lon,heading,panorama,split,role"]
    for role, views in (("database", town.database), ("query", town.queries)):
        for name, view in views.items():
            lines.append(f"{town.folder / name},{view.point.lat},{view.point.lon},0,,val,{role}")
    (folder / "photos.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_scores_are_the_same_in_the_table_the_json_and_the_predictions(data: Path, tmp_path: Path) -> None:
    options = ["--cache", tmp_path / "cache", "--quiet"]
    report, out = tmp_path / "report.html", tmp_path / "out"
    shown = run("evaluate", data, "-m", "lite0-netvlad", *options, "--report", report, "--export", out)
    assert shown.exit_code == 0, shown.output
    assert "own-photos" in shown.output
    assert report.read_text().count("own-photos") > 0
    done = run("evaluate", data, "--json", *options, "-m", "lite0-netvlad+geometry:5")
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["results"][0]["described"]["rerankers"][0]["depth"] == 5
    again = run("evaluate", data, "--json", *options)
    first = json.loads(again.stdout)["results"][0]["scores"]
    scored = run("evaluate", data, "--json", "--predictions", f"own={out / 'lite0-netvlad'}", *options)
    theirs = json.loads(scored.stdout)["results"][0]["scores"]
    assert theirs["R@1"] == first["R@1"]
    assert f"{100 * first['R@1']['value']:.1f}" in shown.output


def test_a_map_is_evaluated(data: Path, tmp_path: Path) -> None:
    queries = json.loads(run("evaluate", data, "--json", "--cache", tmp_path).stdout)["dataset"]["queries"]
    PlaceMap.build(data / "town" / "database", tmp_path / "m.placemap", quiet=True).close()
    shown = run("evaluate", data, "--map", tmp_path / "m.placemap", "--quiet")
    assert shown.exit_code == 0, shown.output
    assert "expected calibration error" in shown.output or "answered" in shown.output
    told = json.loads(run("evaluate", data, "--map", tmp_path / "m.placemap", "--json").stdout)
    assert told["queries"] == queries
    assert told["map_photos"] == 24


def test_mistakes_are_one_line(data: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (["evaluate", data, "--protocol", "nonsense"], "there is no protocol"),
        (["evaluate", data, "--split", "test"], "no split 'test'"),
        (["evaluate", tmp_path], "layout of any known data set"),
        (["evaluate", data, "--predictions", "x"], "NAME=PATH"),
        (["evaluate", data, "--map", tmp_path, "-m", "x"], "--map excludes other methods"),
        (["evaluate", data, "--layout", "marsian"], "layout 'marsian'"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert said in str(result.exception), result.output


def test_dataset_check_says_what_is_missing(data: Path, tmp_path: Path) -> None:
    told = json.loads(run("dataset", "check", data, "--json").stdout)
    assert (told["layout"], told["sound"]) == ("table", True)
    assert (told["splits"][0]["database"], told["splits"][0]["queries"]) == (24, 4)
    names = np.array(["db/a.jpg", "db/b.jpg"])
    np.save(tmp_path / "tiny_dbImages.npy", names)
    np.save(tmp_path / "tiny_qImages.npy", names[:1])
    np.save(tmp_path / "tiny_gt_25m.npy", np.array([[0]], object), allow_pickle=True)
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "a.jpg").touch()
    shown = run("dataset", "check", tmp_path)
    assert shown.exit_code == 1
    assert "b.jpg" in shown.output
    assert "The original:" in shown.output
    assert "pitts30k" in run("dataset", "list").output
    assert any(row["name"] == "msls" for row in json.loads(run("dataset", "list", "--json").stdout))


def test_protocols_are_listed_and_shown_whole() -> None:
    assert "msls-740" in run("dataset", "protocols").output
    shown = run("dataset", "protocols", "tokyo247-relja")
    assert "block" in shown.output
    assert json.loads(run("dataset", "protocols", "relja", "--json").stdout)[0]["truth"]["limit"] == 25.0
