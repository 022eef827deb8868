"""What a run leaves behind: lines of JSON, half-written ones, curves."""

import json
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from placeprint.errors import FormatError, PlaceprintError
from placeprint.training import TrainingConfig
from placeprint.training.runs.curves import draw_curves
from placeprint.training.runs.reporting import Reporter
from placeprint.training.runs.run_folder import RunFolder

CONFIG = TrainingConfig.model_validate(
    {"name": "a < b", "network": {"start": "lite0-netvlad"}, "loss": {"name": "triplet"}}
)
RECALLS = {"recall@1": 10.0, "recall@5": 20.0, "recall@10": 30.0, "recall@20": 100.0}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.begin(CONFIG, {"machine": "here"})
    return folder


def test_what_is_begun_is_read_back_and_not_begun_again(run: RunFolder, tmp_path: Path) -> None:
    assert run.config() == CONFIG
    assert run.environment() == {"machine": "here"}
    with pytest.raises(PlaceprintError, match="already has a run"):
        run.begin(CONFIG, {})
    with pytest.raises(FormatError, match="is not a training run"):
        RunFolder(tmp_path).config()


def test_numbers_that_are_not_finite_are_null(run: RunFolder) -> None:
    run.log(kind="step", step=1, loss=float("nan"), norm=float("inf"), share=0.5, tuples=3)
    text = (run.path / "metrics.jsonl").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {
        "kind": "step", "step": 1, "loss": None, "norm": None, "share": 0.5, "tuples": 3,
    }  # fmt: skip


def test_what_will_be_run_again_is_forgotten(run: RunFolder) -> None:
    run.log(kind="validation", step=0)
    for step in (1, 2):
        run.log(kind="step", step=step)
    run.log(kind="validation", step=2)
    run.log(kind="step", step=3)
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "step", "st')
    assert [line["step"] for line in run.metrics()] == [0, 1, 2, 2, 3]
    run.forget_after(2, 1)  # killed after the line of the second validation, before its checkpoint
    assert [(line["kind"][0], line["step"]) for line in run.metrics()] == [("v", 0), ("s", 1), ("s", 2)]
    run.log(kind="step", step=3)
    assert [line["step"] for line in run.metrics("step")] == [1, 2, 3]
    run.forget_after(0, 0)
    assert run.metrics() == []


class Tags(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.titles.append(data)


@pytest.mark.parametrize("losses", [[], [0.5], [0.0, 0.0], [2.0, 1.0, None, 0.5] * 40])
def test_curves_are_well_formed(run: RunFolder, losses: list[float | None]) -> None:
    run.log(kind="validation", step=0, epoch=0, **RECALLS)
    for step, loss in enumerate(losses, 1):
        run.log(kind="step", step=step, loss=float("nan") if loss is None else loss)
    run.log(kind="validation", step=len(losses), epoch=1, **(RECALLS | {"recall@1": 99.0}))
    draw_curves(run)
    page = (run.path / "curves.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.titles[0] == "a < b"
    assert "NaN" not in page
    assert " nan" not in page
    assert page.count("<svg") == (2 if len(losses) > 1 else 1)
    assert "recall@1 99.0 %" in page
    if len(losses) > 2:
        assert "from 1.500 to 0.750" in page  # 2 % of 120 steps are two; the null ones are left out


def logged(step: int, **values: float) -> dict[str, Any]:
    return {"step": step, "epoch": 0, "loss": 1.0, "seconds": 1.0} | values


def test_the_time_left_counts_from_where_it_was_resumed(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("placeprint.training.runs.reporting.time.monotonic", lambda: clock[0])
    trainer: Any = SimpleNamespace(steps_per_epoch=1000, spec=SimpleNamespace(epochs=10))
    with Reporter(trainer, quiet=False) as reporter:
        for step in (5001, 5002):
            clock[0] += 31.0
            reporter.step(logged(step, seconds=31.0, loss=float(step - 5000), violating=float("nan")))
        reporter.step({"validation": dict.fromkeys((1, 5, 10, 20), 50.0), "step": 5002, "epoch": 5})
        for _ in range(2):
            reporter.warn("photo.jpg is broken")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"step 5001/10000, loss 1.000, {4999 * 31} s left"
    assert lines[1] == f"step 5002/10000, loss 1.050, {4998 * 31} s left"
    assert lines[2:] == ["step 5002, epoch 5: recall@1/5/10/20 50.0/50.0/50.0/50.0 %"]
    assert [r.message for r in caplog.records] == ["photo.jpg is broken"]  # once


def test_quiet_shows_nothing_but_warnings(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    trainer: Any = SimpleNamespace(steps_per_epoch=2, spec=SimpleNamespace(epochs=1))
    with Reporter(trainer, quiet=True) as reporter:
        reporter.step(logged(1))
        reporter.step({"validation": dict.fromkeys((1, 5, 10, 20), 50.0), "step": 1, "epoch": 0})
        reporter.warn("x")
    assert capsys.readouterr().err == ""
    assert [(r.levelname, r.message) for r in caplog.records] == [("WARNING", "x")]
