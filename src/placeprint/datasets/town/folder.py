"""A town as a folder of photos, as if taken by a camera with GPS, and a table of the truth."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from placeprint.arrays import UInt8
from placeprint.artifact import replace_file
from placeprint.datasets.town.camera import Lens
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.painting.texture import generator
from placeprint.datasets.town.town import DAY, LENS, Town, View
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.progress import track

COLUMNS = ("path", "lat", "lon", "heading", "panorama", "split", "role")
SPLIT = "town"
ELSEWHERE = GeoPoint(-0.5, 0.5)
QUERY_CONDITIONS = (
    Conditions(traffic=1, moment=1),
    Conditions(weather="overcast", season="autumn", traffic=2, moment=2),
    Conditions("dusk", traffic=3, moment=3),
    Conditions(weather="rain", season="spring", traffic=4, moment=4),
    Conditions(weather="snow", season="winter", traffic=5, moment=5),
    Conditions(weather="fog", traffic=6, moment=6),
    Conditions("night", traffic=7, moment=7),
)


@dataclass(frozen=True)
class TownPhotos:
    """The written folder: relative paths and what they show. Queries and `elsewhere` have no GPS."""

    folder: Path
    truth: Path
    database: dict[str, View]
    queries: dict[str, View]
    elsewhere: dict[str, View]


def write_town(
    folder: str | Path,
    seed: int = 0,
    references: int = 120,
    queries: int = 12,
    elsewhere: int = 4,
    conditions: Conditions = DAY,
    query_conditions: Sequence[Conditions] = QUERY_CONDITIONS,
    blocks: tuple[int, int] = (3, 3),
    spacing: float = 10.0,
    lens: Lens = LENS,
    repeated: float = 0.15,
    quality: int = 90,
    quiet: bool = False,
) -> TownPhotos:
    """Write `database/`, `queries/`, `elsewhere/` and `truth.csv` (path,lat,lon,heading,panorama,split,role).

    References: four headings every `spacing` meters of street, the `references` nearest to the town's center,
    under `conditions`, with EXIF position, heading and time. Queries: near evenly chosen references, moved by
    up to 4 m, turned by up to 15°, with another height, pitch and lens, cycling through `query_conditions`;
    their positions are in `truth.csv` only. `elsewhere`: another town, where no answer is right. The same
    arguments give the same pictures on every machine; the JPEG files are the same if Pillow's encoder is.

    `quiet`: no progress. Raises PlaceprintError if the town has fewer than `references` views.
    """
    folder = Path(folder)
    town = Town(seed, blocks, repeated)
    views = town.views(spacing, lens=lens)
    if not 0 < references <= len(views):
        raise PlaceprintError(
            f"a town of {blocks[0]} x {blocks[1]} blocks has {len(views)} views, not {references}",
            "Ask for fewer references, more blocks or a smaller spacing",
        )
    views.sort(key=lambda view: np.hypot(view.camera.east, view.camera.north))  # stable: panoramas stay whole
    views = views[:references]
    rng = generator(seed, 10)
    asked = [_nearby(town, views[n * len(views) // queries], rng) for n in range(queries)]
    other = Town(seed + 1_000_003, (2, 2), repeated, ELSEWHERE)
    strange = other.views(spacing, lens=lens)
    strange = [_nearby(other, strange[n * len(strange) // elsewhere], rng) for n in range(elsewhere)]
    result = TownPhotos(
        folder,
        folder / "truth.csv",
        {f"database/{v.panorama}_{round(v.heading):03d}.jpg": v for v in views},
        {f"queries/{n:03d}.jpg": v for n, v in enumerate(asked)},
        {f"elsewhere/{n:03d}.jpg": v for n, v in enumerate(strange)},
    )
    total = references + queries + elsewhere
    jobs = _jobs(town, other, result, conditions, query_conditions)
    for path, image, view, scene in track(jobs, "Painting the town", total, quiet=quiet):
        exif = _exif(scene, view if path in result.database else None)
        replace_file(folder / path, _jpeg(image, exif, quality))
    replace_file(result.truth, _table(result).encode())
    return result


def _nearby(town: Town, view: View, rng: np.random.Generator) -> View:
    """A view another person might take a few steps away."""
    ahead, right, up, yaw, pitch, field, bend = (2.0 * rng.random(7) - 1.0).tolist()
    lens = replace(
        view.camera.lens,
        field_of_view=view.camera.lens.field_of_view + 5.0 * field,
        distortion=0.03 * bend,
        vignetting=0.25,
    )
    moved = town.shifted(
        view,
        1.5 * ahead,
        3.5 * right,
        0.25 * up,
        -15.0 * abs(yaw) * (1.0 if right > 0 else -1.0),
        4.0 * pitch,
        lens,
    )
    return replace(moved, panorama="")


def _jobs(
    town: Town, other: Town, photos: TownPhotos, usual: Conditions, conditions: Sequence[Conditions]
) -> Iterator[tuple[str, UInt8, View, Conditions]]:
    for path, view in photos.database.items():
        yield path, town.render(view, usual), view, usual
    for where, views in ((town, photos.queries), (other, photos.elsewhere)):
        for number, (path, view) in enumerate(views.items()):
            scene = conditions[number % len(conditions)]
            yield path, where.render(view, scene), view, scene


def _table(photos: TownPhotos) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for role, views in (
        ("database", photos.database),
        ("query", photos.queries),
        ("elsewhere", photos.elsewhere),
    ):
        for path, view in views.items():
            lat, lon, heading = f"{view.point.lat:.8f}", f"{view.point.lon:.8f}", f"{view.heading:.2f}"
            table.writerow((path, lat, lon, heading, view.panorama, SPLIT, role))
    return text.getvalue()


def _jpeg(image: UInt8, exif: bytes, quality: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def _exif(conditions: Conditions, view: View | None) -> bytes:
    """Camera and time, and position and heading if a view is given. Seconds of arc to 1/100000."""
    from PIL import Image
    from PIL.ExifTags import GPS, IFD, Base

    month = {"winter": 1, "spring": 4, "summer": 7, "autumn": 10}[conditions.season]
    hour = {"day": 12, "dusk": 19, "night": 23}[conditions.time_of_day]
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "placeprint", "synthetic town"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = (
        f"2024:{month:02d}:15 {hour}:00:{conditions.moment % 60:02d}"
    )
    if view is not None:
        position = exif.get_ifd(IFD.GPSInfo)
        position[GPS.GPSLatitudeRef] = "N" if view.point.lat >= 0 else "S"
        position[GPS.GPSLatitude] = _sexagesimal(view.point.lat)
        position[GPS.GPSLongitudeRef] = "E" if view.point.lon >= 0 else "W"
        position[GPS.GPSLongitude] = _sexagesimal(view.point.lon)
        position[GPS.GPSImgDirectionRef] = "T"
        position[GPS.GPSImgDirection] = Fraction(round(100 * view.heading), 100)
    return exif.tobytes()


def _sexagesimal(degrees: float) -> tuple[Fraction, Fraction, Fraction]:
    minutes, ticks = divmod(round(abs(degrees) * 3600 * 100_000), 60 * 100_000)
    return Fraction(minutes // 60), Fraction(minutes % 60), Fraction(ticks, 100_000)
