"""`placeprint convert`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.terminal import say


def convert(
    weights: Annotated[Path, typer.Argument(metavar="FILE", help="Published weights.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Model folder to write.")],
    whitening: Annotated[
        str | None,
        typer.Option(metavar="WHICH", help="PCA parameters (.h5), a whitening in the file by name, or none."),
    ] = None,
) -> None:
    """Convert the published weights of another project to a model folder.

    Supports NetVLAD's and deepIBL's .mat networks, OpenIBL, pytorch-NetVlad, Patch-NetVLAD, the
    geo-localization benchmark, CosPlace, EigenPlaces, MixVPR, Conv-AP, BoQ, SALAD, MegaLoc, cirtorch and
    AP-GeM. No code in the file is run.

    Example: `placeprint convert vgg16_netvlad.pth -o sfrs/`, then `placeprint build ... --pipeline sfrs/`
    """
    from placeprint.descriptors import descriptor_of
    from placeprint.networks.published import read_published

    found = read_published(weights, whitening)
    descriptor = descriptor_of(
        found.network, found.architecture, found.weights, found.size_rule, found.training, found.notes
    )
    descriptor.save(output)
    say(f"{descriptor.name}: {descriptor.dim} numbers per photo, {descriptor.license}: {output}")
    for note in found.notes:
        say(f"note: {note}")
