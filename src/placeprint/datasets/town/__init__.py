"""A synthetic town for tests and demonstrations: exact positions, seeded, rendered with NumPy.

A score reached here shows that a method works; it says nothing about its accuracy in the real world.
"""

from placeprint.datasets.town.camera import Camera as Camera
from placeprint.datasets.town.camera import Lens as Lens
from placeprint.datasets.town.conditions import Conditions as Conditions
from placeprint.datasets.town.folder import QUERY_CONDITIONS as QUERY_CONDITIONS
from placeprint.datasets.town.folder import TownPhotos as TownPhotos
from placeprint.datasets.town.folder import write_town as write_town
from placeprint.datasets.town.town import Town as Town
from placeprint.datasets.town.town import View as View

__all__ = ["QUERY_CONDITIONS", "Camera", "Conditions", "Lens", "Town", "TownPhotos", "View", "write_town"]
