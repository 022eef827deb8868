"""An algorithm of each kind, as another package has them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.datasets.layout import Layout
from placeprint.descriptors import Descriptor
from placeprint.evaluation.scores import Metric
from placeprint.index import ExactIndex
from placeprint.losses import TupleLoss
from placeprint.networks.pooling import Pooling
from placeprint.photos import PhotoRecord, load
from placeprint.training.mining.negatives import Negatives


class MeanColor:
    """The mean color of a photo, as a unit vector."""

    name, dim, fingerprint, recipe = "mean-color", 3, "0123456789abcdef", {"name": "mean-color", "dim": 3}

    def describe(self, photos):
        rows = np.array([load(p).reshape(-1, 3).mean(axis=0) + 1 for p in photos], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def save(self, path):
        raise NotImplementedError


def mean_color() -> Descriptor:
    """Nothing to learn."""
    return MeanColor()


class Minimum(Pooling):
    """f_k = min over positions of X_k, then f / ||f||."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_dim = channels

    def forward(self, x):
        return nn.functional.normalize(x.amin(dim=(2, 3)), dim=1)


class Hinge(TupleLoss):
    """Sum of max(0, m + d_p - d_n)."""

    def __init__(self, margin: float = 0.3) -> None:
        super().__init__("sum")
        self.margin = margin

    def terms(self, query, positive, negatives, real):
        near = (query - positive).norm(dim=1, keepdim=True)
        return (self.margin + near - (query[:, None] - negatives).norm(dim=2)).relu()


def first_rows(miner, epoch, queries, vectors, read):
    """The first database rows that are definite negatives."""
    rows = np.full((len(queries), miner.count), -1, np.int64)
    for i, query in enumerate(queries.tolist()):
        allowed = np.setdiff1d(np.arange(miner.labels.database_size), miner.labels.no_negatives(query))
        rows[i, : len(allowed[: miner.count])] = allowed[: miner.count]
    return Negatives(rows, np.full(rows.shape, np.nan, np.float32))


def mean_residual(descriptors, codebook):
    """The mean of the features, of unit length."""
    mean = np.asarray(descriptors, np.float32).mean(axis=0)
    return mean / np.linalg.norm(mean)


class Doubled(ExactIndex):
    """Exact search under another name."""


@dataclass(frozen=True)
class Backwards:
    """The first candidates in reverse."""

    depth: int = 3

    @property
    def spec(self):
        return f"backwards:{self.depth}"

    needs = frozenset()

    def rerank(self, query, candidates, references):
        head = candidates[: self.depth]
        return candidates.reordered(np.arange(len(head))[::-1], np.arange(len(head), dtype=float))


def last_right(judged):
    """1 where the last answer is right."""
    both = zip(judged.answers, judged.right, strict=True)
    return {"last": np.array([float(len(a) > 0 and a[-1] in set(r.tolist())) for a, r in both])}


LAST = Metric("is the last answer right?", last_right)


def _splits(folder: Path):
    return ("all",) if (folder / "plugin.txt").is_file() else ()


def _read(folder: Path, split: str):
    names = (folder / "plugin.txt").read_text().split()
    photos = PhotoSet([PhotoRecord(folder / name, None) for name in names])
    return PlaceDataset("plugin", photos, photos)


LAYOUT = Layout("plugin-text", "Names in plugin.txt", "Your own", _splits, _read)


def write_txt(path, answers, context):
    """One line an answer."""
    Path(path).write_text("".join(f"{a.to_dict()['status']}\n" for a in answers))
