"""`placeprint learn`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import Photos, Quiet, Where, conditions
from placeprint.cli.terminal import say


def learn(
    photos: Photos,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File (.npz) or model folder to write.")
    ],
    pipeline: Annotated[
        str,
        typer.Option(
            "--pipeline",
            "-p",
            help="The descriptor to learn: lite0-netvlad, rootsift-vlad, a name such as lite0_gem_pca256, "
            "a model folder. Other stages learn nothing.",
        ),
    ] = "lite0-netvlad",
    dim: Annotated[
        int | None, typer.Option(help="Numbers per photo; default: what the name says, or 512.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed for the sample and for k-means.")] = 0,
    where: Where = None,
    quiet: Quiet = False,
) -> None:
    """Learn a descriptor's vocabulary and whitening from photos (positions are not needed).

    Nothing is trained: a newly learned `lite0-netvlad` has clusters of your photos instead of the shipped
    ones, which are trained on streets. Use `placeprint evaluate` to see whether that helps on your photos.

    Example: `placeprint learn city/ -o city.npz`, then `placeprint build ... --pipeline city.npz`
    """
    from placeprint.descriptors import learn_descriptor
    from placeprint.photos import find
    from placeprint.retrieval import parse_pipeline

    found = find(photos, conditions(where), positions=False, quiet=quiet)
    paths = [record.path for record in found.photos]
    name = str(parse_pipeline(pipeline).descriptor)
    learned = learn_descriptor(name, paths, dim=dim, seed=seed, quiet=quiet)
    learned.save(output)
    say(f"Learned {learned.name} with {learned.dim} numbers from {len(paths)} photos: {output}")
