"""Random changes after which a photo still shows the same place."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from placeprint.arrays import Pixels
from placeprint.training.images.augmentation.erasing import erase
from placeprint.training.images.augmentation.geometric import resized_crop, rotate
from placeprint.training.images.augmentation.night import night
from placeprint.training.images.augmentation.photometric import photometric
from placeprint.training.images.augmentation.sensor import gaussian_blur, jpeg, motion_blur, noise
from placeprint.training.images.augmentation.weather import fog, rain, snow

Change = Callable[[Pixels, np.random.Generator], Pixels]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Augmentation(BaseModel):
    """The probability of each change. They are applied in the order in which light travels:

    - `crop`, `rotation`: the camera slightly moved, or not level.
    - `weather` (fog, rain and snow equally likely), `night`: between the place and the lens.
    - `blur` (focus and motion equally likely), `noise`: lens and sensor.
    - `photometric`: the camera's image processing, with `photometric_strength` (see `photometric`).
    - `compression`, `erasing`.

    With all at 0, the default, a photo is returned unchanged. Mirroring is not included: a mirrored street is
    a different street.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    crop: Probability = 0.0
    rotation: Probability = 0.0
    weather: Probability = 0.0
    night: Probability = 0.0
    blur: Probability = 0.0
    noise: Probability = 0.0
    photometric: Probability = 0.0
    photometric_strength: float = Field(default=1.0, ge=0.0, le=2.0)
    compression: Probability = 0.0
    erasing: Probability = 0.0

    def __call__(self, image: Pixels, rng: np.random.Generator) -> Pixels:
        """A changed photo of the same shape, RGB (h, w, 3) uint8; `image` itself if nothing is changed.

        The same state of `rng` gives the same photo. Which changes are made is drawn first, so that one
        probability does not affect the others' choices. `image` is never modified. Raises ValueError for
        anything but 8-bit RGB.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(f"{image.dtype} of shape {image.shape} is not an RGB photo (h, w, 3) of uint8")
        weather: tuple[Change, ...] = (fog, rain, snow)
        blur: tuple[Change, ...] = (gaussian_blur, motion_blur)
        chances: tuple[tuple[float, Change], ...] = (
            (self.crop, resized_crop),
            (self.rotation, rotate),
            (self.weather, weather[rng.integers(3)]),
            (self.night, night),
            (self.blur, blur[rng.integers(2)]),
            (self.noise, noise),
            (self.photometric, self._photometric),
            (self.compression, jpeg),
            (self.erasing, erase),
        )
        drawn = rng.random(len(chances))
        for (probability, change), chance in zip(chances, drawn, strict=True):
            if chance < probability:
                image = change(image, rng)
        return image

    def _photometric(self, image: Pixels, rng: np.random.Generator) -> Pixels:
        return photometric(image, rng, self.photometric_strength)


USUAL = Augmentation(
    crop=0.5, rotation=0.3, weather=0.1, night=0.15, blur=0.15, noise=0.15, photometric=0.8, compression=0.3,
    erasing=0.1,
)  # fmt: skip
"""A starting point for streets, chosen by judgment: nothing was tuned on a benchmark."""
