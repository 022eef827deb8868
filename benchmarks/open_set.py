"""How often is a photo given a place that it does not show?

    python benchmarks/open_set.py DATA

DATA holds cambridge/, street-gps/ and the other collections. Three tables, verify=auto, all from one run:
maps of 1 to 608 photos of Lund and of Cambridge (split val) against strangers, that is photos taken
elsewhere, beside photos of the map's own street; the same by kind of stranger; searches in areas (`near`) of
15 to 300 m that do not hold the place, beside those that do. Maps are random parts of the whole, `--draws` of
each size, and calibrated as `build` does. A photo of the own street lies within 15 m of one in the map and is
none itself.
"""

import argparse
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from placeprint.arrays import Pixels
from placeprint.datasets import from_table
from placeprint.photos import PhotoRecord, find, load
from placeprint.placemap import Place, PlaceMap
from placeprint.placemap.locating import locate
from placeprint.placemap.query import query_of
from placeprint.progress import track
from provenance import machine

EVERY = {"sf-night": 3, "strecha": 2, "ie-tower": 60, "corridor": 4, "cars": 34}
"""One photo of so many is taken as a stranger."""

LUND_SIZES = (1, 2, 3, 5, 15)
PANORAMAS = (1, 2, 5, 25, 152)
RADII = (15.0, 40.0, 100.0, 300.0)
OWN = 15.0
FAR = 100.0
console = Console(width=130)

Query = Mapping[str, Any]
Asked = Sequence[tuple[str, Query]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    lund = find(options.data / "street-gps" / "lund").photos
    val = from_table(options.data / "cambridge" / "photos.csv", "val")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        PlaceMap.build(lund, folder / "lund").close()
        with PlaceMap.build(val.database, folder / "cambridge") as whole:
            console.print(
                f"cambridge val {val.fingerprint}, street-gps/lund {len(lund)} photos; {whole.spec}, "
                f"{whole.descriptor.fingerprint}, seed {options.seed}, {options.draws} draws; {machine()}"
            )
            asked = strangers(whole, options.data)
            views = [(record, described(whole, load(record.path))) for record in val.queries]
            streets = [(record, described(whole, load(record.path))) for record in lund]
        sizes = Table("map", "photos", "strangers placed", "of", "%", "own street found", "right", "of")
        kinds: Counter[str] = Counter()
        shown: Counter[str] = Counter()
        from_cambridge = [("cambridge", query) for _, query in views[::4]]
        from_lund = [("lund", query) for _, query in streets]
        for count in LUND_SIZES:
            tallies = []
            for draw in range(options.draws):
                kept = rng.permutation(len(lund))[:count]
                records = [lund[i] for i in kept]
                tallies.append(
                    tally(folder / "lund", records, asked + from_cambridge, streets, kinds, shown, draw)
                )
            row(sizes, "Lund", count, tallies)
        panoramas = sorted({record.panorama or "" for record in val.database})
        for count in PANORAMAS:
            tallies = []
            for draw in range(options.draws if count < len(panoramas) else 1):
                names = {panoramas[i] for i in rng.permutation(len(panoramas))[:count]}
                records = [record for record in val.database if record.panorama in names]
                tallies.append(
                    tally(folder / "cambridge", records, asked + from_lund, views, kinds, shown, draw)
                )
            row(sizes, "Cambridge", 4 * count, tallies)
        console.print(sizes)
        table = Table("kind of stranger", "placed", "of", "%")
        for kind, total in shown.items():
            table.add_row(kind, str(kinds[kind]), str(total), f"{100 * kinds[kind] / total:.1f}")
        console.print(table)
        with PlaceMap.open(folder / "cambridge") as whole:
            console.print(areas(whole, views, rng))


def described(places: PlaceMap, image: Pixels) -> Query:
    """The query's columns, computed once for all maps."""
    return query_of(places.recipe, places.descriptor, image)


def strangers(places: PlaceMap, data: Path) -> list[tuple[str, Query]]:
    """(kind, query) of photos that no map here shows."""
    photos = [("berlin", path) for path in sorted((data / "street-gps" / "berlin").rglob("*.jpg"))]
    for name, n in EVERY.items():
        photos += [(name, path) for path in sorted((data / name).rglob("*.jpg"))[::n]]
    found = [(kind, described(places, load(path))) for kind, path in track(photos, "strangers", len(photos))]
    return found + [("painted", described(places, image)) for image in no_photos()]


def no_photos() -> list[Pixels]:
    """Black, white, gradients, noise, and pages of text."""
    rng = np.random.default_rng(0)
    ramp = np.broadcast_to(np.linspace(0, 255, 480)[:, None, None], (480, 640, 3)).astype(np.uint8)
    plain = [np.full((480, 640, 3), value, np.uint8) for value in (0, 128, 255)]
    noise = [rng.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(3)]
    pages = []
    for seed in range(4):
        page = Image.new("RGB", (640, 480), "white")
        draw = ImageDraw.Draw(page)
        words = np.random.default_rng(seed)
        for line in range(20):
            text = "".join(map(chr, words.integers(97, 123, 70)))
            draw.text((20, 20 + 22 * line), text, fill="black")
        pages.append(np.asarray(page))
    return [*plain, ramp, *noise, *pages]


def tally(
    source: Path,
    records: Sequence[PhotoRecord],
    asked: Asked,
    own: Sequence[tuple[PhotoRecord, Query]],
    kinds: Counter[str],
    shown: Counter[str],
    draw: int,
) -> tuple[int, int, int, int, int]:
    """Placed and all strangers; found, rightly found and all photos of the own street."""
    kept = {str(Path(record.path).absolute()) for record in records}
    target = source.with_name(f"{source.name}-{len(records)}-{draw}")
    shutil.copytree(source, target)
    with PlaceMap.open(target, writable=True) as places:
        gone = [str(r.path) for r in places.photos() if str(r.path) not in kept]
        if gone:
            places.remove(gone, quiet=True)
        references = places.references
        away: list[tuple[str, Query]] = list(asked)
        near = []
        for record, query in own:
            assert record.point is not None
            at = references.frame.to_meters(np.array([[record.point.lat, record.point.lon]]))[0]
            distance = float(np.hypot(*(references.meters - at).T).min())
            if distance <= OWN and str(Path(record.path).absolute()) not in kept:
                near.append((record.point, query))
            elif distance > FAR:
                away.append(("the same town", query))
        placed = 0
        for kind, query in track(away, target.name, len(away)):
            shown[kind] += 1
            if isinstance(locate(references, query), Place):
                kinds[kind] += 1
                placed += 1
        answers = [(point, locate(references, query)) for point, query in near]
    shutil.rmtree(target)
    found = [(point, answer) for point, answer in answers if isinstance(answer, Place)]
    right = sum(point.distance(answer.point) <= 25.0 for point, answer in found)
    return placed, len(away), len(found), right, len(near)


def row(table: Table, name: str, photos: int, tallies: Sequence[tuple[int, int, int, int, int]]) -> None:
    placed, strange, found, right, own = np.sum(tallies, axis=0).tolist()
    share = f"{100 * placed / max(strange, 1):.1f}"
    table.add_row(name, str(photos), str(placed), str(strange), share, str(found), str(right), str(own))


def areas(places: PlaceMap, views: Sequence[tuple[PhotoRecord, Query]], rng: np.random.Generator) -> Table:
    """Every third query of Cambridge, searched where it was not taken, and where it was."""
    table = Table("near, m", "wrong areas answered", "of", "%", "right areas answered", "whole map", "of")
    references = places.references
    counts: dict[float, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for record, query in track(views[::3], "areas", len(views[::3])):
        assert record.point is not None
        at = references.frame.to_meters(np.array([[record.point.lat, record.point.lon]]))[0]
        distance = np.hypot(*(references.meters - at).T)
        anywhere = isinstance(locate(references, query), Place)
        for radius in RADII:
            count = counts[radius]
            centers = np.flatnonzero(distance > radius + FAR)
            if not len(centers):
                continue
            center = references.meters[int(rng.choice(centers))]
            wrong = np.hypot(*(references.meters - center).T) <= radius
            count[0] += isinstance(locate(references, query, allowed=wrong), Place)
            count[1] += 1
            inside = distance <= max(radius, OWN)
            if inside.any():
                count[2] += isinstance(locate(references, query, allowed=inside), Place)
                count[3] += anywhere
                count[4] += 1
    for radius, (wrong_, all_, right, whole, of) in counts.items():
        share = f"{100 * wrong_ / all_:.1f}"
        table.add_row(f"{radius:.0f}", str(wrong_), str(all_), share, str(right), str(whole), str(of))
    return table


if __name__ == "__main__":
    main()
