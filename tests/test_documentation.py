"""The documentation site, built as `make docs` builds it: complete, without a dead link, of one server."""

import posixpath
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

import placeprint

ROOT = Path(__file__).resolve().parents[1]
NEEDED = "the site needs MkDocs: pip install 'placeprint[docs]'"


class Page(HTMLParser):
    """`ids` of a page; `links` that a reader may follow; `loaded`: what a browser fetches on its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.ids.add(said.get("id") or "")
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")
        self.loaded += [said[name] or "" for name in ("src", "srcset", "poster") if said.get(name)]
        if tag == "link" and said.get("rel") in ("stylesheet", "icon", "preconnect", "preload"):
            self.loaded.append(said.get("href") or "")


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(site)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The pages by their paths."""
    for module in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        pytest.importorskip(module, reason=NEEDED)
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.html")}
    return {name: Page(path.read_text(encoding="utf-8")) for name, path in pages.items()}


def rooms_with_public_names() -> Iterator[ModuleType]:
    """As Python itself finds them; the site's pages come from the sources alone."""
    for found in walk_packages(placeprint.__path__, "placeprint."):
        if found.ispkg and found.name != "placeprint.cli":
            module = import_module(found.name)
            if hasattr(module, "__all__"):
                yield module


def test_every_public_name_stands_on_the_page_of_its_room(site: dict[str, Page]) -> None:
    pytest.importorskip("torch")
    found = 0
    for module in rooms_with_public_names():
        room = ".".join(module.__name__.split(".")[:2])
        # By the last part alone: what two wings of a room offer stands there once, under one of them.
        shown = {part.rpartition(".")[2] for part in site[f"reference/{room}.html"].ids if "." in part}
        names = {name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)}
        assert names <= shown, (module.__name__, names - shown)
        found += len(names)
    assert found > 100


def test_every_command_stands_on_the_page_of_commands(site: dict[str, Page]) -> None:
    import typer

    from placeprint.cli import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    page = site["reference/placeprint.cli.html"]
    assert {f"placeprint-{name}" for name in commands} <= page.ids
    assert "placeprint-dataset-check" in page.ids


def test_every_example_is_a_tutorial(site: dict[str, Page]) -> None:
    for script in (ROOT / "examples").glob("*.py"):
        assert f"tutorials/{script.stem}.html" in site
        assert f"{script.stem}.html" in site["tutorials/index.html"].links


def test_nothing_is_loaded_from_another_server(site: dict[str, Page]) -> None:
    for name, page in site.items():
        assert page.loaded, name
        assert not [address for address in page.loaded if urlsplit(address).netloc], name


def test_every_link_leads_somewhere(site: dict[str, Page]) -> None:
    for name, page in site.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or name == "404.html":
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            there = page if not parts.path else site.get(target)
            assert there is not None, f"{name}: {link}"
            assert not parts.fragment or unquote(parts.fragment) in there.ids, f"{name}: {link}"


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("docs/page.md#part", "page.html#part"),
        ("LICENSE", "https://example.org/blob/main/LICENSE"),
        ("docs/", "https://example.org/tree/main/docs"),
        ("examples/01_first.py", None),
        ("docs/none.md", None),
        ("none.txt", None),
        ("docs/page.md#no-part", None),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(
    link: str, becomes: str | None, tmp_path: Path
) -> None:
    pytest.importorskip("mkdocs", reason=NEEDED)
    for name in ("docs/hooks", "examples"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "hooks" / "repository.py", tmp_path / "docs" / "hooks")
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nSource = "https://example.org"\n')
    for name in (
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "RELEASING.md",
        "SECURITY.md",
        "examples/README.md",
        "LICENSE",
    ):
        (tmp_path / name).write_text("# A page\n")
    (tmp_path / "README.md").write_text(f"# Home\n\n[there]({link})\n\n```\n[code](none.md)\n```\n")
    (tmp_path / "docs" / "page.md").write_text("# Page\n\n[home](../README.md)\n\n## Part\n")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: x\nuse_directory_urls: false\nhooks: [docs/hooks/repository.py]\nplugins: []\n"
        "exclude_docs: /hooks/\ntheme: {name: null, custom_dir: theme}\n"
        "validation: {links: {anchors: warn}}\n"
    )
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "main.html").write_text("{{ page.content }}")
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert (done.returncode == 0) == (becomes is not None), done.stdout + done.stderr
    if becomes is None:
        assert link.partition("#")[0].removeprefix("docs/") in done.stderr
    else:
        home = Page((tmp_path / "site" / "index.html").read_text())
        assert home.links == [becomes]
        assert "index.html" in Page((tmp_path / "site" / "page.html").read_text()).links
