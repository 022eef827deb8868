"""The plan as upright rectangles: fronts, side and back walls, vans, and billboards of trees and lamps."""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float64, Int64
from placeprint.datasets.town.camera import Camera
from placeprint.datasets.town.painting.texture import generator
from placeprint.datasets.town.plan import HOUSE_DEPTH, Plan

REACH = 170.0  # meters beyond which walls are not drawn
PLAIN = 4  # kinds of side and back wall


@dataclass(frozen=True)
class Walls:
    """n upright rectangles. `solid`: they are opaque below this height; `front`, `back`: surface numbers."""

    a: Float64
    b: Float64
    top: Float64
    solid: Float64
    front: Int64
    back: Int64

    def near(self, camera: Camera, ahead: Float64) -> "Walls":
        """The walls that reach in front of `camera` and within `REACH` of it."""
        eye = np.array((camera.east, camera.north))
        ends = np.stack([self.a - eye, self.b - eye])
        depth = ends[..., 0] * ahead[0] + ends[..., 1] * ahead[1]
        keep = (depth.max(axis=0) > 0) & ((ends**2).sum(axis=-1).min(axis=0) < REACH**2)
        return Walls(*(getattr(self, n)[keep] for n in self.__dataclass_fields__))

    def __add__(self, other: "Walls") -> "Walls":
        return Walls(
            *(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__)
        )


Row = tuple[Float64, Float64, float, float, int, int]


def _walls(rows: list[Row]) -> Walls:
    a, b, top, solid, front, back = zip(*rows, strict=True) if rows else ((),) * 6
    ends = [np.array(end, np.float64).reshape(-1, 2) for end in (a, b)]
    heights = [np.array(height, np.float64) for height in (top, solid)]
    return Walls(
        ends[0], ends[1], heights[0], heights[1], np.array(front, np.int64), np.array(back, np.int64)
    )


def house_walls(plan: Plan) -> Walls:
    """Fronts with party walls and a back; where two rows meet at a corner they close each other."""
    rows: list[Row] = []
    plain = len(plan.facades)
    for number, house in enumerate(plan.houses):
        facade = plan.facades[house.facade]
        a, b = np.array(house.a), np.array(house.b)
        along = (b - a) / np.sqrt(((b - a) ** 2).sum())
        inward = np.array([-along[1], along[0]]) * HOUSE_DEPTH
        side, back = plain + number % PLAIN, plain + (number + 1) % PLAIN
        rows.append((a, b, facade.top, facade.eaves, house.facade, side))
        first, last = house.corner
        if not first:
            rows.append((a + inward, a, facade.eaves, facade.eaves, side, side))
        if not last:
            rows.append((b, b + inward, facade.eaves, facade.eaves, side, side))
        if not (first or last):
            rows.append((b + inward, a + inward, facade.eaves, facade.eaves, back, back))
    return _walls(rows)


def boards(plan: Plan, ahead: Float64) -> Walls:
    """Lamps and trees as billboards that face a camera looking along `ahead`."""
    rows: list[Row] = []
    right = np.array([ahead[1], -ahead[0]])
    first = len(plan.facades) + PLAIN
    for number, place in enumerate(plan.trees):
        half, top = 1.9 + 0.25 * (number % 3), 4.6 + 0.5 * (number % 4)
        rows.append((place - half * right, place + half * right, top, 0.0, *(first + number % 3,) * 2))
    rows += [(p - 0.4 * right, p + 0.4 * right, 4.2, 0.0, first + 3, first + 3) for p in plan.lamps]
    return _walls(rows)


def vans(plan: Plan, traffic: int) -> Walls:
    """Delivery vans at the curb, each a box of four walls; their places depend on `traffic`."""
    rows: list[Row] = []
    rng = generator(plan.seed, 3, traffic)
    first = len(plan.facades) + PLAIN + 4
    for street in plan.streets if traffic else ():
        for _ in range(int(rng.integers(0, 3))):
            at, side = (
                12.0 + float(rng.random()) * (street.length - 28.0),
                1.0 if rng.random() < 0.5 else -1.0,
            )
            middle, kind = side * (street.half_width - 3.7), first + 3 * int(rng.integers(4))
            low, high = middle - 0.95, middle + 0.95
            corners = [
                np.array(street.along(at + s, m)) for s, m in ((0, low), (4.6, low), (4.6, high), (0, high))
            ]
            for i, stuff in enumerate((kind, kind + 1, kind, kind + 1)):
                rows.append((corners[i], corners[(i + 1) % 4], 2.25, 1.9, stuff, kind + 2))
    return _walls(rows)
