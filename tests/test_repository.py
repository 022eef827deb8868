"""What a stranger finds around the sources agrees with them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from placeprint import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_yaml(path: Path) -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_one_version() -> None:
    assert PROJECT["project"]["version"] == __version__
    assert read_yaml(ROOT / "CITATION.cff")["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_public_ci_runs_what_is_there() -> None:
    workflow = read_yaml(ROOT / ".github" / "workflows" / "ci.yml")
    assert all((ROOT / path).exists() for path in workflow["env"]["BASE_TESTS"].split())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    targets = {step.split()[1] for step in steps if step.startswith("make ")}
    made = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test", "docs"} <= targets <= made
    pythons = workflow["jobs"]["base"]["strategy"]["matrix"]["python"]
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"
    # GitHub reads a form without these as no form at all.
    for form in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"):
        assert {"name", "description", "body"} <= read_yaml(form).keys()


def test_links_of_the_files_around_the_sources_lead_somewhere() -> None:
    """Those of the pages of the documentation are followed when it is built."""
    for page in [*ROOT.glob("*.md"), *(ROOT / "examples").glob("*.md")]:
        for link in re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)


def test_the_source_distribution_holds_what_the_readme_shows() -> None:
    patterns = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    kept = {path for pattern in patterns for path in ROOT.glob(pattern.removeprefix("/"))}
    for link in re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        target = (ROOT / link).resolve()
        assert kept & {target, *target.parents}, link
