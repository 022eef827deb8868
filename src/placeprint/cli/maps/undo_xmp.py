"""`placeprint undo-xmp`"""

import json as json_module
from typing import Annotated

import typer

from placeprint.cli.maps.photo_arguments import given_photos
from placeprint.cli.parameters import Exclude, Json
from placeprint.cli.terminal import say
from placeprint.errors import PhotoError


def undo_xmp(
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTOS...",
            help="Photos, folders, lists, globs; - reads paths from standard input.",
            show_default=False,
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")] = False,
    exclude: Exclude = None,
    json: Json = False,
) -> None:
    """Take back what `locate --write-xmp` wrote into XMP sidecars; all other fields stay.

    Example: `placeprint undo-xmp photos/ --dry-run`
    """
    from placeprint.photos import remove_estimate

    listing = given_photos(photos, exclude or (), quiet=True)
    changed: list[str] = []
    failed: list[dict[str, str]] = []
    for record in listing.photos:
        try:
            if (path := remove_estimate(record.path, dry_run)) is not None:
                changed.append(str(path))
        except PhotoError as error:
            failed.append({"path": str(record.path), "reason": error.reason})
        except OSError as error:
            failed.append({"path": str(record.path), "reason": f"cannot be written ({error.strerror})"})
    if json:
        typer.echo(json_module.dumps({"changed": changed, "failed": failed, "dry_run": dry_run}, indent=2))
    else:
        would = "Would take" if dry_run else "Took"
        for sidecar in changed if dry_run else ():
            say(f"{would} the estimate out of {sidecar}")
        for each in failed:
            say(f"not changed: {each['path']}: {each['reason']}", err=True)
        say(f"{would} estimates out of {len(changed)} XMP sidecars.")
    if failed:
        raise typer.Exit(1)
