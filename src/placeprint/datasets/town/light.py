"""Where light comes from: sky, sun, street lamps, and whatever glows by itself."""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float32, Float64, UInt8
from placeprint.datasets.town.camera import Camera, rays
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.painting.walls import Walls
from placeprint.datasets.town.render import Surfaces

Color = tuple[float, float, float]
TOWARDS_SUN = {"day": (0.62, -0.78), "dusk": (-0.97, -0.2), "night": (0.0, 1.0)}
AMBIENT: dict[str, Color] = {"day": (0.74, 0.76, 0.8), "dusk": (0.42, 0.4, 0.48), "night": (0.19, 0.21, 0.3)}
SUN: dict[str, Color] = {"day": (0.42, 0.39, 0.32), "dusk": (0.6, 0.38, 0.16), "night": (0.03, 0.03, 0.04)}
LAMP: Color = (1.0, 0.78, 0.5)
LAMPS = {"day": 0.0, "dusk": 0.25, "night": 0.9}  # how strongly they shine
GLOW = {"day": 0.0, "dusk": 0.55, "night": 1.0}  # how strongly windows and lanterns glow
SPREAD = 6.0  # meters
LANTERN = 3.0  # meters above the ground


@dataclass(frozen=True)
class LampMap:
    """`cells[row, column]`: sum over the lamps of 1 / (1 + (distance / SPREAD)²)², on the ground."""

    cells: Float32
    low: float
    per_meter: int = 3

    def at(self, east: Float32, north: Float32) -> Float32:
        """Lamplight at positions in meters."""
        limit = len(self.cells) - 1
        row = np.clip((north - np.float32(self.low)) * self.per_meter, 0, limit).astype(np.intp)
        column = np.clip((east - np.float32(self.low)) * self.per_meter, 0, limit).astype(np.intp)
        return np.asarray(self.cells[row, column])


def lamp_map(lamps: Float64, extent: float) -> LampMap:
    """The map for (n, 2) lamps; it reaches from -`extent` to `extent`."""
    side = int(2 * extent * LampMap.per_meter)
    middle = ((np.arange(side) + 0.5) / LampMap.per_meter - extent).astype(np.float32)
    cells = np.zeros((side, side), np.float32)
    for x, y in lamps.astype(np.float32):
        square = ((middle - x) ** 2)[None, :] + ((middle - y) ** 2)[:, None]
        cells += 1.0 / (1.0 + square / np.float32(SPREAD**2)) ** 2
    return LampMap(cells, -extent)


def illumination(
    surfaces: Surfaces, camera: Camera, conditions: Conditions, walls: Walls, lamps: LampMap
) -> Float32:
    """(h, w, 3) light on what each pixel sees: 1 shows the texture as painted; the sky is 1."""
    hour, clear = conditions.time_of_day, conditions.weather == "clear"
    edge = walls.b - walls.a
    normal = np.stack([edge[:, 1], -edge[:, 0]], axis=1) / np.sqrt((edge**2).sum(axis=1, keepdims=True))
    seen_from = ((np.array((camera.east, camera.north)) - walls.a) * normal).sum(axis=1, keepdims=True)
    normal *= np.sign(seen_from)
    sun_x, sun_y = TOWARDS_SUN[hour]
    facing = np.maximum(normal[:, 0] * sun_x + normal[:, 1] * sun_y, 0.0)
    sunny = np.concatenate([[0.0, 0.6], facing])[:, None]  # sky, ground, walls
    table = np.array(AMBIENT[hour]) * (1.0 if clear else 0.98) + sunny * np.array(SUN[hour]) * (
        1.0 if clear else 0.12
    )
    table[0] = 1.0
    light = table.astype(np.float32)[surfaces.wall + 2]
    if LAMPS[hour]:
        shine = _lamplight(surfaces, camera, lamps) * np.float32(LAMPS[hour])
        shine[surfaces.wall == -2] = 0.0
        light += shine[..., None] * np.array(LAMP, np.float32)
    return np.asarray(light, np.float32)


def glow(alpha: UInt8, conditions: Conditions) -> Float32:
    """0..1: how strongly each pixel glows by itself, from the texels' fourth channel."""
    return (255 - alpha).astype(np.float32) * np.float32(GLOW[conditions.time_of_day] / 127)


def _lamplight(surfaces: Surfaces, camera: Camera, lamps: LampMap) -> Float32:
    beams = rays(camera.lens, camera.pitch, camera.roll, 1)
    across, rise = (v.reshape(surfaces.depth.shape) for v in (beams.across, beams.rise))
    ahead = surfaces.depth
    east, north = camera.stand(across * ahead, ahead)
    above = (np.float32(camera.height - LANTERN) + rise * ahead) * np.float32(1 / SPREAD)
    return np.asarray(lamps.at(east, north) / (1 + above * above), np.float32)
