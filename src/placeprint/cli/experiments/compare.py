"""`placeprint compare`"""

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import Json


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of training runs.")],
    json: Json = False,
) -> None:
    """Compare training runs: recalls on the validation split, mean ± standard deviation over seeds.

    Runs that differ only in their seed share a row. Runs on different photos are rejected.

    Example: `placeprint compare runs/sare-0 runs/sare-1 runs/triplet-0 runs/triplet-1`
    """
    from placeprint.descriptors.runtimes.torch_device import need_torch

    need_torch("Comparing training runs")
    from placeprint.training import compare as compare_runs

    rows = compare_runs(runs)
    if json:
        said = [{**asdict(row), "seeds": list(row.seeds)} for row in rows]
        typer.echo(json_module.dumps(said, indent=2).replace("NaN", "null"))
        return
    from rich.console import Console

    from placeprint.cli.terminal import folding_table

    names = list(rows[0].best)
    table = folding_table("recipe", "seeds", "steps", *names)
    for row in rows:
        for what, values in (("not trained", row.start), ("best", row.best), ("last", row.last)):
            cells = [f"{values[name][0]:.1f} ± {values[name][1]:.1f}".replace(" ± nan", "") for name in names]
            table.add_row(f"{row.name}, {what}", str(len(row.seeds)), str(row.steps), *cells)
    Console().print(table)
