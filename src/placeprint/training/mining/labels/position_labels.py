"""Weak labels from the positions of a data set's photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float64, Int64
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos import PhotoRecord
from placeprint.training.mining.labels.weak_labels import WeakLabels


@dataclass(frozen=True)
class PositiveRule:
    """What makes a database photo a potential positive. Lengths are in meters.

    - `positive_radius`: at most this far away (10 in the NetVLAD paper).
    - `beyond`: and farther than this (NetVLAD's code and deepIBL: 1 < d² <= 100, so `beyond=1`; the very same
    spot teaches little). None: no such limit (OpenIBL). 0 excludes equal positions.
    - `other_panorama`: not a view of the query's own panorama (a photo without one is its own panorama).
    - `other_time`: not with the query's time stamp (Tokyo Time Machine, where database and queries are the
    same photos at different times).
    - `turn`: its heading differs by at most this many degrees. None: headings are ignored.

    Photos in another region (`PhotoSet.regions`) are never positives.
    """

    positive_radius: float = 10.0
    beyond: float | None = None
    other_panorama: bool = False
    other_time: bool = False
    turn: float | None = None


def weak_labels(
    dataset: PlaceDataset, rule: PositiveRule | None = None, negative_radius: float = 25.0
) -> WeakLabels:
    """Weak labels of the queries of `dataset` in its database: positives by `rule` (default
    `PositiveRule()`); `close` is everything within `negative_radius` meters.

    Distractors are definite negatives. Raises PlaceprintError if the rule needs a fact that the data set
    lacks, ValueError for a `positive_radius` beyond `negative_radius`, since a photo would be both.
    """
    rule = rule or PositiveRule()
    if rule.positive_radius > negative_radius:
        raise ValueError(
            f"positives reach {rule.positive_radius} m, but negatives begin at {negative_radius} m"
        )
    positives = _facts(dataset, rule, dataset.within(rule.positive_radius))
    if rule.beyond is not None:
        same_spot = dataset.within(rule.beyond)
        positives = [np.setdiff1d(rows, here) for rows, here in zip(positives, same_spot, strict=True)]
    return WeakLabels(len(dataset.database), positives, dataset.within(negative_radius))


def weak_labels_of_photos(
    photos: PhotoSet, rule: PositiveRule | None = None, negative_radius: float = 25.0
) -> WeakLabels:
    """Weak labels in one list, where every photo is a query against all the others.

    A photo is close to itself and never its own positive. Distractors have no positives.
    """
    distractors = photos.distractors
    placed = np.arange(len(photos)) if distractors is None else np.flatnonzero(~distractors)
    found = weak_labels(PlaceDataset("training photos", photos, photos.take(placed)), rule, negative_radius)
    positives = [np.zeros(0, np.int64) for _ in range(len(photos))]
    close = [np.array([row]) for row in range(len(photos))]
    for row, near, around in zip(placed.tolist(), found.positives, found.close, strict=True):
        positives[row] = near[near != row]
        close[row] = around
    return WeakLabels(len(photos), positives, close, one_list=True)


def _facts(dataset: PlaceDataset, rule: PositiveRule, near: Sequence[Int64]) -> list[Int64]:
    """Those of the near photos whose other facts satisfy the rule."""
    stored, asked = dataset.database, dataset.queries
    differ: list[tuple[NDArray[Any], NDArray[Any]]] = []
    if rule.other_panorama:
        differ.append((_panoramas(stored, "database"), _panoramas(asked, "query")))
    if rule.other_time:
        if stored.stamps is None or asked.stamps is None:
            raise PlaceprintError(f"{dataset.name} has no time stamps", "Use a rule without `other_time`")
        differ.append((stored.stamps, asked.stamps))
    turns = None if rule.turn is None else (_headings(stored), _headings(asked))
    kept = []
    for query, rows in enumerate(near):
        fits = np.ones(len(rows), np.bool_)
        for theirs, ours in differ:
            fits &= theirs[rows] != ours[query]
        if stored.regions is not None and asked.regions is not None:
            fits &= stored.regions[rows] == asked.regions[query]
        if turns is not None:
            fits &= np.abs((turns[0][rows] - turns[1][query] + 180.0) % 360.0 - 180.0) <= rule.turn
        kept.append(rows[fits])
    return kept


def _panoramas(photos: Sequence[PhotoRecord], side: str) -> NDArray[np.str_]:
    """(n,) names; a photo without a panorama gets a name of its own."""
    named = ((f"{side} {row}", photo.panorama) for row, photo in enumerate(photos))
    return np.array([own if name is None else f"panorama {name}" for own, name in named], np.str_)


def _headings(photos: Sequence[PhotoRecord]) -> Float64:
    for photo in photos:
        if photo.heading is None:
            raise PlaceprintError(f"{photo.path}: no heading", "Use a rule without `turn`")
    return np.array([photo.heading for photo in photos], np.float64)
