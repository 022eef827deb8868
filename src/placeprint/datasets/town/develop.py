"""From surfaces to a photo: sun, lamps and lit windows, fog by depth, rain, snow, lens and sensor."""

from functools import lru_cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from placeprint.datasets.town.camera import Camera, Lens, rays
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.raycast import FAR
from placeprint.datasets.town.render import Surfaces
from placeprint.datasets.town.scene import Walls
from placeprint.datasets.town.sky import horizon
from placeprint.datasets.town.texture import generator

Float = NDArray[np.float32]
STEP = 0.5  # metres between entries of the fog table
SUN = {"day": (0.62, -0.78), "dusk": (-0.97, -0.2), "night": (0.0, 1.0)}  # where light comes from
SIGHT = {"clear": 1500.0, "overcast": 900.0, "rain": 160.0, "fog": 26.0, "snow": 75.0}  # metres to 1/e


def develop(surfaces: Surfaces, camera: Camera, conditions: Conditions, walls: Walls, lamps: "LampLight") -> NDArray[np.uint8]:
    """(h, w, 3) RGB."""
    bytes_ = surfaces.texels.astype("<u4", copy=False).view(np.uint8).reshape(*surfaces.texels.shape, 4)
    colour = bytes_[..., :3].astype(np.float32)
    in_sky = surfaces.wall == -2
    daylight, lamplight, glow = _light(surfaces, camera, conditions, walls, lamps)
    light = daylight[surfaces.wall + 2]
    if lamplight is not None:
        light += lamplight
    light[in_sky] = 1.0
    picture = colour * light
    if glow:
        strength = np.float32(glow / 127) * (255 - bytes_[..., 3]).astype(np.float32)
        strength[in_sky] = 0
        picture += strength[..., None] * (colour * np.float32(0.55) + np.float32((118, 84, 34)))
    if conditions.weather == "rain":
        _mirror(picture, surfaces, camera)
    air = fog_table(SIGHT[conditions.weather])[(surfaces.depth * np.float32(1 / STEP)).astype(np.intp)]
    air[in_sky] = 0.35 if conditions.weather == "fog" else 1.0
    haze = np.array(horizon(conditions), np.float32)
    picture -= haze
    picture *= air[..., None]
    picture += haze
    rng = generator(conditions.moment, *(int(round(1000 * v)) % (1 << 31) for v in (camera.east, camera.north, camera.heading)))
    if conditions.weather in ("rain", "snow"):
        _falling(picture, rng, conditions)
    if camera.lens.vignetting:
        picture *= _vignette(camera.lens)[..., None]
    grain = conditions.grain * (3 if conditions.time_of_day == "night" else 1)
    if grain:
        throws = rng.integers(0, 256, (2, *picture.shape), np.uint8).astype(np.float32)
        picture += (throws[0] - throws[1]) * np.float32(grain / 104.5)  # 104.5: deviation of the difference
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


class LampLight:
    """Light of the street lamps on a grid: the sum of 1 / (1 + (distance / 6 m)²)²."""

    CELLS = 3  # a metre

    def __init__(self, lamps: NDArray[np.float64], extent: float) -> None:
        side = int(2 * extent * self.CELLS)
        middle = (np.arange(side) + 0.5) / self.CELLS - extent
        self.extent = extent
        self.grid = np.zeros((side, side), np.float32)
        for x, y in lamps:
            square = (middle[None, :] - x) ** 2 + (middle[:, None] - y) ** 2
            self.grid += (1.0 / (1.0 + square / 6.0**2) ** 2).astype(np.float32)

    def at(self, east: Float, north: Float) -> Float:
        """Light at positions in metres."""
        limit = len(self.grid) - 1
        row = np.clip((north + np.float32(self.extent)) * self.CELLS, 0, limit).astype(np.intp)
        column = np.clip((east + np.float32(self.extent)) * self.CELLS, 0, limit).astype(np.intp)
        return np.asarray(self.grid[row, column])


def _light(
    surfaces: Surfaces, camera: Camera, conditions: Conditions, walls: Walls, lamps: LampLight
) -> tuple[Float, Float | None, float]:
    """Daylight of (sky, ground, each wall) × RGB; lamplight of each pixel; strength of glowing things."""
    hour = conditions.time_of_day
    edge = walls.b - walls.a
    normal = np.stack([edge[:, 1], -edge[:, 0]], axis=1) / np.sqrt((edge**2).sum(axis=1, keepdims=True))
    towards = (np.array((camera.east, camera.north)) - walls.a) * normal
    normal *= np.sign(towards.sum(axis=1, keepdims=True))
    sunny = np.concatenate([[0.0, 0.6], np.maximum(normal @ np.array(SUN[hour]), 0.0)])[:, None]
    ambient, sun = {
        "day": ((0.74, 0.76, 0.8), (0.42, 0.39, 0.32)),
        "dusk": ((0.42, 0.4, 0.48), (0.6, 0.38, 0.16)),
        "night": ((0.19, 0.21, 0.3), (0.03, 0.03, 0.04)),
    }[hour]
    if conditions.weather != "clear":
        ambient, sun = tuple(0.98 * v for v in ambient), tuple(0.12 * v for v in sun)
    daylight = (np.array(ambient) + sunny * np.array(sun)).astype(np.float32)
    if hour == "day":
        return daylight, None, 0.0
    beams = rays(camera.lens, camera.pitch, camera.roll, 1)
    across, rise = (v.reshape(surfaces.depth.shape) for v in (beams.across, beams.rise))
    from math import cos, radians, sin

    turn = radians(camera.heading)
    right = across * surfaces.depth
    east = np.float32(camera.east) + right * np.float32(cos(turn)) + surfaces.depth * np.float32(sin(turn))
    north = np.float32(camera.north) - right * np.float32(sin(turn)) + surfaces.depth * np.float32(cos(turn))
    above = (np.float32(camera.height - 3.0) + rise * surfaces.depth) * np.float32(1 / 6)
    amount = lamps.at(east, north) / (1 + above * above)
    strength = 0.9 if hour == "night" else 0.25
    return daylight, amount[..., None] * np.float32((strength, 0.78 * strength, 0.5 * strength)), 1.0 if hour == "night" else 0.55


@lru_cache(maxsize=8)
def fog_table(sight: float) -> Float:
    """Share of light that comes through, exp(-depth / sight), by steps of depth."""
    return np.array([exp(-STEP * n / sight) for n in range(int(FAR / STEP) + 1)], np.float32)


@lru_cache(maxsize=8)
def _vignette(lens: Lens) -> Float:
    x = (np.arange(lens.width) - 0.5 * (lens.width - 1)) / (0.5 * lens.width)
    y = (np.arange(lens.height) - 0.5 * (lens.height - 1)) / (0.5 * lens.width)
    square = x[None, :] ** 2 + y[:, None] ** 2
    return np.asarray(1.0 - lens.vignetting * square / square.max(), np.float32)


def _mirror(picture: Float, surfaces: Surfaces, camera: Camera) -> None:
    """Wet ground mirrors what stands above the horizon (exact for a level camera)."""
    rise = rays(camera.lens, camera.pitch, camera.roll, 1).rise.reshape(surfaces.depth.shape)
    horizon_row = int(np.abs(rise[:, rise.shape[1] // 2]).argmin())
    rows = np.arange(horizon_row + 1, len(picture))
    source = np.maximum(2 * horizon_row - rows, 0)
    wet = (surfaces.wall[rows] == -1).astype(np.float32)[..., None] * np.float32(0.3)
    picture[rows] += (picture[source] - picture[rows]) * wet


def _falling(picture: Float, rng: np.random.Generator, conditions: Conditions) -> None:
    """Streaks of rain or flakes of snow."""
    height, width = picture.shape[:2]
    rain = conditions.weather == "rain"
    bright = 200.0 if conditions.time_of_day == "day" else 110.0
    for x, y, size in rng.random((170 if rain else 260, 3)).tolist():
        column, row = int(x * (width - 3)), int(y * (height - 4))
        rows, columns = (int(5 + 9 * size), 1) if rain else (1 + int(2.5 * size), 1 + int(2.5 * size))
        patch = picture[row : row + rows, column : column + columns]
        patch += (bright * (1.0 if rain else 1.2) - patch) * np.float32(0.22 if rain else 0.75)
