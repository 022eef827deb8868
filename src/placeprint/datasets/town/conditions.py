"""What changes between two photos of the same place: hour, weather, season, traffic and the sensor."""

from dataclasses import dataclass
from typing import Literal

TimeOfDay = Literal["day", "dusk", "night"]
Weather = Literal["clear", "overcast", "rain", "fog", "snow"]
Season = Literal["spring", "summer", "autumn", "winter"]


@dataclass(frozen=True)
class Conditions:
    """`traffic` and `moment` are seeds: where vans are parked (0: nowhere); clouds, drops and noise.

    `grain` is the standard deviation of the sensor noise in gray levels (by night it is tripled).
    """

    time_of_day: TimeOfDay = "day"
    weather: Weather = "clear"
    season: Season = "summer"
    traffic: int = 0
    moment: int = 0
    grain: float = 1.5
