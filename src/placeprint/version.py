"""The version of placeprint."""

__version__ = "0.1.0"
