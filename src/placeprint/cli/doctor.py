"""`placeprint doctor`"""

import json as json_module

import typer

from placeprint.cli.parameters import Json, MapPath, Quiet


def doctor(map_path: MapPath, json: Json = False, quiet: Quiet = False) -> None:
    """Examine a map: damage, missing files, duplicates, doubtful positions, a stale calibration.

    Exit status 1 where something is wrong. Example: `placeprint doctor town.placemap`
    """
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
            console.print(f"{mark} [bold]{finding.check}[/]: {escape(finding.message)}")
            for line in finding.details:
                console.print(f"        {line}", markup=False, highlight=False)
    if any(f.level == "error" for f in findings):
        raise typer.Exit(1)
