"""What build and add print when they are done."""

import json as json_module
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:  # keeps `placeprint --help` fast
    from placeprint.placemap import Additions, PlaceMap

SHOWN = 5


def print_additions(places: "PlaceMap", additions: "Additions", json: bool) -> None:
    """How many photos were added, how fast, and which were left out and why."""
    if json:
        typer.echo(
            json_module.dumps(
                {"map": str(places.path), "photos": len(places), **additions.to_dict()}, indent=2
            )
        )
        return
    speed = f" at {additions.rate:.0f} photos per second" if additions.added > 20 else ""
    typer.echo(f"Added {additions.added} photos{speed}; {places.path} now has {len(places)}.")
    if additions.skipped:
        typer.echo(f"Left out {len(additions.skipped)}:")
        for path, reason in additions.skipped[:SHOWN]:
            typer.echo(f"  {path}: {reason}")
        if len(additions.skipped) > SHOWN:
            typer.echo(f"  ... see all: placeprint info {places.path} --skipped")
