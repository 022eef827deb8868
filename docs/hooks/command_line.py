"""The commands of `placeprint` as a page, from what their `--help` is made of."""

import inspect
from collections.abc import Iterator
from typing import Any


def command_line() -> str:
    """Every command with its text, its arguments and its options."""
    import typer

    from placeprint.cli import app

    return "# cli\n\n" + "\n".join(_commands("placeprint", typer.main.get_command(app)))


def _commands(before: str, group: Any) -> Iterator[str]:
    """Of a group that Typer made; which classes it makes them of depends on its version."""
    for name, command in sorted(group.commands.items()):
        yield f"## {before} {name}\n"
        yield inspect.cleandoc(command.help or "") + "\n"
        context = command.make_context(name, [], resilient_parsing=True)
        records = [parameter.get_help_record(context) for parameter in command.params]
        rows = [f"| `{_cell(record[0])}` | {_cell(record[1])} |" for record in records if record]
        if rows:
            yield "\n".join(["| argument or option | what it says |", "| --- | --- |", *rows]) + "\n"
        if hasattr(command, "commands"):
            yield from _commands(f"{before} {name}", command)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
