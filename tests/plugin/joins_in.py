"""Each algorithm of the plugin, used by its name alone. Run as a program: joins_in.py FOLDER"""

import sys
from pathlib import Path

import numpy as np
import torch

from placeprint.codebooks import Codebook
from placeprint.datasets import PhotoSet, PlaceDataset, load_protocol, read_dataset
from placeprint.datasets.town import write_town
from placeprint.encoders import ENCODERS
from placeprint.evaluation import evaluate
from placeprint.networks.architecture import PoolingSpec
from placeprint.photos import find
from placeprint.placemap import Failed
from placeprint.reports import write_answers
from placeprint.training.config import TrainingConfig
from placeprint.training.mining.labels.weak_labels import WeakLabels
from placeprint.training.mining.negatives import NegativeMiner

folder = Path(sys.argv[1])
town = write_town(folder / "town", references=8, queries=2, elsewhere=0, quiet=True)
pipeline = "mean-color+doubled+backwards:2"
photos = PhotoSet(find(town.folder / "database", quiet=True).photos)
data = PlaceDataset("town", photos, photos.take(np.arange(4)))
protocol = load_protocol("own-photos").model_copy(update={"metrics": ("recall", "last"), "leave_out": ()})
plain, turned = evaluate(data, ["mean-color", pipeline], protocol, quiet=True).results
assert "last" in plain.scores
for a, b in zip(plain.judged.ranking.rows, turned.judged.ranking.rows, strict=True):
    assert b.tolist() == [*a[:2][::-1].tolist(), *a[2:].tolist()]

layer = PoolingSpec(name="minimum").build(5)
assert layer(torch.ones(2, 5, 3, 3)).shape == (2, 5)
config = TrainingConfig.model_validate(
    {
        "name": "t",
        "network": {"start": "lite0-netvlad"},
        "loss": {"name": "hinge", "margin": 0.7},
        "mining": {"kind": "tuples", "negatives": "first-rows"},
    }
)
assert config.loss.build().margin == 0.7
labels = WeakLabels(6, [np.array([1])], [np.array([0, 1])])
rows = NegativeMiner(labels, "first-rows", count=2).mine(0, np.array([0])).rows
assert rows.tolist() == [[2, 3]], rows
book = Codebook(np.eye(4, dtype=np.float32))
assert np.isclose(np.linalg.norm(ENCODERS["mean-residual"](np.ones((3, 4)), book)), 1)
(folder / "plugin.txt").write_text("a.jpg b.jpg")
assert len(read_dataset(folder).database) == 2
write_answers(folder / "out.txt", [Failed("?")])
assert (folder / "out.txt").read_text() == "failed\n"
print("all joined in")
