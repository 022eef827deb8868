"""One page of reference a room, a room being a package or a module directly in `src/placeprint/`.

The sources are read, not imported. A package's public names are those of its `__all__`; where it has
none, they are those of each of its modules: its `__all__`, or all that it defines without an underscore.
A room without a public name has no page.
"""

from collections.abc import Iterator
from pathlib import Path

import griffe
from command_line import command_line
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PACKAGE = "placeprint"
COMMANDS = "cli"
"""The room whose public names are commands."""


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add a page a room and one that lists them, and put them into the navigation."""
    package = griffe.load(
        PACKAGE,
        search_paths=[Path(config.config_file_path).parent / "src"],
        allow_inspection=False,
    )
    assert isinstance(package, griffe.Module)
    # A room may be called `index`, and index.md is the list.
    pages = {f"reference/{room.path}.md": room for room in rooms(package)}
    rows = "\n".join(
        f"| [`{room.name}`]({room.path}.md) | {first_sentence(room)} |" for room in pages.values()
    )
    index = (
        f"# Reference\n\n::: {PACKAGE}\n    options:\n      members: false\n      show_root_heading: false\n"
    )
    index += f"\n| room | what it is for |\n| --- | --- |\n{rows}\n"
    files.append(File.generated(config, "reference/index.md", content=index))
    for path, room in pages.items():
        files.append(File.generated(config, path, content=page_of(room)))
    for entry in config.nav or []:
        if "Reference" in entry:
            entry["Reference"] = ["reference/index.md", *pages]


def rooms(package: griffe.Module) -> Iterator[griffe.Module]:
    """Packages first, then modules, each by name."""
    inside = own_modules(package)
    for room in sorted(inside, key=lambda room: (not room.is_init_module, room.name)):
        if any(parts(room)) or room.name == COMMANDS:
            yield room


def own_modules(package: griffe.Module) -> list[griffe.Module]:
    """Modules and packages directly inside, without those that begin with an underscore."""
    own = [member for member in package.members.values() if isinstance(member, griffe.Module)]
    return sorted((m for m in own if not m.name.startswith("_")), key=lambda m: m.name)


def parts(module: griffe.Module) -> Iterator[tuple[griffe.Module, list[str]]]:
    """A room and, where they have public names, the packages and modules in it, each with its names."""
    own = public_names(module)
    if own:
        yield module, own
    for inside in own_modules(module):
        if inside.is_init_module or not own:
            yield from parts(inside)


def public_names(module: griffe.Module) -> list[str]:
    """Paths within the module: of `__all__`; of a module without one, of what it defines."""
    if module.exports is not None:
        return [path for name in module.exports if (path := _path(module, str(name))) is not None]
    return [
        name
        for name, member in module.members.items()
        if not member.is_alias and not name.startswith("_") and (member.is_class or member.is_function)
    ]


def _path(package: griffe.Module, name: str) -> str | None:
    """None for a module. `kmeans` of the module `kmeans` is `kmeans.kmeans`: the sources do not tell them
    apart as running them does."""
    member = package.members.get(name)
    if isinstance(member, griffe.Module):
        return f"{name}.{name}" if name in member.members else None
    return None if member is None or name.startswith("_") else name


def page_of(room: griffe.Module) -> str:
    """The page of a room as Markdown with directives for mkdocstrings."""
    if room.name == COMMANDS:
        return command_line()
    text, shown = [f"# {room.name}\n"], set[str]()
    for module, names in parts(room):
        if module is not room:
            text.append(f"\n## {module.path.removeprefix(f'{PACKAGE}.')}\n")
        text.append(
            _directive(
                module.path, "members: false", "show_root_heading: false", "show_root_toc_entry: false"
            )
        )
        for name in names:
            target = module[name].canonical_path
            if target not in shown:
                text.append(_directive(f"{module.path}.{name}"))
            shown.add(target)
    return "".join(text)


def _directive(path: str, *options: str) -> str:
    lines = "".join(f"      {option}\n" for option in options)
    return f"\n::: {path}\n" + (f"    options:\n{lines}" if options else "")


def first_sentence(room: griffe.Module) -> str:
    """What a room says it is for."""
    said = room.docstring.value if room.docstring else ""
    return said.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
