"""The command that installs an extra's packages where the running placeprint is, however it came there.

It names the packages themselves, because `placeprint[EXTRA]` is known only to an index that has placeprint.
"""

import os
import re
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

_NAME = "placeprint"
_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][-._A-Za-z0-9]*)\s*(?:\[([^\]]*)\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?"
)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def command(extra: str) -> str:
    """For a terminal: with pip, or with pipx, or with uv where the environment has no pip."""
    words = packages(extra)
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        return _quoted(["pipx", "inject", prefix.name, *words])
    if find_spec("pip") is None:
        if shutil.which("uv") or _made_by_uv(prefix):
            return _quoted(["uv", "pip", "install", "--python", sys.executable, *words])
        return f"{_quoted([sys.executable, '-m', 'ensurepip'])} && {_pip(words)}"
    return _pip(words)


def packages(extra: str) -> list[str]:
    """The requirements of an extra, those of extras within it too, as `name>=version`; if placeprint is not
    installed but run from its sources, those sources with the extra.
    """
    try:
        written = metadata.requires(_NAME) or []
    except metadata.PackageNotFoundError:
        written = []
    found = list(dict.fromkeys(_required(written, extra, frozenset())))
    sources = Path(__file__).parents[2]
    inside = f"{sources}[{extra}]" if (sources / "pyproject.toml").is_file() else f"{_NAME}[{extra}]"
    return found or [inside]


def _required(written: Sequence[str], extra: str, seen: frozenset[str]) -> Iterator[str]:
    for line in written:
        parts = _REQUIREMENT.fullmatch(line)
        if parts is None or extra not in _EXTRA.findall(parts[4] or ""):
            continue
        name, inner, versions = parts[1], parts[2] or "", re.sub(r"\s", "", parts[3] or "")
        if name.lower() != _NAME:
            yield f"{name}[{inner}]{versions}" if inner else f"{name}{versions}"
            continue
        for other in (word.strip() for word in inner.split(",")):
            if other not in seen:
                yield from _required(written, other, seen | {extra})


def _pip(words: Sequence[str]) -> str:
    outside = sys.prefix == sys.base_prefix
    marked = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").is_file()
    allowed = ["--break-system-packages"] if outside and marked else []  # as placeprint itself needed
    return _quoted([sys.executable, "-m", "pip", "install", *allowed, *words])


def _made_by_uv(prefix: Path) -> bool:
    try:
        return "uv = " in (prefix / "pyvenv.cfg").read_text("utf-8")
    except OSError:
        return False


def _quoted(words: Sequence[str]) -> str:
    """For a POSIX shell, or for Windows, where double quotes serve both of its own."""
    if os.name != "nt":
        return shlex.join(words)
    return " ".join(word if re.fullmatch(r"[-\w:\\/.=]+", word) else f'"{word}"' for word in words)
