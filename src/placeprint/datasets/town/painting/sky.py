"""The sky: a panorama of clouds and distant hills over all headings, for each kind of weather and time of
day.
"""

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.datasets.town.camera import Camera
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.painting.texture import generator, noise, pack

WIDTH, HEIGHT = 1024, 160
TOP = 1.6  # rise (tangent of the elevation) of the upper edge
BOTTOM = -0.05


def horizon(conditions: Conditions) -> tuple[float, float, float]:
    """Color of the sky at the horizon, which is also the color of fog."""
    if conditions.time_of_day == "night":
        return (34.0, 38.0, 52.0) if conditions.weather != "fog" else (58.0, 56.0, 60.0)
    if conditions.time_of_day == "dusk":
        return (236.0, 160.0, 110.0) if conditions.weather == "clear" else (150.0, 132.0, 134.0)
    return (214.0, 228.0, 240.0) if conditions.weather == "clear" else (206.0, 208.0, 212.0)


def panorama(conditions: Conditions) -> NDArray[np.uint32]:
    """(HEIGHT, WIDTH) packed colors; column 0 looks north, rows go down from `TOP` to `BOTTOM`."""
    rng = generator(conditions.moment, 9)
    zenith: tuple[float, ...] = {"day": (92, 146, 214), "dusk": (84, 92, 150), "night": (10, 12, 26)}[
        conditions.time_of_day
    ]
    low = np.array(horizon(conditions))
    gray = 0.0 if conditions.weather == "clear" else 0.85
    high = np.array(zenith) * (1 - gray) + low * 0.9 * gray
    rise = np.linspace(TOP, BOTTOM, HEIGHT)[:, None, None]
    share = np.clip(rise / TOP, 0, 1) * (2 - np.clip(rise / TOP, 0, 1))
    color = low + (high - low) * share + np.zeros((1, WIDTH, 1))
    cloud = sum(noise(rng, HEIGHT, WIDTH, cell) * part for cell, part in ((70, 0.5), (30, 0.3), (11, 0.2)))
    amount = np.clip((np.asarray(cloud)[..., None] - 0.05) * 3, 0, 1) * (
        0.75 if conditions.weather == "clear" else 0.3
    )
    color += (np.minimum(low * 1.15 + 12, 250) - color) * amount
    if conditions.time_of_day == "night" and conditions.weather == "clear":
        stars = rng.random((HEIGHT, WIDTH)) > 0.9985
        color[stars] = 190.0
    hills = 0.05 + 0.035 * noise(generator(5), 1, WIDTH, 90)[0] + 0.012 * noise(generator(6), 1, WIDTH, 17)[0]
    land = rise[..., 0] < hills[None, :]
    color[land] = 0.55 * low + 0.45 * np.array((92, 120, 96)) * (low.mean() / 230)
    fade = np.full((HEIGHT, WIDTH, 1), 255.0)
    return pack(np.dstack([np.rint(np.clip(color, 0, 255)), fade]).astype(np.uint8))


def look_up(
    camera: Camera, sky: NDArray[np.uint32], columns: Float32, bins: NDArray[np.intp], rise: Float32
) -> NDArray[np.uint32]:
    """Packed colors of the panorama `sky` where rising rays of the column numbers `bins` end."""
    heading = np.degrees(np.arctan(columns)) + camera.heading
    column = np.floor(heading * (WIDTH / 360.0)).astype(np.intp) % WIDTH
    row = ((np.float32(TOP) - rise) * np.float32(HEIGHT / (TOP - BOTTOM))).astype(np.intp)
    return np.asarray(sky.ravel()[np.maximum(row, 0) * WIDTH + column[bins]])
