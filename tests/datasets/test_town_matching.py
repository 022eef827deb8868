"""What the town is for: SIFT finds the same place again and tells different places apart."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from placeprint.datasets.town import Camera, Conditions, Town, View
from placeprint.datasets.town.plan import REPEATED_DESIGNS

DAY = Conditions()
Features = tuple[Sequence[Any], NDArray[np.float32]]


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(seed=1, blocks=(2, 2), repeated=0.0)


def features(town: Town, view: View, conditions: Conditions = DAY) -> Features:
    gray = cv2.cvtColor(town.render(view, conditions), cv2.COLOR_RGB2GRAY)
    return cv2.SIFT_create(800).detectAndCompute(gray, None)


def inliers(one: Features, two: Features) -> int:
    pairs = cv2.BFMatcher().knnMatch(one[1], two[1], k=2)
    good = [p for p, q in pairs if p.distance < 0.8 * q.distance]
    if len(good) < 4:
        return 0
    a, b = (
        np.float32([k[i].pt for k, i in zip([f] * len(good), n, strict=True)])
        for f, n in ((one[0], [g.queryIdx for g in good]), (two[0], [g.trainIdx for g in good]))
    )
    cv2.setRNGSeed(0)
    mask = cv2.findHomography(a, b, cv2.RANSAC, 4.0)[1]
    return 0 if mask is None else int(mask.sum())


def test_places_are_found_again_and_told_apart(town: Town) -> None:
    rng = np.random.default_rng(0)
    views = town.views()[::5]
    stored = [features(town, view) for view in views]
    same = []
    for view, seen in zip(views, stored, strict=True):
        side = 1.0 if rng.random() < 0.5 else -1.0
        right, yaw = side * rng.uniform(3.0, 4.5), -side * rng.uniform(10.0, 20.0)
        moved = town.shifted(view, ahead=0.8, right=right, up=0.2, yaw=yaw, pitch=2.0)
        same.append(inliers(features(town, moved, Conditions(weather="overcast", traffic=2, moment=1)), seen))
    different = [
        inliers(stored[i], stored[j])
        for i in range(len(views))
        for j in range(i)
        if views[i].point.distance(views[j].point) > 40.0
    ]
    assert min(len(kept) for kept, _ in stored) > 200
    assert np.median(same) >= 50
    assert np.quantile(same, 0.2) >= 30
    assert len(different) > 20
    assert max(different) < 25


def test_repeated_houses_look_alike() -> None:
    town = Town(seed=1, blocks=(2, 2), repeated=0.5)
    twins = [
        h for h in town.plan.houses if h.facade < REPEATED_DESIGNS and h.facade == town.plan.houses[0].facade
    ] or [h for h in town.plan.houses if h.facade == 0]
    shown = []
    for house in twins:
        a, b = np.array(house.a), np.array(house.b)
        outward = np.array((b[1] - a[1], a[0] - b[0])) / np.linalg.norm(b - a)
        east, north = (a + b) / 2 + 6.0 * outward
        heading = float(np.degrees(np.arctan2(-outward[0], -outward[1]))) % 360
        shown.append(town.view(Camera(float(east), float(north), heading)))
    far = max(shown[1:], key=lambda view: view.point.distance(shown[0].point))
    assert far.point.distance(shown[0].point) > 25.0
    assert inliers(features(town, shown[0]), features(town, far)) >= 30
