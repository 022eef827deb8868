"""From local features to one vector."""

from placeprint.encoders.vlad import vlad as vlad

__all__ = ["vlad"]
