"""Place a folder of drone frames

A drone's video comes apart into frames, and its log has a position for some of them only: the receiver lost
its satellites between the houses. The frames with a position make the map, and the others are located in it.

The list `frames.csv` names every frame; `lat` and `lon` are empty where the log has none. Such a list may be
CSV, TSV, JSON or GeoJSON, and frames whose positions stand in their EXIF or in XMP sidecars need none: give
`find` the folder instead. Here the synthetic town is flown over at 12 meters, and each third frame has a
position, nine meters of flight from the next.

```
48 frames, 16 with a position
32 of 32 frames placed; error: median 2.4 m, largest 6.8 m
frames.geojson, frames.gpx
```

An answer's position comes from the frames that it matches, so its error is about the distance to them. The
GPX file goes into a navigation device or a photo manager; the GeoJSON file has the radii and the evidence of
each answer as well. A frame that cannot be placed is in it too, without a position and with the reason.
"""

import csv
import statistics
import sys
from pathlib import Path

from PIL import Image

import placeprint as pp
from placeprint.datasets.town import Camera, Lens, Town
from placeprint.photos import find
from placeprint.reports import write_answers

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "flight")
folder.mkdir(parents=True, exist_ok=True)

# The flight: along four streets, three meters a frame, the camera turned to the right and down.
town, lens, truth = Town(seed=5), Lens(320, 240, 75.0), {}
for number, street in enumerate(town.plan.streets[:4]):
    for step in range(12):
        east, north = street.along(8.0 + 3.0 * step)
        heading = (street.heading + 25.0) % 360.0
        view = town.view(Camera(east, north, heading, height=12.0, pitch=-15.0, lens=lens))
        name = f"frame_{number}{step:02d}.jpg"
        Image.fromarray(town.render(view)).save(folder / name)
        truth[name] = view.point
with (folder / "frames.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["path", "lat", "lon"])
    for number, (name, point) in enumerate(truth.items()):
        table.writerow([name, point.lat, point.lon] if number % 3 == 0 else [name, "", ""])

# Those with a position, and those without.
frames = find(folder / "frames.csv", positions=False).photos
placed = [frame for frame in frames if frame.point is not None]
asked = [frame.path for frame in frames if frame.point is None]
print(f"{len(frames)} frames, {len(placed)} with a position")

with pp.PlaceMap.build(placed, folder / "flight.placemap", quiet=True) as places:
    answers = [places.locate(path) for path in asked]

errors = [
    answer.point.distance(truth[path.name])
    for path, answer in zip(asked, answers, strict=True)
    if isinstance(answer, pp.Place)
]
print(f"{len(errors)} of {len(asked)} frames placed;", end=" ")
print(f"error: median {statistics.median(errors):.1f} m, largest {max(errors):.1f} m")

for name in ("frames.geojson", "frames.gpx"):
    write_answers(folder / name, answers)
print("frames.geojson, frames.gpx")
