"""What build and add say: which photos are used, which are not and why, and what else lies there."""

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from placeprint.cli.parameters import conditions
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:  # keeps `placeprint --help` fast
    from placeprint.photos import PhotoList
    from placeprint.placemap import Additions, PlaceMap

SHOWN = 5
_POSITIONS = "Give photos with GPS in their EXIF or XMP, a list with path, lat, lon, or --track GPX."


def listed(
    photos: Path,
    where: list[str] | None,
    exclude: Sequence[str] | None,
    tracks: Sequence[Path] | None,
    track_offset: float,
    exiftool: bool,
    json: bool,
    quiet: bool,
) -> "PhotoList":
    """The photos with positions. If there is none, says why by count, and exits with status 1."""
    from placeprint.photos import find

    found = find(
        photos,
        conditions(where),
        quiet=quiet,
        exclude=exclude or (),
        tracks=tracks or (),
        track_offset=track_offset,
        exiftool=exiftool,
    )
    if not found.photos:
        if json:
            skipped = [{"path": str(s.path), "reason": s.reason} for s in found.skipped]
            typer.echo(json_module.dumps({"added": 0, "skipped": skipped, **_others(found)}, indent=2))
        _refuse(f"no photo with a position in {photos}", [s.reason for s in found.skipped], found)
    return found


def finish(places: "PlaceMap", additions: "Additions", found: "PhotoList", json: bool) -> None:
    """How many photos were added, how fast, and which were left out and why. Exits with status 1 if none of
    them could be used.
    """
    if json:
        facts = {"map": str(places.path), "photos": len(places), **additions.to_dict(), **_others(found)}
        typer.echo(json_module.dumps(facts, indent=2))
    else:
        _print(places, additions, found)
    if not additions.added and not additions.known:
        _refuse(f"none of {len(found.photos)} photos could be used", [r for _, r in additions.skipped], found)


def left_out_line(found: "PhotoList") -> str | None:
    """ "Left out: 3 .mov videos, ..." of files that are no photos."""
    from placeprint.photos.left_out import kinds_in_words

    kinds = kinds_in_words(found.ignored)
    return f"Not photos: {kinds}." if kinds else None


def _print(places: "PlaceMap", additions: "Additions", found: "PhotoList") -> None:
    from placeprint.photos.left_out import reasons_in_words

    for note in found.notes:
        say(f"Note: {note}" if not note.startswith(" ") else note)
    speed = f" at {additions.rate:.0f} photos per second" if additions.added > 20 else ""
    say(f"Added {additions.added} photos{speed}; {places.path} now has {len(places)}.")
    if additions.skipped:
        say(f"Left out {len(additions.skipped)}: {reasons_in_words(r for _, r in additions.skipped)}.")
        for path, reason in additions.skipped[:SHOWN]:
            say(f"  {path}: {reason}")
        if len(additions.skipped) > SHOWN:
            say(f"  ... see all: placeprint info {places.path} --skipped")
    if (line := left_out_line(found)) is not None:
        say(line)


def _others(found: "PhotoList") -> dict[str, Any]:
    return {"ignored": found.ignored, "notes": [note.strip() for note in found.notes]}


def _refuse(what: str, reasons: list[str], found: "PhotoList") -> None:
    from placeprint.photos.left_out import kinds_in_words, reasons_in_words

    parts = [f"{len(reasons)} left out ({reasons_in_words(reasons)})"] if reasons else []
    if kinds := kinds_in_words(found.ignored):
        parts.append(f"not photos: {kinds}")
    notes = "; ".join(note.strip() for note in found.notes[:3])
    raise PlaceprintError("; ".join([what, *parts, *([notes] if notes else [])]), _POSITIONS)
