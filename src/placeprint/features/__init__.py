"""Local features of a photo: detection, description, matching."""

from placeprint.features.local_features import LocalFeatures as LocalFeatures
from placeprint.features.matching import match as match
from placeprint.features.sift import RootSift as RootSift
from placeprint.features.sift import compress as compress
from placeprint.features.sift import expand as expand
from placeprint.features.sift import mirrored as mirrored
from placeprint.features.sift import root_sift as root_sift
from placeprint.features.sift import turned as turned

__all__ = ["LocalFeatures", "RootSift", "compress", "expand", "match", "mirrored", "root_sift", "turned"]
