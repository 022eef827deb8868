"""`placeprint train`"""

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli import completion
from placeprint.cli.parameters import Json, Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError


def train(
    data: Annotated[Path | None, typer.Argument(metavar="DATA", help="Folder of a data set.")] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            metavar="RECIPE",
            help="Name of a recipe, or a .toml file.",
            autocompletion=completion.recipes,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a field; repeatable.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Overrides the recipe's seed.")] = None,
    dev: Annotated[bool, typer.Option("--dev", help="A smoke run of about a minute.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in RUN.")] = False,
    shared: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where runs share start and frozen maps; default: RUN."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1.")] = "auto",
    recipes: Annotated[bool, typer.Option("--recipes", help="List the recipes and exit.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a network for place recognition by a recipe, on photos with positions or with classes.

    The best network by validation recall is in RUN/model: `placeprint evaluate DATA -m RUN/model`. Continue a
    killed run with --resume. Several processes: `torchrun --nproc-per-node 2 -m placeprint train ...`.

    Example: `placeprint train cambridge/ --config sare-small -o runs/sare`
    """
    from placeprint.descriptors.runtimes.torch_device import need_torch

    need_torch("Training")
    from placeprint.training import load_recipe, recipe_names, small
    from placeprint.training import train as run_training

    if recipes:
        typer.echo("\n".join(f"{name}: {load_recipe(name).source}" for name in recipe_names()))
        return
    if data is None or output is None:
        raise PlaceprintError("training needs DATA and --output RUN", "See: placeprint train --help")
    if resume and config is None:
        config = str(output / "config.json")
    if config is None:
        raise PlaceprintError("training needs a recipe", f"Add --config, one of: {', '.join(recipe_names())}")
    chosen = load_recipe(config, [*(change or []), *([] if seed is None else [f"seed={seed}"])])
    if dev:
        chosen = small(chosen)
    run = run_training(chosen, data, output, resume=resume, shared=shared, device=device, quiet=quiet or json)
    if os.environ.get("RANK", "0") != "0":  # torchrun: only the first process reports
        return
    order = (chosen.run.select_by, *chosen.recall_at)
    best = max(run.metrics("validation"), key=lambda line: [line[f"recall@{n}"] for n in order])
    if json:
        typer.echo(json_module.dumps({"run": str(run.path), "model": str(run.model), "best": best}, indent=2))
        return
    at = "/".join(str(n) for n in chosen.recall_at)
    recalls = "/".join(f"{best[f'recall@{n}']:.1f}" for n in chosen.recall_at)
    say(f"Best network after {best['step']} steps: recall@{at} {recalls} %. It is in {run.model}")
