"""`placeprint dataset`: which data sets are known, and is this folder a complete one?"""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import Json, LayoutName, Quiet
from placeprint.cli.terminal import folding_table, printable, say

dataset = typer.Typer(
    no_args_is_help=True, help="Known data sets of the field, and whether a folder is a complete one."
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the data set.", show_default=False)]


@dataset.command()
def check(folder: Folder, layout: LayoutName = None, json: Json = False, quiet: Quiet = False) -> None:
    """Recognize a data set, count its photos, and say what is missing and where to get the original.

    Exit status 1 if something is missing or differs.

    Example: `placeprint dataset check pitts30k/`
    """
    from rich.console import Console
    from rich.markup import escape

    from placeprint.datasets import check_dataset

    found = check_dataset(folder, layout, quiet=quiet or json)
    if json:
        typer.echo(json_module.dumps(found.to_dict(), indent=2))
        raise typer.Exit(0 if found.sound else 1)
    console = Console()
    title = f"[bold]{found.layout.title}[/bold] ({found.layout.name})"
    console.print(f"{title} in {escape(printable(folder))}", highlight=False)
    table = folding_table("split", "database", "queries", "published", "photos missing", "fingerprint", "")
    for split in found.splits:
        if split.error is not None:
            table.add_row(split.split, "", "", "", "", "", f"[red]{split.error}[/red]")
            continue
        published = " + ".join(f"{count:,}" for count in split.published) if split.published else "not stated"
        verdict = "[green]complete[/green]" if split.sound else "[yellow]differs[/yellow]"
        counts = [f"{split.database:,}", f"{split.queries:,}", published, f"{split.missing:,}"]
        table.add_row(split.split, *counts, split.fingerprint, verdict)
    console.print(table)
    for split in found.splits:
        for path in split.missing_examples:
            console.print(f"{split.split}: missing: {escape(printable(path))}", highlight=False)
        for note in split.notes:
            console.print(f"{split.split}: {escape(printable(note))}", highlight=False)
    for name, state in found.checksums.items():
        console.print(f"checksum of {escape(printable(name))}: {state}", highlight=False)
    if not found.sound:
        console.print(f"The original: {found.layout.origin}", highlight=False)
        raise typer.Exit(1)


@dataset.command("list")
def list_(json: Json = False) -> None:
    """List the layouts that can be read, and where to get each data set.

    Example: `placeprint dataset list`
    """
    from rich.console import Console

    from placeprint.datasets import LAYOUTS

    if json:
        rows = [{"name": each.name, "title": each.title, "origin": each.origin} for each in LAYOUTS.values()]
        typer.echo(json_module.dumps(rows, indent=2))
        return
    table = folding_table("layout", "data set", "where it is to be had")
    for layout in LAYOUTS.values():
        table.add_row(layout.name, layout.title, layout.origin)
    Console().print(table)


@dataset.command()
def protocols(
    name: Annotated[str | None, typer.Argument(help="Show this protocol with all its rules.")] = None,
    json: Json = False,
) -> None:
    """List the named protocols, or print one with all its rules and their source.

    Example: `placeprint dataset protocols tokyo247-relja`
    """
    from rich.console import Console

    from placeprint.datasets import load_protocol, protocol_names

    chosen = [load_protocol(each) for each in ([name] if name else protocol_names())]
    if json:
        typer.echo(json_module.dumps([each.model_dump(mode="json") for each in chosen], indent=2))
        return
    console = Console()
    if name is None:
        table = folding_table("protocol", "what it measures", "published for")
        for each in chosen:
            table.add_row(each.name, each.title, ", ".join(each.published_for))
        console.print(table)
        return
    table = folding_table("rule", f"{chosen[0].name} {chosen[0].fingerprint}")
    for rule, value in chosen[0].model_dump(mode="json").items():
        shown = "\n".join(map(str, value)) if rule in ("notes", "published_for") else str(value)
        table.add_row(rule, shown)
    console.print(table)


@dataset.command()
def views(
    folder: Folder,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="New folder to write the data set to.")
    ],
    split: Annotated[str | None, typer.Option(help="For example val.")] = None,
    layout: LayoutName = None,
    fov: Annotated[float, typer.Option(help="Field of view in degrees; up to 70.5 fits everywhere.")] = 70.0,
    per_panorama: Annotated[int, typer.Option(min=1, help="Views cut from each panorama.")] = 4,
    pitch: Annotated[float, typer.Option(help="Degrees upwards.")] = 0.0,
    size: Annotated[int, typer.Option(min=1, help="Width and height of a view in pixels.")] = 480,
    seed: Annotated[int, typer.Option(min=0, help="Seed for the headings.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a data set whose queries look in random directions, as photos from a phone do.

    The queries must be panoramas of four square photos of 90° each. The database stays as it is.

    Example: `placeprint dataset views cambridge/ --split val -o cambridge-views`, then
    `placeprint evaluate cambridge-views -m lite0-netvlad`
    """
    from placeprint.datasets import read_dataset
    from placeprint.datasets.cut_views import with_cut_queries

    source = read_dataset(folder, split, layout)
    made = with_cut_queries(source, output, fov, seed, per_panorama, pitch, size, quiet or json)
    if json:
        told = {
            "folder": str(output),
            "name": made.name,
            "source": source.name,
            "source_fingerprint": source.fingerprint,
            "fingerprint": made.fingerprint,
            "database": len(made.database),
            "queries": len(made.queries),
            "field_of_view": fov,
            "pitch": pitch,
            "size": size,
            "per_panorama": per_panorama,
            "seed": seed,
        }
        typer.echo(json_module.dumps(told, indent=2))
        return
    typer.echo(
        f"Wrote {output}: {len(made.database):,} database photos, {len(made.queries):,} queries of {fov:g}° "
        f"at random headings (seed {seed}). Fingerprint {made.fingerprint}."
    )
    say(f"Evaluate: placeprint evaluate {output} -m lite0-netvlad")
