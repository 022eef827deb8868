"""`placeprint evaluate`"""

import json as json_module
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placeprint.arrays import Int64
from placeprint.cli import completion
from placeprint.cli.parameters import Json, LayoutName, Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError
from placeprint.verify import Verify

if TYPE_CHECKING:
    from placeprint.datasets import PlaceDataset


def evaluate(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Folder of a data set (see `placeprint dataset list`).")
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "-m",
            metavar="PIPELINE",
            help="DESCRIPTOR+INDEX+RE-RANKER; repeatable.",
            autocompletion=completion.descriptors,
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Name or .toml file; default: the one published for the data.",
            autocompletion=completion.protocols,
        ),
    ] = None,
    split: Annotated[str | None, typer.Option(help="For example val, test.")] = None,
    layout: LayoutName = None,
    predictions: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="Score another program's predictions; repeatable."),
    ] = None,
    map_path: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="MAP",
            help="Evaluate the answers of this map to the queries.",
            autocompletion=completion.maps,
        ),
    ] = None,
    verify: Annotated[Verify, typer.Option(help="With --map: compare local features.")] = Verify.AUTO,
    report: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Write one self-contained page.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write rankings and vectors in other tools' formats."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to keep vectors; default ~/.cache/placeprint."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed for the bootstrap and for clustering.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure descriptors, re-rankers or a map under a named protocol.

    Vectors are kept, so a stopped run can be continued and another method costs only its own work.

    Example: `placeprint evaluate cambridge/ --split val -m lite0-netvlad -m lite0-netvlad+geometry`
    """
    from placeprint.datasets import load_protocol, read_dataset
    from placeprint.evaluation import (
        evaluate,
        evaluate_map,
        print_evaluation,
        print_map_evaluation,
        protocol_for,
        published_beside,
        write_exports,
        write_report,
    )

    quiet = quiet or json
    dataset = read_dataset(data, split, layout)
    if map_path is not None:
        from placeprint import PlaceMap

        if method or predictions or export:
            raise PlaceprintError("--map excludes other methods", "A map has its own; leave out the others.")
        with PlaceMap.open(map_path) as places:
            answered = evaluate_map(places, dataset.queries, verify=verify, seed=seed, quiet=quiet)
        if report is not None:
            write_report(report, answered)
        if json:
            typer.echo(json_module.dumps(answered.to_dict(), indent=2))
        else:
            print_map_evaluation(answered)
        return
    found = evaluate(
        dataset,
        method or ([] if predictions else ["lite0-netvlad"]),
        load_protocol(protocol) if protocol else protocol_for(dataset),
        predictions=_predictions(predictions or [], dataset),
        cache=cache or _cache(),
        seed=seed,
        quiet=quiet,
        command=" ".join(["placeprint", *sys.argv[1:]]),
    )
    if report is not None:
        write_report(report, found, published_beside(found))
    if export is not None:
        write_exports(export, found, quiet)
    if json:
        typer.echo(json_module.dumps(found.to_dict(), indent=2))
        return
    print_evaluation(found, published_beside(found))
    for written in (report, export):
        if written is not None:
            say(f"Wrote {written}")


def _predictions(named: list[str], dataset: "PlaceDataset") -> "dict[str, list[Int64]]":
    from placeprint.evaluation import read_predictions

    found = {}
    for item in named:
        name, equals, path = item.partition("=")
        if not (name and equals and path):
            raise PlaceprintError(f"--predictions {item!r} is not NAME=PATH", "For example: SALAD=preds.npy")
        found[name] = read_predictions(path, dataset)
    return found


def _cache() -> Path:
    return Path(os.environ.get("PLACEPRINT_CACHE") or Path.home() / ".cache" / "placeprint")
