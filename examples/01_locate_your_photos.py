"""Locate your own photos

You have photos that know where they were taken, and one that does not. placeprint makes a *map* of the
first and tells where in it the second was taken, or says that it does not know.

To have something to try it with, this tutorial paints a synthetic town: 40 photos with GPS in their EXIF,
six without, and two of another town. Put your own folders in the place of `references` and `queries`;
nothing else changes. A reference photo needs a position: in its EXIF, in an XMP sidecar, in its name
(`@easting@northing@...@.jpg`), or in a CSV file with the columns `path, lat, lon`, whose path you then give
instead of the folder's.

It prints, of the photos in turn, the position, the radius that holds the truth in nine of ten such answers,
and the confidence: of answers given with 0.8, about 80 % are right.

```
40 photos in the map, 0 left out
queries/000.jpg  0.49998, 0.50020  within 47 m  confidence 0.93
queries/001.jpg  0.50007, 0.50020  within 44 m  confidence 0.98
queries/002.jpg  0.49974, 0.50004  within 33 m  confidence 0.98
queries/003.jpg  0.50026, 0.49997  within 47 m  confidence 0.93
queries/004.jpg  0.50015, 0.50021  within 47 m  confidence 0.92
queries/005.jpg  0.50004, 0.49973  within 47 m  confidence 0.92
elsewhere/000.jpg  No reference photo shows the same scene: too few local features agree.
elsewhere/001.jpg  No reference photo shows the same scene: too few local features agree.
```

Open `answers.html` to see the evidence: the reference photos that match, and what in them matches. The
GeoJSON file goes into QGIS or any other map.
"""

import sys
from pathlib import Path

import placeprint as pp
from placeprint.datasets.town import write_town
from placeprint.reports import map_context, write_answers, write_html

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "located")
town = write_town(folder / "town", references=40, queries=6, elsewhere=2)
references = town.folder / "database"
queries = [*sorted((town.folder / "queries").iterdir()), *sorted((town.folder / "elsewhere").iterdir())]

# The map is a folder. A build that was stopped goes on where it was; `PlaceMap.open` opens it again later.
with pp.PlaceMap.build(references, folder / "town.placemap", quiet=True) as places:
    print(f"{len(places)} photos in the map, {len(places.skipped())} left out")

    answers = [places.locate(photo) for photo in queries]
    for photo, answer in zip(queries, answers, strict=True):
        if isinstance(answer, pp.Place):
            point = f"{answer.point.lat:.5f}, {answer.point.lon:.5f}"
            radius = f"within {answer.radius_90:.0f} m"
            print(f"{photo.parent.name}/{photo.name}  {point}  {radius}  confidence {answer.confidence:.2f}")
        else:
            print(f"{photo.parent.name}/{photo.name}  {answer.reason}")

    write_answers(folder / "answers.geojson", answers)  # or .kml, .kmz, .gpx, .csv
    write_html(folder / "answers.html", answers, map_context(places))
