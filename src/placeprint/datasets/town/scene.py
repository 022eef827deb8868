"""The plan as walls for the ray caster: fronts, side and back walls, vans, trees and lamps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.town.camera import Camera
from placeprint.datasets.town.canvas import Canvas, Colour, darker
from placeprint.datasets.town.facade import PER_METRE, paint
from placeprint.datasets.town.ornament import sign, window
from placeprint.datasets.town.plan import HOUSE_DEPTH, Plan
from placeprint.datasets.town.texture import Atlas, Texels, generator

Float = NDArray[np.float64]
REACH = 170.0  # metres beyond which walls are left to the hills
PLAIN = 4  # kinds of side and back wall


@dataclass(frozen=True)
class Walls:
    """n upright rectangles. `solid`: below this height nothing is seen through; `front`, `back`: stuff."""

    a: Float
    b: Float
    top: Float
    solid: Float
    front: NDArray[np.int64]
    back: NDArray[np.int64]

    def near(self, camera: Camera, ahead: Float) -> "Walls":
        """Those that reach in front of `camera` and within `REACH` of it."""
        eye = np.array((camera.east, camera.north))
        ends = np.stack([self.a - eye, self.b - eye])
        depth = ends[..., 0] * ahead[0] + ends[..., 1] * ahead[1]
        keep = (depth.max(axis=0) > 0) & ((ends**2).sum(axis=-1).min(axis=0) < REACH**2)
        return Walls(*(getattr(self, n)[keep] for n in self.__dataclass_fields__))

    def __add__(self, other: "Walls") -> "Walls":
        return Walls(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__))


def _walls(rows: list[tuple[object, ...]]) -> Walls:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    if not rows:
        return Walls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0), *(np.zeros(0, np.int64),) * 2)
    return Walls(*(column.astype(np.float64) for column in columns[:4]), *columns[4:])


class Stuff:
    """The atlas, painted when first seen. Numbers: facades first, then plain walls and the rest."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.atlas = Atlas()
        self.painters = len(plan.facades)
        self._texture: dict[tuple[int, str], int] = {}

    def textures(self, stuff: NDArray[np.int64], season: str) -> NDArray[np.int64]:
        """Atlas numbers of `stuff`, painting what is new."""
        kinds, inverse = np.unique(stuff, return_inverse=True)
        return np.array([self._paint(int(kind), season) for kind in kinds], np.int64)[inverse]

    def _paint(self, kind: int, season: str) -> int:
        key = (kind, season if kind >= self.painters + PLAIN else "")
        if key not in self._texture:
            self._texture[key] = self.atlas.add(self._draw(kind, season))
        return self._texture[key]

    def _draw(self, kind: int, season: str) -> Texels:
        if kind < self.painters:
            return paint(self.plan.facades[kind])
        kind -= self.painters
        if kind < PLAIN:
            return plain_wall(self.plan.seed, kind)
        if kind < PLAIN + 3:
            return tree(self.plan.seed, kind - PLAIN, season)
        return lamp() if kind == PLAIN + 3 else van(self.plan.seed, kind - PLAIN - 4)


def house_walls(plan: Plan) -> Walls:
    """Fronts with party walls and a back; where two rows meet at a corner they close each other."""
    rows: list[tuple[object, ...]] = []
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


def boards(plan: Plan, ahead: Float) -> Walls:
    """Lamps and trees as boards that face a camera looking along `ahead`."""
    rows: list[tuple[object, ...]] = []
    right = np.array([ahead[1], -ahead[0]])
    first = len(plan.facades) + PLAIN
    for number, place in enumerate(plan.trees):
        half, top = 1.9 + 0.25 * (number % 3), 4.6 + 0.5 * (number % 4)
        rows.append((place - half * right, place + half * right, top, 0.0, *(first + number % 3,) * 2))
    rows += [(p - 0.4 * right, p + 0.4 * right, 4.2, 0.0, first + 3, first + 3) for p in plan.lamps]
    return _walls(rows)


def vans(plan: Plan, traffic: int) -> Walls:
    """Delivery vans at the kerb, a box of four walls each; other places for each `traffic`."""
    rows: list[tuple[object, ...]] = []
    rng = generator(plan.seed, 3, traffic)
    first = len(plan.facades) + PLAIN + 4
    for street in plan.streets if traffic else ():
        for _ in range(int(rng.integers(0, 4))):
            at, side = 12.0 + float(rng.random()) * (street.length - 28.0), 1.0 if rng.random() < 0.5 else -1.0
            middle, kind = side * (street.half_width - 3.7), first + 3 * int(rng.integers(4))
            low, high = middle - 0.95, middle + 0.95
            corners = [np.array(street.along(at + s, m)) for s, m in ((0, low), (4.6, low), (4.6, high), (0, high))]
            for i, stuff in enumerate((kind, kind + 1, kind, kind + 1)):
                rows.append((corners[i], corners[(i + 1) % 4], 2.25, 1.9, stuff, kind + 2))
    return _walls(rows)


def plain_wall(seed: int, kind: int) -> Texels:
    """Rendered side wall with stains and a few windows, 8 m × 9 m, stretched to fit."""
    rng = generator(seed, 4, kind)
    canvas = Canvas(HOUSE_DEPTH, 9.0, PER_METRE)
    colour: Colour = ((150, 116, 96), (186, 176, 158), (160, 150, 140), (140, 104, 88))[kind]
    canvas.box(0, 0, 8, 9, colour)
    canvas.speckle(rng, 0.14, 1.1)
    canvas.speckle(rng, 0.12, 0.25)
    for storey in range(3):
        if rng.random() < 0.8:
            window(canvas, rng, 1 + 5 * float(rng.random()), 1 + 2.7 * storey, 0.8, 1.2, 1, darker(colour, 0.6))
    return canvas.texels()


def tree(seed: int, kind: int, season: str) -> Texels:
    """A tree: leaves by the season, bare in winter."""
    rng = generator(seed, 5, kind)
    canvas = Canvas(4.2, 5.0, PER_METRE)
    bark: Colour = (92, 72, 56)
    canvas.box(1.95, 0, 2.25, 2.6, bark)
    for _ in range(16):
        x, z = 2.1 + 3.0 * (float(rng.random()) - 0.5), 2.6 + 1.9 * float(rng.random())
        canvas.polygon([(2.04, 1.5), (2.16, 1.5), (x + 0.03, z), (x - 0.03, z)], bark)
    if season != "winter":
        low, high = {
            "spring": ((122, 168, 84), (214, 160, 180)),
            "summer": ((62, 104, 52), (112, 150, 70)),
            "autumn": ((176, 82, 38), (222, 168, 62)),
        }[season]
        for _ in range(900):
            angle_x, angle_z = 2 * float(rng.random()) - 1, 2 * float(rng.random()) - 1
            if angle_x**2 + angle_z**2 < 1:
                share = 0.5 * float(rng.random()) + 0.25 * (angle_z + 1)
                leaf = tuple(p + (q - p) * share for p, q in zip(low, high, strict=True))
                canvas.disc(2.1 + 1.9 * angle_x, 3.2 + 1.65 * angle_z, 0.15, (leaf[0], leaf[1], leaf[2]))
    return canvas.texels()


def lamp() -> Texels:
    """A street lamp with a lantern that glows by night."""
    canvas = Canvas(0.8, 4.2, PER_METRE)
    iron: Colour = (48, 54, 56)
    canvas.box(0.35, 0, 0.45, 3.5, iron)
    canvas.box(0.28, 0, 0.52, 0.5, iron)
    canvas.polygon([(0.25, 3.5), (0.55, 3.5), (0.66, 3.95), (0.14, 3.95)], (250, 236, 190), 128.0)
    canvas.polygon([(0.1, 3.95), (0.7, 3.95), (0.4, 4.18)], iron)
    return canvas.texels()


def van(seed: int, number: int) -> Texels:
    """Side (0), end (1) and roof (2) of a delivery van."""
    kind, part = divmod(number, 3)
    rng = generator(seed, 6, kind)
    paintwork: Colour = ((214, 214, 210), (60, 92, 140), (170, 60, 52), (220, 180, 70))[kind]
    canvas = Canvas(4.6 if part == 0 else 1.9, 2.25, PER_METRE)
    canvas.box(0, 0.3, canvas.width, 2.25, darker(paintwork, 1.1 if part == 2 else 1.0))
    if part == 2:
        return canvas.texels()
    canvas.box(0, 0.3, canvas.width, 0.55, darker(paintwork, 0.5))
    if part == 1:
        canvas.box(0.2, 1.2, 1.7, 1.95, (60, 70, 80))
        canvas.box(0.7, 0.6, 1.2, 0.75, (230, 220, 150))
        canvas.box(0.1, 0.7, 0.35, 0.9, (240, 230, 200), 160.0)
        canvas.box(1.55, 0.7, 1.8, 0.9, (240, 230, 200), 160.0)
        return canvas.texels()
    canvas.box(3.3, 1.2, 4.4, 1.9, (60, 70, 80))
    sign(canvas, rng, 0.4, 1.1, 2.5, 0.7)
    for x in (0.9, 3.7):
        canvas.disc(x, 0.36, 0.36, (40, 40, 42))
        canvas.disc(x, 0.36, 0.17, (170, 170, 170))
    return canvas.texels()
