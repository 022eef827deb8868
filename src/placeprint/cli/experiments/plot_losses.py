"""`placeprint plot-losses`"""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placeprint.cli.parameters import Json
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:
    from placeprint.plots.loss_gradients import Strengths

FORMATS = (".svg", ".html", ".png")


def plot_losses(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Figure to write: .svg, .html or .png."),
    ] = None,
    margin: Annotated[float, typer.Option(help="Margin of the triplet loss, on squared distances.")] = 0.1,
    threshold: Annotated[float, typer.Option(help="τ of the contrastive loss.")] = 0.7,
    temperature: Annotated[
        float,
        typer.Option(help="Temperature of the SARE kernels; dot products over 0.07 mean a Gaussian of 0.14."),
    ] = 1.0,
    steps: Annotated[int, typer.Option(min=2, max=500, help="Cells along each side.")] = 48,
    json: Json = False,
) -> None:
    """Compare training losses: how strongly each pulls at a positive and pushes at a negative.

    Heat maps of the gradient's length over the distances d_p and d_n, 0 to 2, of one positive and one
    negative to their query, for unit vectors. With one negative, SARE-Ind and SARE-Joint coincide.

    Example: `placeprint plot-losses -o losses.svg`
    """
    from placeprint.descriptors.runtimes.torch_device import need_torch

    if output is None and not json:
        raise PlaceprintError("nothing to write", "Give --output FILE, --json or both.")
    if output is not None and output.suffix.lower() not in FORMATS:
        raise PlaceprintError(f"{output} is not a known format", "Use a name ending in .svg, .html or .png.")
    if not temperature > 0:
        raise PlaceprintError(f"--temperature {temperature:g} is not above 0", "The paper has 1.")
    need_torch("Gradients of losses")
    from placeprint.losses.gradients import compared_losses, gradient_plane

    losses = compared_losses(margin, threshold, temperature)
    planes = {name: gradient_plane(loss, steps) for name, loss in losses.items()}
    if output is not None:
        from placeprint.artifact import replace_file

        strengths = {name: (plane.positive, plane.negative) for name, plane in planes.items()}
        replace_file(output, _figure(output.suffix.lower(), strengths))
    if json:
        distance = planes["Triplet"].distance.round(6).tolist()
        said = {
            "margin": margin,
            "threshold": threshold,
            "temperature": temperature,
            "distance": distance,
            "losses": {name: plane.to_dict() for name, plane in planes.items()},
        }
        typer.echo(json_module.dumps(said))
        return
    for name, plane in planes.items():
        top = f"{plane.positive.max():.2f} at the positive, {plane.negative.max():.2f} at the negative"
        typer.echo(f"{name}: at most {top}")
    say(f"Wrote {output}")


def _figure(suffix: str, strengths: "Strengths") -> bytes:
    from placeprint.plots.loss_gradients import loss_gradients
    from placeprint.plots.loss_gradients_png import loss_gradients_png

    if suffix == ".png":
        return loss_gradients_png(strengths)
    drawing = loss_gradients(strengths)
    return drawing.encode() if suffix == ".svg" else _page(drawing).encode()


def _page(drawing: str) -> str:
    from placeprint.reports.html.templating import page

    title = "Gradients of losses"
    return page(title, f"<main><h1>{title}</h1>{drawing}</main>")
