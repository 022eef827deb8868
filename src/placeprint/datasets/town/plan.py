"""The plan of a town: crooked blocks of houses, streets between them, trees and lamps, from a seed.

Meters east and north of the town's center. A wall runs from `a` to `b` as seen from its front, left
to right, so the front of a block's edge, traversed counter-clockwise, faces the street.
"""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float64
from placeprint.datasets.town.painting.texture import generator

PITCH = 52.0  # meters between crossings
HOUSE_DEPTH = 8.0
REPEATED_DESIGNS = 3


@dataclass(frozen=True)
class Facade:
    """The look of a front is determined by `seed`; `eaves` and `top` are heights in meters."""

    seed: int
    width: float
    eaves: float
    top: float
    shop: bool


@dataclass(frozen=True)
class Street:
    """A straight street between two crossings; `half_width` is from the center line to the houses."""

    start: tuple[float, float]
    end: tuple[float, float]
    half_width: float
    trees: bool

    @property
    def length(self) -> float:
        """Meters between the crossings."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    def along(self, meters: float, left: float = 0.0) -> tuple[float, float]:
        """The point `meters` from the start and `left` of the center line."""
        x, y = (np.subtract(self.end, self.start) / self.length).tolist()
        return self.start[0] + x * meters - y * left, self.start[1] + y * meters + x * left

    @property
    def heading(self) -> float:
        """Degrees clockwise from north, from start to end."""
        east, north = self.end[0] - self.start[0], self.end[1] - self.start[1]
        return float(np.degrees(np.arctan2(east, north))) % 360.0


@dataclass(frozen=True)
class House:
    """A front from `a` to `b` with the facade number `facade`; whether a and b are corners of the block."""

    a: tuple[float, float]
    b: tuple[float, float]
    facade: int
    corner: tuple[bool, bool]


@dataclass(frozen=True)
class Plan:
    """Everything in the town. `blocks` are (4, 2) corners, counter-clockwise."""

    seed: int
    facades: tuple[Facade, ...]
    houses: tuple[House, ...]
    blocks: tuple[Float64, ...]
    streets: tuple[Street, ...]
    trees: Float64
    lamps: Float64
    extent: float


def draw_plan(seed: int, blocks: tuple[int, int], repeated: float) -> Plan:
    """A plan with `blocks` blocks east and north; a share `repeated` of the houses has shared facades."""
    rng = generator(seed, 1)
    nodes = _crossings(rng, blocks)
    across = 5.0 + 1.8 * rng.random((2, *nodes.shape[:2]))  # half widths of the streets going east and north
    quads = [_block(nodes, across, i, j) for i in range(blocks[0]) for j in range(blocks[1])]
    facades = [_facade(rng, seed, number, 5.5 + 2.5 * rng.random()) for number in range(REPEATED_DESIGNS)]
    houses: list[House] = []
    for quad in quads:
        for a, b in zip(quad, np.roll(quad, -1, axis=0), strict=True):
            houses += _row(rng, seed, a, b, facades, repeated)
    streets = _streets(rng, nodes, across)
    return Plan(
        seed,
        tuple(facades),
        tuple(houses),
        tuple(quads),
        tuple(streets),
        _trees(rng, streets, nodes),
        _lamps(streets),
        float(np.abs(nodes).max()) + 30.0,
    )


def _crossings(rng: np.random.Generator, blocks: tuple[int, int]) -> Float64:
    """(nx + 1, ny + 1, 2) crossings of a jittered grid."""
    east, north = np.meshgrid(*(np.arange(n + 1) - n / 2 for n in blocks), indexing="ij")
    grid = np.stack([east, north], axis=-1) * PITCH
    return np.asarray(grid + 10.0 * (rng.random(grid.shape) - 0.5))


def _block(nodes: Float64, across: Float64, i: int, j: int) -> Float64:
    """The four crossings around a block, moved in by half a street on each side."""
    corners = np.array([nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1]])
    inset = (across[0, i, j], across[1, i + 1, j], across[0, i, j + 1], across[1, i, j])
    along = np.roll(corners, -1, axis=0) - corners
    along = along / np.sqrt((along**2).sum(axis=1, keepdims=True))
    inward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    anchors = corners + inward * np.array(inset)[:, None]
    result = []
    for side in range(4):
        p, d, q, e = anchors[side - 1], along[side - 1], anchors[side], along[side]
        step = ((q[0] - p[0]) * e[1] - (q[1] - p[1]) * e[0]) / (d[0] * e[1] - d[1] * e[0])
        result.append(p + step * d)
    return np.array(result)


def _facade(rng: np.random.Generator, seed: int, number: int, width: float) -> Facade:
    eaves = 5.6 + 5.0 * float(rng.random())
    return Facade(
        seed * 100_003 + number,
        width,
        eaves,
        eaves + 1.0 + 1.8 * float(rng.random()),
        bool(rng.random() < 0.45),
    )


def _row(
    rng: np.random.Generator, seed: int, a: Float64, b: Float64, facades: list[Facade], repeated: float
) -> list[House]:
    """Houses wall to wall from `a` to `b`; a repeated design comes as a terrace of two."""
    length = float(np.sqrt(((b - a) ** 2).sum()))
    chosen: list[int] = []
    left = length
    while left > 4.0:
        if rng.random() < 0.5 * repeated and left > 14.0:
            new = [int(rng.integers(REPEATED_DESIGNS))] * 2
        else:
            facades.append(
                _facade(rng, seed, len(facades), min(5.5 + 3.5 * float(rng.random()), max(left, 5.0)))
            )
            new = [len(facades) - 1]
        chosen += new
        left -= sum(facades[n].width for n in new)
    ends = np.concatenate([[0.0], np.cumsum([facades[n].width for n in chosen])])
    points = a + (b - a) * (ends / ends[-1])[:, None]
    return [
        House((float(p[0]), float(p[1])), (float(q[0]), float(q[1])), n, (i == 0, i == len(chosen) - 1))
        for i, (p, q, n) in enumerate(zip(points[:-1], points[1:], chosen, strict=True))
    ]


def _streets(rng: np.random.Generator, nodes: Float64, across: Float64) -> list[Street]:
    """The streets that have houses on both sides."""
    streets = []
    columns, rows = nodes.shape[:2]
    for axis, i, j in [(0, i, j) for j in range(1, rows - 1) for i in range(columns - 1)] + [
        (1, i, j) for i in range(1, columns - 1) for j in range(rows - 1)
    ]:
        start, end = nodes[i, j], nodes[i + (axis == 0), j + (axis == 1)]
        ends = (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))
        streets.append(Street(*ends, float(across[axis, i, j]), bool(rng.random() < 0.3)))
    return streets


def _trees(rng: np.random.Generator, streets: list[Street], nodes: Float64) -> Float64:
    """Rows of trees along some streets, and a loose ring of them around the town."""
    places = [
        street.along(meters, side * (street.half_width - 1.6))
        for street in streets
        if street.trees
        for meters in np.arange(11.0, street.length - 10.0, 14.0)
        for side in (-1.0, 1.0)
    ]
    reach = float(np.abs(nodes).max())
    for _ in range(60):
        angle, distance = 2.0 * rng.random() - 1.0, reach * (1.12 + 0.3 * rng.random())
        ring = [(1.0, angle), (-1.0, angle), (angle, 1.0), (angle, -1.0)][int(rng.integers(4))]
        places.append((ring[0] * distance, ring[1] * distance))
    return np.array(places)


def _lamps(streets: list[Street]) -> Float64:
    """A lamp every 18 m, on alternating sides."""
    return np.array(
        [
            street.along(meters, (1.0 if n % 2 else -1.0) * (street.half_width - 0.9))
            for street in streets
            for n, meters in enumerate(np.arange(8.0, street.length - 6.0, 18.0))
        ]
    ).reshape(-1, 2)
