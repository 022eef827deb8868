"""Augmentation: what light, weather, lens and camera do to a photo of the same place."""

from placeprint.training.images.augmentation.augmentation import USUAL as USUAL
from placeprint.training.images.augmentation.augmentation import Augmentation as Augmentation
from placeprint.training.images.augmentation.erasing import erase as erase
from placeprint.training.images.augmentation.geometric import resized_crop as resized_crop
from placeprint.training.images.augmentation.geometric import rotate as rotate
from placeprint.training.images.augmentation.night import night as night
from placeprint.training.images.augmentation.photometric import photometric as photometric
from placeprint.training.images.augmentation.sensor import gaussian_blur as gaussian_blur
from placeprint.training.images.augmentation.sensor import jpeg as jpeg
from placeprint.training.images.augmentation.sensor import motion_blur as motion_blur
from placeprint.training.images.augmentation.sensor import noise as noise
from placeprint.training.images.augmentation.weather import fog as fog
from placeprint.training.images.augmentation.weather import rain as rain
from placeprint.training.images.augmentation.weather import snow as snow

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
