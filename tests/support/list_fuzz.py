"""Malformed lists of photos: what real lists become by flipped bytes, cut lines, and nonsense in cells.

The suite reads 2,000 of them. `python tests/support/list_fuzz.py --seed 77 --count 12000` reads more, and
says how many ended in something else than a `PlaceprintError`, the longest time and the most memory.
"""

import argparse
import json
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.photos import find

GOOD = {
    "a.csv": b"path,lat,lon,heading,time,altitude\n"
    b'a.jpg,55.7,13.1,90,2024-05-01T12:00:00Z,12\n"b.jpg",55.8,13.2,,,\n',
    "b.csv": "sep=;\r\nDatei;Breitengrad;Längengrad\r\nÜ.jpg;55,7081;13,1912\r\n".encode("cp1252"),
    "c.csv": 'SourceFile,GPSLatitude,GPSLongitude\na.jpg,"61 deg 49\' 49.41"" N",'
    '"28 deg 54\' 11.0"" E"\n'.encode(
        "utf-16"
    ),
    "d.csv": b"image,easting,northing,zone\na.jpg,386000,6175000,33N\nb.jpg,1,2,33U\n",
    "e.csv": b'path,geometry,epsg\na.jpg,"POINT (386000 6175000)",EPSG:32633\nb.jpg,SRID=4326;POINT(1 2),\n',
    "f.csv": b'photo,position\na.jpg,"55.7081, 13.1912"\nb.jpg,"55 42 29 N, 13 11 28 E"\n',
    "geo.txt": b"EPSG:32633\na.jpg 386000 6175000 101 90 0 0 5 3\nb.jpg 386001 6175001\n",
    "odm.txt": b"+proj=utm +zone=33 +datum=WGS84 +units=m\na.jpg 386000 6175000 101\n",
    "gps.txt": b"a.jpg 55.7 13.1 12\nb.jpg 55.8 13.2 13\n",
    "paths.txt": b"a.jpg\nfile:///tmp/b.jpg\nC:\\photos\\c.jpg\n%41.jpg\n",
    "a.json": json.dumps(
        [{"path": "a.jpg", "lat": 1, "lon": 2, "gps": {"latitude": 1}}, {"path": "b\ud800", "lat": None}]
    ).encode(),
    "b.json": json.dumps(
        {"a.jpg": {"gps": {"latitude": 1.0, "longitude": 2.0}, "compass": {"angle": 3}}}
    ).encode(),
    "c.json": json.dumps([{"filename": "a.jpg", "error": {"type": "X", "message": "no"}}]).encode(),
    "d.jsonl": b'{"path": "a.jpg", "lat": 1, "lon": 2}\n{"path": "b.jpg", "lat": 1, "lon": 2}\n',
    "e.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}},
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [386000, 6175000, 3]},
                    "properties": {"photo": "a.jpg", "direction": 3, "timestamp": "2024-05-01T12:00:00"},
                }
            ],
        }
    ).encode(),
}  # fmt: skip
NONSENSE = [
    b"\x00", b"\xff", b'"', b"'", b"\r", b"\n", b",", b";", b"{", b"[", b"]", b"}", b"1e999", b"-", b"nan",
    b"inf",
    b"9" * 400, b"\\ud800", b"\\u0000", b"..", b"/", b"\\", b"%00", b"%", b"POINT(", b"EPSG:", b"EPSG:99999",
    b"+proj=utm +zone=99", b"+proj=x", b"\xc3", "\u202e\u2028\x1b]0;x\x07".encode(), b"1,2", b"1.2.3",
    b"0000:00:00",
    b"2024-13-45", b"file://[::1", b"#", b"sep=", b"\xef\xbb\xbf", b"\xff\xfe", b"N", b"deg", b"1e-400", b":",
    b'{"type": "Point", "coordinates": [1e999, []]}', b"\t", b"a" * 5000, b"true", b"null", b"\xd9\xa3",
]  # fmt: skip


def malformed(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of so many lists that are broken in some way; the same for the same seed."""
    draw = random.Random(seed)
    names = sorted(GOOD)
    for _ in range(count):
        name = draw.choice(names)
        content = bytearray(GOOD[name])
        kind = draw.random()
        if kind < 0.05:
            content = bytearray(draw.randbytes(draw.randrange(1, 2000)))
        elif kind < 0.10:
            content = bytearray(b"".join(draw.choices(NONSENSE, k=draw.randrange(1, 60))))
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(content) + 1)
            what = draw.random()
            if what < 0.4 and at < len(content):
                content[at] ^= 1 << draw.randrange(8)
            elif what < 0.8:
                content[at:at] = draw.choice(NONSENSE)
            elif what < 0.9:
                del content[at : at + draw.randrange(1, 20)]
            else:
                content[at:at] = content[: draw.randrange(len(content) + 1)] * draw.randrange(1, 4)
        if draw.random() < 0.1:
            name = draw.choice(names)
        yield name, bytes(content) or b" "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--count", type=int, default=12000)
    given = parser.parse_args()
    ended: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.jpg", "b.jpg", "c.jpg", "Ü.jpg"):
            Path(folder, name).write_bytes(b"x")
        for name, content in malformed(given.seed, given.count):
            table = Path(folder, name)
            table.write_bytes(content)
            for positions in (True, False):
                begun = time.monotonic()
                try:
                    find(table, positions=positions, quiet=True)
                    ended["read"] += 1
                except PlaceprintError:
                    ended["refused"] += 1
                except Exception as error:
                    ended[f"{type(error).__name__}: {error}"] += 1
                slowest = max(slowest, time.monotonic() - begun)
            table.unlink()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.count} lists, seed {given.seed}: {dict(ended)}; slowest {slowest:.2f} s, {memory:.0f} MB")


if __name__ == "__main__":
    main()
