"""Files of the repository as pages of the site, and its links as links of the site.

Links are written as they must be to work in the repository. In the site a link to a file that is a page
goes to that page, one to any other file goes to the source host, and one to no file at all is a
warning, which ends a build with --strict.
"""

import logging
import posixpath
import re
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

log = logging.getLogger("mkdocs.hooks.repository")

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "RELEASING.md": "releasing.md",
    "SECURITY.md": "security.md",
    "examples/README.md": "tutorials/index.md",
}
"""Markdown outside `docs/` and the page it becomes."""

_LINK = re.compile(r'(\]\(|\b(?:src|srcset|href)=")(?![a-z]+:|#)([^)\s"#]+)')
_CODE = re.compile(r"^(```.*?^```|~~~.*?^~~~)", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> None:
    """The project's addresses stand in pyproject.toml alone."""
    urls = tomllib.loads((root(config) / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    config.repo_url = urls["Source"]
    config.repo_name = "Source"


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add `PAGES`."""
    for source, page in PAGES.items():
        files.append(
            File.generated(config, page, content=(root(config) / source).read_text(encoding="utf-8"))
        )


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of the repository into links of the site, outside of code."""

    def turned(link: re.Match[str]) -> str:
        target = site_link(page.file.src_uri, link[2], config, files)
        if target is None:
            log.warning(f"{repository_path(page.file.src_uri)} links to {link[2]!r}, which does not exist")
        return link[1] + (target or link[2])

    if page.file.src_uri.startswith("reference/"):
        return markdown
    parts = _CODE.split(markdown)  # code stands at odd places
    return "".join(part if n % 2 else _LINK.sub(turned, part) for n, part in enumerate(parts))


def root(config: MkDocsConfig) -> Path:
    """The folder of mkdocs.yml."""
    return Path(config.config_file_path).parent


def repository_path(page: str) -> str:
    """The file that a page is made of: index.md -> README.md, tutorials/x.md -> examples/x.py."""
    made = {page: source for source, page in PAGES.items()}
    if page in made:
        return made[page]
    if page.startswith("tutorials/"):
        return f"examples/{Path(page).stem}.py"
    return f"docs/{page}"


def site_link(page: str, target: str, config: MkDocsConfig, files: Files) -> str | None:
    """Where a link to `target` in the file of `page` leads on the site; None if there is no such file."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(repository_path(page)), target))
    if path == "examples":
        path = "examples/README.md"
    if path in PAGES:
        found = PAGES[path]
    elif path.startswith("examples/") and path.endswith(".py"):
        found = f"tutorials/{Path(path).stem}.md"
    else:
        found = path.removeprefix("docs/") if path.startswith("docs/") else ""
    if files.get_file_from_path(found) is not None:
        return posixpath.relpath(found, posixpath.dirname(page) or ".")
    if not (root(config) / path).exists():
        return None
    kind = "tree" if (root(config) / path).is_dir() else "blob"
    return f"{config.repo_url}/{kind}/main/{path}"
