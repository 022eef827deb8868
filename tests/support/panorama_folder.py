"""A small data set of panoramas, painted at random, in the table layout."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from placeprint.geo import GeoPoint

SIDE = 48
HERE = GeoPoint(52.2, 0.1)


def write_panoramas(folder: Path) -> Path:
    """Three panoramas of database, two of queries, one extra; their rows are not in order of heading."""
    (folder / "val").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    roles = ["database", "query", "database", "extra", "query", "database"]
    for n, role in enumerate(roles):
        for k in (2, 0, 3, 1):
            coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
            face = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            face.save(folder / "val" / f"{n}_{k}.jpg", quality=95)
            point = HERE.moved(90.0, 20.0 * n)
            heading = (90 * k + 15 * n) % 360
            time = "2020-05-01T12:00:00" if n == 1 else ""
            rows.append((f"val/{n}_{k}.jpg", point.lat, point.lon, 12.5, heading, time, f"p{n}", "val", role))
    with (folder / "photos.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "lat", "lon", "altitude", "heading", "time", "panorama", "split", "role"])
        table.writerows(rows)
    return folder
