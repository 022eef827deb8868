"""Every registered algorithm is found by name, says what it is, and one from outside joins in everywhere."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placeprint.cli.app import app
from placeprint.cli.experiments.list import KINDS, _entries
from placeprint.errors import PlaceprintError
from placeprint.registry import Registry, split_options

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_has_a_name_that_fits_a_pipeline_and_says_what_it_is(kind):
    entries = _entries(kind)
    assert entries
    for name, said in entries.items():
        assert not set(name) & set(" +:,=#\"'$&|;<>()*?[]!~`\\"), name
        assert len(said) >= 7, (name, said)
        assert not said.startswith("partial("), name


def test_mistakes_name_what_there_is():
    registry: Registry = Registry("thing", "placeprint.registry", "placeprint.things")

    @registry.register("box")
    def box(side: int, /, *, lid: bool = False, color: str | None = None, depth: float = 1.0) -> tuple:
        """A box of a side."""
        return side, lid, color, depth

    assert registry.make("box,lid=true,depth=2,color=none", 3) == (3, True, None, 2.0)
    assert registry.make("box:true", 3) == (3, True, None, 1.0)
    for text, said in (
        ("bax", "unknown thing 'bax'. Did you mean 'box'"),
        ("box,side=3", "no option 'side'"),
        ("box,lid=maybe", "'maybe' is not bool"),
        ("box,depth=deep", "'deep' is not float"),
    ):
        with pytest.raises(PlaceprintError, match=said):
            registry.make(text, 3)
    with pytest.raises(ValueError, match="two thing entries 'box'"):
        registry.register("box")(lambda: None)
    assert registry.register("box")(box) is box  # the same definition may register again


def test_values_may_hold_commas():
    assert split_options("faiss:IVF64,Flat,metric=ip") == ("faiss", "IVF64,Flat", {"metric": "ip"})
    assert split_options("exact") == ("exact", None, {})


PLUGIN = Path(__file__).with_name("plugin")
"""A package with an algorithm of each kind, as pip lays it down, and a program that uses them by name."""


def test_one_of_each_kind_from_another_package_joins_in(tmp_path):
    """Through entry points alone: no line of placeprint knows them."""
    source = Path(sys.modules["placeprint"].__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{PLUGIN}{os.pathsep}{source}"}

    def run(*command):
        return subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
        )

    done = run(PLUGIN / "joins_in.py", tmp_path)
    assert "all joined in" in done.stdout, done.stderr
    listed = run("-m", "placeprint", "list", "--json").stdout
    points = configparser.ConfigParser()
    points.read(PLUGIN / "plugin-1.0.dist-info" / "entry_points.txt")
    names = [name for group in points.sections() for name in points[group]]
    assert len(names) == 10
    assert all(f'"{name}"' in listed for name in names)


def test_the_command_lists_one_kind_and_refuses_others():
    run = CliRunner().invoke(app, ["list", "rerankers", "--json"])
    assert '"geometry"' in run.stdout
    assert '"sare"' not in run.stdout
    assert isinstance(CliRunner().invoke(app, ["list", "spoons"]).exception, PlaceprintError)
