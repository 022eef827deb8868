"""Train a network with SARE

placeprint learns to recognize places from photos that know only where they were taken. SARE (Liu, Li & Dai,
ICCV 2019) asks of each query that its positive, a photo of the same spot, be more probable than its
negatives, photos from elsewhere. Which photos those are is *mined* from their positions and the network's
own vectors ([Training](../docs/training.md#mining), [Losses](../docs/losses.md)).

It needs `pip install 'placeprint[torch]'`. The data are a table `photos.csv`, one row a photo, with the
columns `path, lat, lon, heading, panorama, split, role`. The split `train` teaches, the split `val` tells
which network was the best; no street is in both. The recipe `sare-small` takes panoramas of four faces, cuts
views at random headings from them, and trains the pooling layer. This tutorial paints its panoramas: by day
for the database, by night for the queries.

```
20 panoramas to learn from, 12 to validate on
before: recall@1 91.7 %, loss 0.58
after 90 steps: recall@1 91.7 %, loss 0.28
trained/run/model makes 64 numbers of a photo
```

The loss falls by half. The recall does not move: each of 24 queries weighs four points, and ten places teach
nothing about the rest of the town. It shows every step of the way. With your own photos and the recipe as it
is, the same takes minutes. Then `placeprint compare` sets runs with other losses or seeds beside one another,
`placeprint evaluate DATA -m RUN/model` measures the network, and `placeprint build PHOTOS -o MAP --descriptor
RUN/model` uses it.
"""

import csv
import sys
from pathlib import Path

from PIL import Image

from placeprint.datasets.town import Conditions, Lens, Town
from placeprint.descriptors import open_descriptor
from placeprint.training import load_recipe, train

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "trained")
photos = folder / "photos"
photos.mkdir(parents=True)

# Four faces of 90 degrees every 8 meters of street; the east of the town is kept for validation.
town = Town(seed=1)
faces = town.views(8.0, headings=(0, 90, 180, 270), lens=Lens(160, 160, 90.0))
west = [face for face in faces if face.camera.east < 0][: 4 * 10]
east = [face for face in faces if face.camera.east > 30][: 4 * 6]
hours = {"database": Conditions("day"), "query": Conditions("night", traffic=2, moment=2)}
with (photos / "photos.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["path", "lat", "lon", "heading", "panorama", "split", "role"])
    for split, views in (("train", west), ("val", east)):
        for role, conditions in hours.items():
            for view in views:
                name = f"{split}_{role}_{view.panorama}_{view.heading:03.0f}.jpg"
                Image.fromarray(town.render(view, conditions)).save(photos / name, quality=90)
                place = (view.point.lat, view.point.lon, view.heading, f"{role}_{view.panorama}")
                table.writerow([name, *place, split, role])
print(f"{len(west) // 2} panoramas to learn from, {len(east) // 2} to validate on")

# Any field of a recipe can be changed. These make it small enough for half a minute.
changes = [
    "data.size=exact:128x128",
    "data.validation_size=exact:128x128",
    "loss.temperature=0.3",
    "optimizer.lr=0.003",
    "run.epochs=3",
    "run.steps_per_epoch=30",
    "whitening.dim=64",
]
run = train(load_recipe("sare-small", changes), photos, folder / "run", quiet=True)

# The run folder holds the recipe, a line for every step, the curves and the best network.
losses = [line["loss"] for line in run.metrics("step")]
recalls = [line["recall@1"] for line in run.metrics("validation")]
print(f"before: recall@1 {recalls[0]:.1f} %, loss {sum(losses[:10]) / 10:.2f}")
print(f"after {len(losses)} steps: recall@1 {recalls[-1]:.1f} %, loss {sum(losses[-10:]) / 10:.2f}")

# The network is a descriptor like any other.
network = open_descriptor(run.model)
(vector,) = network.describe([next(photos.glob("val_query_*.jpg"))])
print(f"{run.model.as_posix()} makes {len(vector)} numbers of a photo")
