"""A drawing board in meters: x to the right, z up from the ground, colors as RGB in 0..255."""

from collections.abc import Sequence

import numpy as np

from placeprint.arrays import Float32
from placeprint.datasets.town.painting.texture import Texels, noise

Color = tuple[float, float, float]
SOLID, GLOWING = 255.0, 128.0


def mix(one: Color, two: Color, share: float) -> Color:
    """`share` of `two` in `one`."""
    return (
        one[0] + (two[0] - one[0]) * share,
        one[1] + (two[1] - one[1]) * share,
        one[2] + (two[2] - one[2]) * share,
    )


def darker(color: Color, factor: float) -> Color:
    """Each channel times `factor`."""
    return (color[0] * factor, color[1] * factor, color[2] * factor)


class Canvas:
    """`rgb` (h, w, 3) float32 and `material` (h, w) float32, initially transparent."""

    def __init__(self, width: float, height: float, per_meter: int) -> None:
        self.width, self.height, self.per_meter = width, height, per_meter
        shape = (max(round(height * per_meter), 1), max(round(width * per_meter), 1))
        self.rgb: Float32 = np.zeros((*shape, 3), np.float32)
        self.material: Float32 = np.zeros(shape, np.float32)

    def area(self, x0: float, z0: float, x1: float, z1: float) -> tuple[slice, slice]:
        """Rows and columns of a box; at least one texel when the box lies inside."""
        rows, columns = self.material.shape
        left, right = round(x0 * self.per_meter), round(x1 * self.per_meter)
        top, bottom = rows - round(z1 * self.per_meter), rows - round(z0 * self.per_meter)
        left, top = min(max(left, 0), columns), min(max(top, 0), rows)
        return slice(top, min(max(bottom, top + 1), rows)), slice(left, min(max(right, left + 1), columns))

    def box(self, x0: float, z0: float, x1: float, z1: float, color: Color, material: float = SOLID) -> None:
        """Fill a box."""
        where = self.area(x0, z0, x1, z1)
        self.rgb[where] = color
        self.material[where] = material

    def frame(self, x0: float, z0: float, x1: float, z1: float, thick: float, color: Color) -> None:
        """Fill the border of a box."""
        self.box(x0, z0, x1, z0 + thick, color)
        self.box(x0, z1 - thick, x1, z1, color)
        self.box(x0, z0, x0 + thick, z1, color)
        self.box(x1 - thick, z0, x1, z1, color)

    def polygon(self, corners: Sequence[tuple[float, float]], color: Color, material: float = SOLID) -> None:
        """Fill a convex polygon, corners counter-clockwise."""
        xs, zs = [c[0] for c in corners], [c[1] for c in corners]
        where = self.area(min(xs), min(zs), max(xs), max(zs))
        x = (np.arange(where[1].start, where[1].stop) + 0.5) / self.per_meter
        z = (len(self.material) - np.arange(where[0].start, where[0].stop) - 0.5) / self.per_meter
        inside = np.ones((len(z), len(x)), bool)
        for (ax, az), (bx, bz) in zip(corners, [*corners[1:], corners[0]], strict=True):
            inside &= (bx - ax) * (z[:, None] - az) - (bz - az) * (x[None, :] - ax) >= 0
        self.rgb[where][inside] = color
        self.material[where][inside] = material

    def disc(self, x: float, z: float, radius: float, color: Color, material: float = SOLID) -> None:
        """Fill a circle."""
        where = self.area(x - radius, z - radius, x + radius, z + radius)
        dx = (np.arange(where[1].start, where[1].stop) + 0.5) / self.per_meter - x
        dz = (len(self.material) - np.arange(where[0].start, where[0].stop) - 0.5) / self.per_meter - z
        inside = dx[None, :] ** 2 + dz[:, None] ** 2 <= radius * radius
        self.rgb[where][inside] = color
        self.material[where][inside] = material

    def shade(self, x0: float, z0: float, x1: float, z1: float, factor: float) -> None:
        """Darken (or lighten) a box."""
        self.rgb[self.area(x0, z0, x1, z1)] *= factor

    def speckle(self, rng: np.random.Generator, amount: float, cell: float) -> None:
        """Multiply by 1 + `amount` × value noise with cells of `cell` meters."""
        rows, columns = self.material.shape
        self.rgb *= 1.0 + amount * noise(rng, rows, columns, cell * self.per_meter)[..., None]

    def texels(self) -> Texels:
        """The finished (h, w, 4) bytes."""
        return np.dstack([np.rint(np.clip(self.rgb, 0, 255)), self.material]).astype(np.uint8)
