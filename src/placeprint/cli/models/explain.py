"""`placeprint explain`"""

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placeprint.cli.parameters import Json, Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from placeprint.explain import MatchExplained


class Method(StrEnum):
    """How the heat is computed."""

    AUTO = "auto"
    NETVLAD = "netvlad"
    OCCLUSION = "occlusion"
    GRADIENT = "gradient"


HEAT = {
    "netvlad": "what each position of the feature map adds to the similarity",
    "occlusion": "the drop in similarity when that part of the photo is covered",
    "gradient": "Grad-CAM of the similarity",
}


def explain(
    query: Annotated[Path, typer.Argument(metavar="QUERY", help="A photo.", show_default=False)],
    reference: Annotated[
        Path | None,
        typer.Argument(
            metavar="REFERENCE",
            help="The photo it matches. Without it: what dominates the query's vector.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PNG", help="Picture to write.")
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="netvlad: exact shares of the similarity; occlusion: its drop when a part is covered, "
            "for any descriptor, takes seconds; gradient: Grad-CAM, needs torch."
        ),
    ] = Method.AUTO,
    descriptor: Annotated[str, typer.Option(help="Name, file or folder, as for build.")] = "lite0-netvlad",
    signed: Annotated[
        bool, typer.Option("--signed", help="Also draw what counts against the match, in blue.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show which parts of two photos make them similar, as heat maps.

    Example: `placeprint explain query.jpg reference.jpg -o why.png`
    """
    from placeprint.descriptors import open_descriptor
    from placeprint.explain import explain_match

    if output is not None and output.suffix.lower() != ".png":
        raise PlaceprintError(f"{output} is not the name of a PNG file", "Use a name ending in .png.")
    opened = open_descriptor(descriptor)
    found = explain_match(opened, query, reference, method.value, quiet=quiet)
    paths = [path for path in (query, reference) if path is not None]
    if output is not None:
        _write(output, found, paths, opened.name, signed)
    if json:
        roles = zip(("query", "reference"), paths, found.photos, strict=False)
        said = {
            "descriptor": opened.name,
            "method": found.method,
            "similarity": round(found.similarity, 6),
            "distance": round(found.distance, 6),
            **{role: {"path": str(path), **photo.to_dict()} for role, path, photo in roles},
        }
        typer.echo(json_module.dumps(said, indent=2))
        return
    typer.echo(
        f"Similarity {found.similarity:.3f}, distance {found.distance:.3f} ({opened.name}, {found.method})"
    )
    for path, photo in zip(paths, found.photos, strict=True):
        say(f"{path}: hottest regions, in percent of width and height")
        for region in photo.regions:
            across = f"across {100 * region.left:.0f}-{100 * region.right:.0f}"
            down = f"down {100 * region.top:.0f}-{100 * region.bottom:.0f}"
            typer.echo(f"  {across}, {down}: {region.share:.0%} of what supports the match")
    if output is not None:
        say(f"Wrote {output}")


def _write(output: Path, found: "MatchExplained", paths: list[Path], descriptor: str, signed: bool) -> None:
    from io import BytesIO

    from PIL import Image

    from placeprint.artifact import replace_file
    from placeprint.plots.heat_map import pair_figure, photo_figure

    names = " and ".join(path.name for path in paths)
    caption = f"{names}\n{descriptor}: similarity {found.similarity:.3f}\nheat: {HEAT[found.method]}"
    photos, heats = [p.photo for p in found.photos], [p.heat for p in found.photos]
    if len(photos) == 1:
        figure = photo_figure(photos[0], heats[0], caption, signed)
    else:
        figure = pair_figure(photos[0], photos[1], heats[0], heats[1], caption, signed)
    content = BytesIO()
    Image.fromarray(figure).save(content, "PNG")
    replace_file(output, content.getvalue())
