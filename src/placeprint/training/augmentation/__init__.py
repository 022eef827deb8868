"""Augmentation: what light, weather, lens and camera do to a photo of the same place."""

from placeprint.training.augmentation.augmentation import USUAL as USUAL
from placeprint.training.augmentation.augmentation import Augmentation as Augmentation
from placeprint.training.augmentation.blur import gaussian_blur as gaussian_blur
from placeprint.training.augmentation.blur import motion_blur as motion_blur
from placeprint.training.augmentation.compression import jpeg as jpeg
from placeprint.training.augmentation.crop import resized_crop as resized_crop
from placeprint.training.augmentation.erasing import erase as erase
from placeprint.training.augmentation.night import night as night
from placeprint.training.augmentation.noise import noise as noise
from placeprint.training.augmentation.photometric import photometric as photometric
from placeprint.training.augmentation.rotation import rotate as rotate
from placeprint.training.augmentation.weather import fog as fog
from placeprint.training.augmentation.weather import rain as rain
from placeprint.training.augmentation.weather import snow as snow

__all__ = [
    "USUAL",
    "Augmentation",
    "erase",
    "fog",
    "gaussian_blur",
    "jpeg",
    "motion_blur",
    "night",
    "noise",
    "photometric",
    "rain",
    "resized_crop",
    "rotate",
    "snow",
]
