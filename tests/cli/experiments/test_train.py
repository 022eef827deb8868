"""`placeprint train` as a user types it."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from training_cases import PAIRS, VIEWS, recipe, save_start, state_of, write_street
from typer.testing import CliRunner

from placeprint.cli import app, main
from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.errors import PlaceprintError

runner = CliRunner()


def run(*arguments: object) -> Result:
    return runner.invoke(app, ["train", *map(str, arguments)])


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data set and a recipe."""
    folder = tmp_path_factory.mktemp("case")
    street = write_street(folder / "street")
    start = save_start(folder / "start", street)
    config = recipe(
        start,
        data=VIEWS,
        mining=PAIRS,
        run={"epochs": 2, "steps_per_epoch": 2, "batch": 4, "keep_every": 1, "select_by": 1},
    )
    (folder / "tiny.json").write_text(config.model_dump_json())
    return street, folder / "tiny.json"


def test_help_and_the_list_of_recipes() -> None:
    said = run("--help")
    assert said.exit_code == 0
    assert "Example:" in said.output
    listed = run("--recipes")
    assert listed.exit_code == 0
    assert any(line.startswith("sare-small: SARE") for line in listed.output.splitlines())


def test_a_run_leaves_everything_that_it_takes(case: tuple[Path, Path], tmp_path: Path) -> None:
    street, config = case
    out = tmp_path / "run"
    done = run(street, "-c", config, "-o", out, "--seed", 3, "--set", "optimizer.lr=0.02", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["model"] == str(out / "model")
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    validations = [line for line in lines if line["kind"] == "validation"]
    assert said["best"] in validations
    assert [line["step"] for line in lines if line["kind"] == "step"] == [1, 2, 3, 4]
    assert {"loss", "lr", "gradient_norm", "violating", "positive_distance", "seconds"} <= lines[1].keys()
    written = json.loads((out / "config.json").read_text())
    assert (written["seed"], written["optimizer"]["lr"]) == (3, 0.02)
    environment = json.loads((out / "environment.json").read_text())
    assert {"machine", "torch", "command", "training_fingerprint", "validation_fingerprint"} <= set(
        environment
    )
    assert environment["training_photos"] == 64
    assert (out / "curves.html").is_file()
    trained = open_descriptor(str(out / "model"))
    assert isinstance(trained, NetworkDescriptor)
    assert "seed 3" in trained.card.training
    if said["best"] == validations[-1]:
        for name, value in trained.network.state_dict().items():
            np.testing.assert_array_equal(value, state_of(out)["network"][name])
    again = run(street, "-c", config, "-o", out)
    assert isinstance(again.exception, PlaceprintError)
    assert "already has a run" in str(again.exception)
    resumed = run(street, "-o", out, "--resume", "--quiet")
    assert resumed.exit_code == 0, resumed.output
    assert "Best network after" in resumed.stdout
    assert str(out / "model") in resumed.stdout


def test_dev_is_a_smoke_run_that_can_be_resumed(case: tuple[Path, Path], tmp_path: Path) -> None:
    street, config = case
    options = (street, "-o", tmp_path / "run", "--dev", "--quiet")
    small = ["data.validation_size=exact:32x32", "run.batch=1"]
    done = run(*options, "-c", config, *(f"--set={change}" for change in small))
    assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (said["name"], said["run"]["epochs"], said["run"]["steps_per_epoch"]) == ("tiny-dev", 1, 6)
    assert run(*options, "--resume").exit_code == 0


def test_only_the_first_process_speaks(
    case: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street, config = case
    monkeypatch.setattr("placeprint.training.train", lambda *_, **__: None)
    monkeypatch.setenv("RANK", "1")
    done = run(street, "-c", config, "-o", tmp_path, "--json")
    assert (done.exit_code, done.output) == (0, "")


def test_ctrl_c_says_how_to_go_on(
    capsys, case: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    street, config = case
    monkeypatch.setattr("placeprint.training.train", interrupted)
    command = ["train", str(street), "-c", str(config), "-o", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["placeprint", *command])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err.endswith(f"placeprint {shlex.join([*command, '--resume'])}\n")


def test_mistakes_are_one_line(case: tuple[Path, Path], tmp_path: Path) -> None:
    street, config = case
    for arguments, said in (
        ([tmp_path / "none", "-c", config, "-o", tmp_path / "a"], "none does not exist"),
        ([street, "-o", tmp_path / "a"], "needs a recipe"),
        ([street, "-c", config], "--output"),
        ([street, "-c", "sare-smal", "-o", tmp_path / "a"], "there is no recipe 'sare-smal'"),
        ([street, "-c", config, "-o", tmp_path / "a", "--set", "run.epochs=0"], "run.epochs"),
        ([street, "-c", config, "-o", tmp_path / "a", "--set", "data.split=test"], "split 'test'"),
        ([street, "-o", tmp_path / "a", "--resume"], "config.json"),
        ([street, "-c", config, "-o", tmp_path / "a", "--device", "abacus"], "abacus"),
    ):
        done = run(*arguments)
        assert isinstance(done.exception, PlaceprintError), done.output
        assert said in str(done.exception)
        assert "\n" not in str(done.exception)
    assert not (tmp_path / "a").exists()
