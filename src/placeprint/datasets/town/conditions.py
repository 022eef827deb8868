"""What changes between photos of the same place: time of day, weather, season, traffic and the sensor."""

from dataclasses import dataclass
from typing import Literal

TimeOfDay = Literal["day", "dusk", "night"]
Weather = Literal["clear", "overcast", "rain", "fog", "snow"]
Season = Literal["spring", "summer", "autumn", "winter"]


@dataclass(frozen=True)
class Conditions:
    """`traffic` and `moment` are seeds: where vans are parked (0: no vans), and clouds, drops and noise.

    `grain` is the standard deviation of the sensor noise in gray levels (tripled at night).
    """

    time_of_day: TimeOfDay = "day"
    weather: Weather = "clear"
    season: Season = "summer"
    traffic: int = 0
    moment: int = 0
    grain: float = 1.5
