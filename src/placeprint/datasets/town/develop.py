"""From surfaces to a photo: light, mist by depth, rain, snow, vignetting and sensor noise."""

from functools import lru_cache
from math import exp

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.datasets.town.camera import FAR, Camera, Lens, rays
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.light import LampMap, glow, illumination
from placeprint.datasets.town.painting.sky import horizon
from placeprint.datasets.town.painting.texture import generator
from placeprint.datasets.town.painting.walls import Walls
from placeprint.datasets.town.render import Surfaces

STEP = 0.5  # meters between entries of the clearness table
SIGHT = {"clear": 1500.0, "overcast": 900.0, "rain": 160.0, "fog": 26.0, "snow": 75.0}  # meters to 1/e
WARM = np.array((118, 84, 34), np.float32)  # added by what glows
PUDDLES = 0.3  # how strongly a wet street reflects


def develop(
    surfaces: Surfaces, camera: Camera, conditions: Conditions, walls: Walls, lamps: LampMap
) -> UInt8:
    """(h, w, 3) RGB. Noise and drops follow from the moment and the camera's pose."""
    packed = surfaces.texels.astype("<u4", copy=False).view(np.uint8).reshape(*surfaces.texels.shape, 4)
    color, in_sky = packed[..., :3].astype(np.float32), surfaces.wall == -2
    picture = color * illumination(surfaces, camera, conditions, walls, lamps)
    if conditions.time_of_day != "day":
        shine = glow(packed[..., 3], conditions)
        shine[in_sky] = 0.0
        picture += shine[..., None] * (color * np.float32(0.55) + WARM)
    if conditions.weather == "rain":
        _mirror(picture, surfaces, camera)
    air = clearness(SIGHT[conditions.weather])[(surfaces.depth * np.float32(1 / STEP)).astype(np.intp)]
    air[in_sky] = 0.35 if conditions.weather == "fog" else 1.0
    mist = np.array(horizon(conditions), np.float32)
    picture -= mist
    picture *= air[..., None]
    picture += mist
    pose = (camera.east, camera.north, camera.heading)
    rng = generator(conditions.moment, *(round(1000 * v) % (1 << 31) for v in pose))
    if conditions.weather in ("rain", "snow"):
        _falling(picture, rng, conditions)
    if camera.lens.vignetting:
        picture *= vignette(camera.lens)[..., None]
    grain = conditions.grain * (3 if conditions.time_of_day == "night" else 1)
    if grain:
        throws = rng.integers(0, 256, (2, *picture.shape), np.uint8).astype(np.float32)
        picture += (throws[0] - throws[1]) * np.float32(grain / 104.5)  # 104.5: deviation of the difference
    return np.asarray(np.rint(np.clip(picture, 0, 255)), np.uint8)


@lru_cache(maxsize=8)
def clearness(sight: float) -> Float32:
    """Share of the light that gets through the air, exp(-depth / sight), every `STEP` meters."""
    return np.array([exp(-STEP * n / sight) for n in range(int(FAR / STEP) + 1)], np.float32)


@lru_cache(maxsize=8)
def vignette(lens: Lens) -> Float32:
    """(h, w) factors: 1 at the center, 1 - vignetting in the corners, by the square of the distance."""
    x = np.arange(lens.width) - 0.5 * (lens.width - 1)
    y = np.arange(lens.height) - 0.5 * (lens.height - 1)
    square = np.add.outer(y**2, x**2)
    return np.asarray(1.0 - lens.vignetting * square / square.max(), np.float32)


def _mirror(picture: Float32, surfaces: Surfaces, camera: Camera) -> None:
    """Wet ground reflects what is above the horizon (exact for a level camera, close enough for others)."""
    rise = rays(camera.lens, camera.pitch, camera.roll, 1).rise.reshape(camera.lens.height, -1)
    horizon_row = int(np.abs(rise[:, rise.shape[1] // 2]).argmin())
    rows = np.arange(horizon_row + 1, len(picture))
    source = np.maximum(2 * horizon_row - rows, 0)
    wet = (surfaces.wall[rows] == -1).astype(np.float32)[..., None] * np.float32(PUDDLES)
    picture[rows] += (picture[source] - picture[rows]) * wet


def _falling(picture: Float32, rng: np.random.Generator, conditions: Conditions) -> None:
    """Streaks of rain or flakes of snow."""
    height, width = picture.shape[:2]
    rain = conditions.weather == "rain"
    bright = 200.0 if conditions.time_of_day == "day" else 110.0
    for x, y, size in rng.random((170 if rain else 260, 3)).tolist():
        column, row = int(x * (width - 3)), int(y * (height - 4))
        rows, columns = (int(5 + 9 * size), 1) if rain else (1 + int(2.5 * size), 1 + int(2.5 * size))
        patch = picture[row : row + rows, column : column + columns]
        patch += (bright * (1.0 if rain else 1.2) - patch) * np.float32(0.22 if rain else 0.75)
