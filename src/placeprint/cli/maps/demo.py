"""`placeprint demo`"""

from pathlib import Path
from typing import Annotated

import typer

from placeprint.cli.parameters import Quiet
from placeprint.cli.terminal import say


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write the town, the map and the report to.")
    ] = Path("demo"),
    references: Annotated[int, typer.Option(min=8, help="Reference photos to render.")] = 120,
    seed: Annotated[int, typer.Option(help="Seed for the town.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Render a synthetic town, build a map of it and locate photos taken in it.

    Needs no photos and no internet. Its score shows that everything works, and says nothing about accuracy
    in the real world. Example: `placeprint demo`
    """
    from placeprint import PlaceMap
    from placeprint.datasets.town import write_town
    from placeprint.placemap import Place
    from placeprint.reports import map_context, print_table, write_html

    town = write_town(folder / "town", seed=seed, references=references, quiet=quiet)
    say(f"A town of {references} reference photos: {town.folder / 'database'}")
    with PlaceMap.build(town.folder / "database", folder / "town.placemap", quiet=quiet) as places:
        say(f"A map of {len(places)} photos: {places.path}")
        asked = {**town.queries, **town.elsewhere}
        answers = list(places.locate_many([town.folder / path for path in asked], quiet=quiet))
        report = folder / "report.html"
        write_html(report, answers, map_context(places))
    print_table(answers)
    near = [
        isinstance(answer, Place) and answer.point.distance(view.point) <= 25.0
        for answer, view in zip(answers, asked.values(), strict=True)
    ]
    inside = len(town.queries)
    refused = sum(not isinstance(answer, Place) for answer in answers[inside:])
    typer.echo(
        f"{sum(near[:inside])} of {inside} photos of the town located within 25 m; "
        f"{refused} of {len(town.elsewhere)} photos of another town recognized as such."
    )
    say(f"Open {report.resolve()} in a browser to see the evidence.")
