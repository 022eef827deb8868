"""`placeprint doctor`"""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import Json, Quiet
from placeprint.cli.terminal import printable


def doctor(
    map_path: Annotated[
        Path | None,
        typer.Argument(metavar="[MAP]", help="Folder of a place map; without it: this installation."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Examine a map: damage, missing files, duplicates, doubtful positions, a stale calibration.

    Without a map: which optional packages are installed, and what each provides. Exit status 1 if something
    is wrong. Example: `placeprint doctor town.placemap`
    """
    if map_path is None:
        _installation(json)
        return
    from rich.console import Console
    from rich.markup import escape

    from placeprint.placemap import examine

    findings = examine(map_path, quiet=quiet)
    if json:
        typer.echo(json_module.dumps([f.to_dict() for f in findings], indent=2))
    else:
        console = Console()
        for finding in findings:
            mark = {"ok": "[green]ok   [/]", "warning": "[yellow]warn [/]", "error": "[red]error[/]"}[
                finding.level
            ]
            console.print(f"{mark} [bold]{finding.check}[/]: {escape(printable(finding.message))}")
            for line in finding.details:
                console.print(f"        {printable(line)}", markup=False, highlight=False)
    if any(f.level == "error" for f in findings):
        raise typer.Exit(1)


def _installation(json: bool) -> None:
    from placeprint.errors import install_command
    from placeprint.extras import EXTRAS

    if json:
        said = {
            extra.name: {
                "installed": extra.installed,
                "gives": extra.gives,
                "install": install_command(extra.name),
            }
            for extra in EXTRAS
        }
        typer.echo(json_module.dumps(said, indent=2))
        return
    typer.echo("The base does everything in the README. Extras:")
    width = max(len(extra.name) for extra in EXTRAS)
    for extra in EXTRAS:
        mark = "installed" if extra.installed else "missing"
        typer.echo(f"  {extra.name:{width}}  {mark}  {extra.gives}")
    missing = [extra.name for extra in EXTRAS if not extra.installed]
    for name in missing:
        typer.echo(f"Install {name}: {install_command(name)}")
