"""`placeprint list`"""

import json as json_module
from typing import Annotated, Any

import typer

from placeprint.cli.parameters import Json

KINDS = {
    "descriptors": ("placeprint.descriptors.descriptor", "DESCRIPTORS", ""),
    "columns": ("placeprint.representations.extractor", "EXTRACTORS", ""),
    "indexes": ("placeprint.index.registry", "INDEXES", ""),
    "rerankers": ("placeprint.rerank.reranker", "RERANKERS", ""),
    "encoders": ("placeprint.encoders.registry", "ENCODERS", ""),
    "backbones": ("placeprint.networks.backbones", "BACKBONES", "torch"),
    "poolings": ("placeprint.networks.pooling", "POOLINGS", "torch"),
    "losses": ("placeprint.losses", "LOSSES", "torch"),
    "miners": ("placeprint.training.mining.negatives", "MINERS", "torch"),
    "layouts": ("placeprint.datasets.layout", "LAYOUTS", ""),
    "metrics": ("placeprint.evaluation.scores", "METRICS", ""),
    "formats": ("placeprint.reports.formats", "FORMATS", ""),
}
"""Registries by the word that a user types: their module, their name, the extra that they need."""


def list_(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}; all by default.")
    ] = None,
    json: Json = False,
) -> None:
    """List the algorithms that pipelines, recipes and protocols know by name, other packages' included.

    Example: `placeprint list rerankers`
    """
    from rich.console import Console

    from placeprint.cli.terminal import folding_table
    from placeprint.errors import PlaceprintError

    if kind is not None and kind not in KINDS:
        raise PlaceprintError(
            f"{kind!r} is none of {', '.join(KINDS)}", "For example: placeprint list losses"
        )
    found = {name: _entries(name) for name in ([kind] if kind else KINDS)}
    if json:
        typer.echo(json_module.dumps(found, indent=2, ensure_ascii=False))
        return
    table = folding_table("kind", "name", "what it is")
    for name, entries in found.items():
        for at, (entry, said) in enumerate(entries.items()):
            table.add_row(name if at == 0 else "", entry, said)
    Console().print(table)


def _entries(kind: str) -> dict[str, str]:
    """{name: first sentence} of a registry; nothing where its extra is not installed."""
    from importlib import import_module

    from placeprint.extras import EXTRAS

    module, name, extra = KINDS[kind]
    if extra and not next(each for each in EXTRAS if each.name == extra).installed:
        return {f"(install placeprint[{extra}])": ""}
    if kind == "descriptors":
        from placeprint.descriptors import NAMES, opening

        for known in NAMES:
            opening.registered(known)
    registry: Any = getattr(import_module(module), name)
    return {entry: registry.first_sentence(entry) for entry in registry}
