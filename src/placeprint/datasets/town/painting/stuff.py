"""The surfaces of walls, painted into the atlas on first use: fronts, plain walls, trees, lamps, vans."""

import numpy as np

from placeprint.arrays import Int64
from placeprint.datasets.town.canvas import Canvas, Color, darker
from placeprint.datasets.town.painting.facade import PER_METER, paint
from placeprint.datasets.town.painting.ornament import sign, window
from placeprint.datasets.town.painting.texture import Atlas, Texels, generator
from placeprint.datasets.town.painting.walls import PLAIN
from placeprint.datasets.town.plan import HOUSE_DEPTH, Plan


class Stuff:
    """The atlas, painted on first use. Numbers: facades first, then plain walls and the rest."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.atlas = Atlas()
        self.painters = len(plan.facades)
        self._texture: dict[tuple[int, str], int] = {}

    def textures(self, stuff: Int64, season: str) -> Int64:
        """Atlas numbers of `stuff`, painting whatever is new."""
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


def plain_wall(seed: int, kind: int) -> Texels:
    """A plastered side wall with stains and a few windows, 8 m × 9 m, stretched to fit."""
    rng = generator(seed, 4, kind)
    canvas = Canvas(HOUSE_DEPTH, 9.0, PER_METER)
    color: Color = ((150, 116, 96), (186, 176, 158), (160, 150, 140), (140, 104, 88))[kind]
    canvas.box(0, 0, 8, 9, color)
    canvas.speckle(rng, 0.14, 1.1)
    canvas.speckle(rng, 0.12, 0.25)
    for storey in range(3):
        if rng.random() < 0.8:
            window(
                canvas, rng, 1 + 5 * float(rng.random()), 1 + 2.7 * storey, 0.8, 1.2, 1, darker(color, 0.6)
            )
    return canvas.texels()


def tree(seed: int, kind: int, season: str) -> Texels:
    """A tree with foliage for the season, bare in winter."""
    rng = generator(seed, 5, kind)
    canvas = Canvas(4.2, 5.0, PER_METER)
    bark: Color = (92, 72, 56)
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
    """A street lamp with a lantern that glows at night."""
    canvas = Canvas(0.8, 4.2, PER_METER)
    iron: Color = (48, 54, 56)
    canvas.box(0.35, 0, 0.45, 3.5, iron)
    canvas.box(0.28, 0, 0.52, 0.5, iron)
    canvas.polygon([(0.25, 3.5), (0.55, 3.5), (0.66, 3.95), (0.14, 3.95)], (250, 236, 190), 128.0)
    canvas.polygon([(0.1, 3.95), (0.7, 3.95), (0.4, 4.18)], iron)
    return canvas.texels()


def van(seed: int, number: int) -> Texels:
    """Side (0), end (1) and roof (2) of a delivery van."""
    kind, part = divmod(number, 3)
    rng = generator(seed, 6, kind)
    paintwork: Color = ((214, 214, 210), (60, 92, 140), (170, 60, 52), (220, 180, 70))[kind]
    canvas = Canvas(4.6 if part == 0 else 1.9, 2.25, PER_METER)
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
