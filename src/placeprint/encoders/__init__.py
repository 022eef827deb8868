"""From local features to one vector."""

from placeprint.encoders.registry import ENCODERS as ENCODERS
from placeprint.encoders.vlad import vlad as vlad

__all__ = ["ENCODERS", "vlad"]
