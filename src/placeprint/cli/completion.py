"""What the shell offers after Tab: names of the registries, read only when asked for, and maps."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from placeprint.errors import PlaceprintError


def descriptors(incomplete: str) -> list[str]:
    """Names of descriptors, and after a `+` those of indexes and re-rankers."""

    def names() -> Iterator[str]:
        from placeprint.descriptors import NAMES
        from placeprint.descriptors.descriptor import DESCRIPTORS

        yield from dict.fromkeys([*NAMES, *DESCRIPTORS])

    start, plus, rest = incomplete.rpartition("+")
    return [f"{start}+{stage}" for stage in _stages(rest)] if plus else _starting(names, incomplete)


def stages(incomplete: str) -> list[str]:
    """Names of stages, each after a `+`."""
    start, _, rest = incomplete.rpartition("+")
    return [f"{start}+{stage}" for stage in _stages(rest)]


def protocols(incomplete: str) -> list[str]:
    """Names of protocols."""
    from placeprint.datasets import protocol_names

    return _starting(protocol_names, incomplete)


def layouts(incomplete: str) -> list[str]:
    """Names of layouts of data sets."""
    from placeprint.datasets import LAYOUTS

    return _starting(lambda: LAYOUTS, incomplete)


def recipes(incomplete: str) -> list[str]:
    """Names of the training recipes that come with placeprint."""
    from importlib.resources import files

    folder = files("placeprint.training") / "recipes"
    return _starting(
        lambda: sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")),
        incomplete,
    )


def maps(incomplete: str) -> list[str]:
    """Folders that are maps, and folders to look into."""
    folder, _, start = incomplete.rpartition("/")
    shown = f"{folder}/" if folder or incomplete.startswith("/") else ""
    try:
        inside = sorted(p for p in Path(shown or ".").iterdir() if p.is_dir() and p.name.startswith(start))
    except OSError:
        return []
    known = [path for path in inside if (path / "map.json").is_file()]
    return [f"{shown}{path.name}" for path in known] or [f"{shown}{path.name}/" for path in inside]


def _stages(start: str) -> list[str]:
    from placeprint.index.registry import INDEXES
    from placeprint.rerank.reranker import RERANKERS

    return _starting(lambda: dict.fromkeys([*INDEXES, *RERANKERS]), start)


def _starting(names: Callable[[], Iterable[str]], start: str) -> list[str]:
    """Those that start so; nothing where an extra is missing: a shell shows no errors."""
    try:
        return [name for name in names() if name.startswith(start)]
    except (PlaceprintError, ImportError, OSError):
        return []
