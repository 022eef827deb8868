"""Building a map from photos, keeping it up to date, and locating photos in it."""

from typing import TYPE_CHECKING

from placeprint.lazy import lazy

if TYPE_CHECKING:
    from placeprint.placemap.additions import Additions as Additions
    from placeprint.placemap.doctor import Finding as Finding
    from placeprint.placemap.doctor import examine as examine
    from placeprint.placemap.place import Answer as Answer
    from placeprint.placemap.place import Correspondences as Correspondences
    from placeprint.placemap.place import Failed as Failed
    from placeprint.placemap.place import Match as Match
    from placeprint.placemap.place import NoMatch as NoMatch
    from placeprint.placemap.place import Place as Place
    from placeprint.placemap.place import Reason as Reason
    from placeprint.placemap.placemap import PlaceMap as PlaceMap

__all__ = [
    "Additions",
    "Answer",
    "Correspondences",
    "Failed",
    "Finding",
    "Match",
    "NoMatch",
    "Place",
    "PlaceMap",
    "Reason",
    "examine",
]

__getattr__, __dir__ = lazy(
    __name__,
    {
        "Additions": "placeprint.placemap.additions",
        "Answer": "placeprint.placemap.place",
        "Correspondences": "placeprint.placemap.place",
        "Failed": "placeprint.placemap.place",
        "Finding": "placeprint.placemap.doctor",
        "Match": "placeprint.placemap.place",
        "NoMatch": "placeprint.placemap.place",
        "Place": "placeprint.placemap.place",
        "PlaceMap": "placeprint.placemap.placemap",
        "Reason": "placeprint.placemap.place",
        "examine": "placeprint.placemap.doctor",
    },
)
