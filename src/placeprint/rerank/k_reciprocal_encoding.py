"""The sparse vectors of k-reciprocal neighborhoods (Zhong et al., CVPR 2017)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Bool, Float32, Int64, chunks, squared_distances
from placeprint.rerank.k_reciprocal_presets import PRESETS, KReciprocal

FLOATS = 2**22
"""How many differences are held at a time: 16 MB."""

ROWS = 64
"""How many photos' neighborhoods are processed at a time."""

BLOCK = 2**24
"""Distances held at a time while neighbors are searched."""


@dataclass(frozen=True, eq=False)
class KReciprocalEncoding:
    """Sparse rows V_p over the n photos, each with sum 1, and what their distances were divided by.

    Row p has `weights[starts[p] : starts[p + 1]]` at the photos `ids[...]`, ascending. `farthest` (n,): the
    largest squared distance from each photo to another.
    """

    starts: Int64
    ids: Int64
    weights: Float32
    farthest: Float32

    def __len__(self) -> int:
        return len(self.farthest)


def k_reciprocal_encoding(vectors: Float32, settings: KReciprocal = PRESETS["paper"]) -> KReciprocalEncoding:
    """V of Zhong et al., CVPR 2017, for n photos (n, d); equations 2 to 11.

    N(p, k): p and its k nearest. R(p, k) = {g ∈ N(p, k) : p ∈ N(g, k)}. R*(p) = R(p, k1) together with each
    R(q, k1/2), q ∈ R(p, k1), of which at least two thirds, or more than that, are in R(p, k1): see
    `KReciprocal`. V_pg = exp(−d(p, g)) for g ∈ R*(p), else 0. Finally V_p becomes the mean of V over the k2
    nearest of p, including p itself (k2 = 1: no change).

    As in the authors' code, d is the squared Euclidean distance divided by the largest one of p (in the
    preset "openibl" the square of that), and each V_p is divided by its sum. Half of an odd k1 is rounded
    down, as in their MATLAB code; their Python code takes one more for k1 = 3, 7, 11 and so on. Ties may be
    in either order.

    Time: n² d for the neighbors, n k1³ for the sets. Memory besides the vectors: 64 MB of distances at a
    time, n k1 neighbors, and the result of about n k1 k2 numbers; never an n × n array.
    """
    k1, k2 = settings.k1, settings.k2
    vectors = np.ascontiguousarray(vectors, np.float32)
    near, farthest = _nearest(vectors, max(k1 + 1, k2))
    mutual, half_mutual = _reciprocal(near, k1 + 1), _reciprocal(near, k1 // 2 + 1)
    rows, columns, weights = [], [], []
    for some in chunks(len(near), ROWS):
        p, g = _expanded(near, mutual, half_mutual, some, settings.more_than)
        squared = np.empty(len(p), np.float32)
        for part in chunks(len(p), max(1, FLOATS // vectors.shape[1])):
            squared[part] = np.square(vectors[p[part]] - vectors[g[part]]).sum(axis=1)
        weight = np.exp(-settings.relative(squared, farthest[p]))
        rows.append(p)
        columns.append(g)
        weights.append(weight / np.bincount(p - some.start, weight)[p - some.start])
    encoding = _gathered(rows, columns, weights, farthest)
    return encoding if k2 == 1 else _averaged(encoding, near[:, :k2])


def _nearest(vectors: Float32, k: int) -> tuple[Int64, Float32]:
    """Each photo and its nearest, k in total or n (n, k), nearest first; the largest squared distances."""
    n = len(vectors)
    k = min(k, n)
    near, farthest = np.empty((n, k), np.int64), np.empty(n, np.float32)
    for some in chunks(n, max(1, BLOCK // max(n, 1))):
        squared = squared_distances(vectors[some], vectors)
        farthest[some] = squared.max(axis=1)
        itself = np.arange(len(squared))
        squared[itself, some.start + itself] = -1
        best = np.sort(np.argpartition(squared, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(np.take_along_axis(squared, best, 1), axis=1, kind="stable")
        near[some] = np.take_along_axis(best, order, 1)
    return near, farthest


def _reciprocal(near: Int64, k: int) -> Bool:
    """(n, k): is p among the first k of the photo at near[p, j]?"""
    mutual = np.empty(near[:, :k].shape, np.bool_)
    for some in chunks(len(near), ROWS):
        theirs = near[near[some, :k], :k]
        mutual[some] = (theirs == np.arange(len(near))[some, None, None]).any(axis=2)
    return mutual


def _expanded(
    near: Int64, mutual: Bool, half_mutual: Bool, some: slice, more_than: bool
) -> tuple[Int64, Int64]:
    """The pairs (p, g) with g in R*(p), p in `some`, in order."""
    k, n = mutual.shape[1], len(near)
    inside, first = mutual[some], near[some, :k]
    candidates = near[first, : half_mutual.shape[1]]
    theirs = half_mutual[first] & inside[:, :, None]
    members = np.where(inside, first, -1)
    common = theirs & (candidates[..., None] == members[:, None, None, :]).any(axis=3)
    shared, wanted = 3 * common.sum(axis=2), 2 * theirs.sum(axis=2)
    taken = theirs & (shared > wanted if more_than else shared >= wanted)[:, :, None]
    p = np.arange(n)[some, None]
    pairs = (p * n + first)[inside], (p[:, :, None] * n + candidates)[taken]
    keys = np.unique(np.concatenate(pairs))
    return keys // n, keys % n


def _averaged(encoding: KReciprocalEncoding, near: Int64) -> KReciprocalEncoding:
    """Each row becomes the mean of the rows `near` (n, k2)."""
    n, k2 = near.shape
    rows, columns, weights = [], [], []
    for some in chunks(n, ROWS):
        at, lengths = ranges(encoding.starts, near[some].ravel())
        owners = np.repeat(np.repeat(np.arange(n)[some], k2), lengths)
        keys, which = np.unique(owners * n + encoding.ids[at], return_inverse=True)
        rows.append(keys // n)
        columns.append(keys % n)
        weights.append(np.bincount(which, encoding.weights[at]) / k2)
    return _gathered(rows, columns, weights, encoding.farthest)


def _gathered(
    rows: list[Int64], columns: list[Int64], weights: list[NDArray[np.floating[Any]]], farthest: Float32
) -> KReciprocalEncoding:
    sizes = np.bincount(np.concatenate([np.zeros(0, np.int64), *rows]), minlength=len(farthest))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ids = np.concatenate([np.zeros(0, np.int64), *columns])
    return KReciprocalEncoding(
        starts, ids, np.concatenate([np.zeros(0), *weights]).astype(np.float32), farthest
    )


def ranges(starts: Int64, which: Int64) -> tuple[Int64, Int64]:
    """The indices starts[w] .. starts[w + 1] of each w in `which`, concatenated; and their counts."""
    lengths = starts[which + 1] - starts[which]
    ends = np.cumsum(lengths)
    shift = np.repeat(starts[which] - ends + lengths, lengths)
    return np.arange(len(shift)) + shift, lengths
