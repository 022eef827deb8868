"""TEMPORARY stand-in until the real room lands."""

import csv, io
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
import numpy as np
from PIL import Image, ImageOps
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.geo import GeoPoint

Photo = object


@dataclass(frozen=True)
class PhotoRecord:
    path: Path
    point: GeoPoint | None
    heading: float | None = None
    time: datetime | None = None
    panorama: str | None = None


@dataclass(frozen=True)
class Skipped:
    path: Path
    reason: str


@dataclass
class PhotoList:
    photos: list
    skipped: list


def load(source, longest=1024):
    if isinstance(source, np.ndarray):
        return source
    f = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        im = ImageOps.exif_transpose(Image.open(f)).convert("RGB")
    except Exception as e:
        raise PhotoError("photo" if isinstance(source, bytes) else source, str(e))
    im.thumbnail((longest, longest))
    return np.asarray(im)


def resize(image, rule):
    import cv2

    h, w = image.shape[:2]
    n = float(rule.split(":")[1])
    f = n / (h * w) ** 0.5
    W = max(16, round(w * f / 16) * 16)
    H = max(16, round(h * f / 16) * 16)
    return image if (H, W) == (h, w) else cv2.resize(image, (W, H), interpolation=cv2.INTER_AREA)


def _gps(p):
    g = Image.open(p).getexif().get_ifd(0x8825)
    if 2 not in g:
        return None
    d = lambda v: float(v[0]) + float(v[1]) / 60 + float(v[2]) / 3600
    return GeoPoint(d(g[2]) * (-1 if g[1] == "S" else 1), d(g[4]) * (-1 if g[3] == "W" else 1))


def find(source, where=None, positions=True):
    source = Path(source)
    out = []
    bad = []
    if source.suffix == ".csv":
        for r in csv.DictReader(source.open()):
            if all(r[k] == v for k, v in (where or {}).items()):
                out.append(
                    PhotoRecord(
                        source.parent / r["path"],
                        GeoPoint(r["lat"], r["lon"]),
                        float(r["heading"]),
                        None,
                        r["panorama"],
                    )
                )
    else:
        for p in [source] if source.is_file() else sorted(source.rglob("*.jpg")):
            g = _gps(p)
            (out.append(PhotoRecord(p, g)) if g or not positions else bad.append(Skipped(p, "no position")))
    return PhotoList(out, bad)
