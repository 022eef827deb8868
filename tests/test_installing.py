"""The command that installs an extra, for every way in which placeprint can be installed."""

import os
import shlex
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from placeprint import installing
from placeprint.errors import MissingExtraError, needing
from placeprint.extras import EXTRAS

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def test_packages_are_those_of_the_project_with_extras_in_extras() -> None:
    extras = PROJECT["optional-dependencies"]
    requires = [f"{line}; extra == '{name}'" for name, lines in extras.items() for line in lines]
    found = list(installing._required(requires, "metric-learning", frozenset()))
    wanted = extras["metric-learning"] + extras["torch"] + extras["onnx"] + extras["research"]
    assert sorted(set(found)) == sorted(line for line in wanted if not line.startswith("placeprint["))
    spelled = ["a[b,c] (>=1,<2) ; python_version > '3' and extra == \"x\"", "d>1"]
    assert list(installing._required(spelled, "x", frozenset())) == ["a[b,c]>=1,<2"]


@pytest.mark.skipif(os.name != "posix", reason="quotes of POSIX shells")
@pytest.mark.parametrize("extra", [extra.name for extra in EXTRAS])
def test_a_shell_reads_the_command_as_it_is_meant(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/home/some one/it's/python")
    words = shlex.split(installing.command(extra))
    assert words[:4] == ["/home/some one/it's/python", "-m", "pip", "install"]
    assert words[4:] == installing.packages(extra)
    assert not any(word.startswith("placeprint[") for word in words)


def test_windows_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing.os, "name", "nt")
    words = [r"C:\Program Files\Python\python.exe", "-m", "pip", "install", "pillow-heif>=0.22"]
    quoted = installing._quoted(words)
    monkeypatch.undo()
    assert quoted == r'"C:\Program Files\Python\python.exe" -m pip install "pillow-heif>=0.22"'


def test_other_installers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installing, "packages", lambda extra: ["pillow-heif>=0.22"])
    prefix = tmp_path / "placeprint"
    prefix.mkdir()
    monkeypatch.setattr(sys, "prefix", str(prefix))
    (prefix / "pipx_metadata.json").write_text("{}")
    assert installing.command("heic") == "pipx inject placeprint 'pillow-heif>=0.22'"
    (prefix / "pipx_metadata.json").unlink()
    monkeypatch.setattr(installing, "find_spec", lambda name: None)
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    assert " -m ensurepip && " in installing.command("heic")
    (prefix / "pyvenv.cfg").write_text("home = /usr\nuv = 0.9\n")
    python = shlex.quote(sys.executable)
    assert installing.command("heic") == f"uv pip install --python {python} 'pillow-heif>=0.22'"


def test_sources_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installing.metadata, "requires", missing)
    (word,) = installing.packages("heic")
    assert word == f"{Path(installing.__file__).parents[2]}[heic]"


def test_the_error_names_extra_and_command() -> None:
    wanted = pytest.raises(MissingExtraError, match=r"the extra placeprint\[heic\]")
    with wanted as caught, needing("heic", "A HEIC photo"):
        raise ImportError
    assert caught.value.mend == f"Run: {installing.command('heic')}"
