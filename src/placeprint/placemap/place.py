"""The answer to "where was this photo taken?": a `Place`, or a `NoMatch` with its reason.

`to_dict()` turns both into the same JSON object. The keys are stable: new ones may be added, none is
renamed or removed, and a value that does not apply is null.

```
status        "place", "no match", or "failed": the photo could not be read
query         path of the query photo, or null for an image in memory
position      {"lat", "lon"}: degrees, WGS84                        (null for "no match")
radii         {"50", "90"}: meters; the photo was taken within the radius
              in 50 % and 90 % of such answers                      (null for "no match")
confidence    0..1; of the answers given with confidence c, a share c is right
verified      true if local features confirm the best match geometrically
reason        a sentence of `Reason`, or why it was not read        (null for "place")
orientation   "as it is", or how the photo had to be turned or mirrored to be found
in_map        path of the reference photo that is the same file, byte for byte, or null
matches       best first, each:
  rank        1, 2, ...
  id          number of the reference photo in its map
  path        of the reference photo
  position    {"lat", "lon"}
  heading     degrees clockwise from north, or null
  distance    Euclidean distance of the two descriptors
  inliers     matched features that agree with one geometry, or null if not verified
  evidence    {"model", "inliers", "correspondences", "spread", "score"}, or null if not verified
```
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from placeprint.arrays import Bool, Float32
from placeprint.geo import GeoPoint

if TYPE_CHECKING:
    from placeprint.rerank import Verification


class Reason(StrEnum):
    """Why a photo was not located. Each is a full sentence, and a `str`."""

    EMPTY_MAP = "The map has no reference photos."
    BLANK_PHOTO = "The photo shows too little detail to be recognized."
    NOT_SIMILAR = "No reference photo looks enough like this photo."
    NOT_VERIFIED = "No reference photo shows the same scene: too few local features agree."
    SCATTERED = "The most similar reference photos are too far apart to tell the place."
    ELSEWHERE = "A place outside the searched area looks more like this photo."
    NOTHING_NEAR = "No reference photo lies in the searched area."


class Orientation(StrEnum):
    """How a photo was looked at to find its place: what must be done to see it as it was taken."""

    AS_IT_IS = "as it is"
    TURN_90 = "turned by 90° clockwise"
    TURN_180 = "turned by 180°"
    TURN_270 = "turned by 90° counterclockwise"
    MIRRORED = "mirrored"


@dataclass(frozen=True, slots=True, eq=False)
class Correspondences:
    """Matched local features of two photos, for drawing.

    Positions are (m, 2) x, y in pixels of the working images whose (width, height) are `query_size`
    and `reference_size`; (0, 0) is the center of the top-left pixel. `inlier` (m,) is true for a pair
    that agrees with the verified geometry. Raises `ValueError` if the lengths differ.
    """

    query_xy: Float32
    reference_xy: Float32
    inlier: Bool
    query_size: tuple[int, int]
    reference_size: tuple[int, int]

    def __post_init__(self) -> None:
        count = len(self.inlier)
        shapes = (self.query_xy.shape, self.reference_xy.shape, self.inlier.shape)
        if shapes != ((count, 2), (count, 2), (count,)):
            raise ValueError(f"query_xy, reference_xy and inlier have shapes {shapes}")

    def __len__(self) -> int:
        return len(self.inlier)


@dataclass(frozen=True, slots=True)
class Match:
    """A reference photo that may show the query's place, with the evidence for it.

    `distance` is the Euclidean distance between the two descriptors; `inliers` is None if no geometry was
    verified. Two matches are equal if everything except the evidence arrays is equal.
    """

    id: int
    path: str
    point: GeoPoint
    distance: float
    heading: float | None = None
    inliers: int | None = None
    verification: "Verification | None" = field(default=None, compare=False, repr=False)
    correspondences: Correspondences | None = field(default=None, compare=False, repr=False)

    def to_dict(self, rank: int) -> dict[str, Any]:
        """The JSON object above."""
        evidence = None
        if self.verification is not None:
            evidence = {
                "model": self.verification.model,
                "inliers": int(self.verification.inliers),
                "correspondences": len(self.verification.matches),
                "spread": _number(self.verification.spread),
                "score": _number(self.verification.score),
            }
        return {
            "rank": rank,
            "id": int(self.id),
            "path": self.path,
            "position": _position(self.point),
            "heading": _number(self.heading),
            "distance": _number(self.distance),
            "inliers": None if self.inliers is None else int(self.inliers),
            "evidence": evidence,
        }


@dataclass(frozen=True, slots=True)
class Place:
    """A position with its 50 % and 90 % regions, and the reference photos that support it.

    `orientation`: how the photo had to be looked at; a mirrored one shows the place the wrong way round.
    `in_map`: the reference photo that is the same file, byte for byte: then it was looked up, not found.
    Raises `ValueError` unless 0 <= radius_50 <= radius_90 < infinity and 0 <= confidence <= 1.
    """

    point: GeoPoint
    radius_50: float
    radius_90: float
    confidence: float
    matches: tuple[Match, ...] = ()
    verified: bool = False
    query: str | None = None
    orientation: Orientation = Orientation.AS_IT_IS
    in_map: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.radius_50 <= self.radius_90 < math.inf:
            raise ValueError(f"radii {self.radius_50} m and {self.radius_90} m are not 0 <= r50 <= r90 < inf")
        _check_confidence(self.confidence)

    def __repr__(self) -> str:
        lat, lon = f"{self.point.lat:.6f}", f"{self.point.lon:.6f}"
        return f"Place({lat}, {lon}, ±{self.radius_90:.0f} m at 90 %, confidence {self.confidence:.2f})"

    def _repr_html_(self) -> str:
        from placeprint.plots.facts import facts_html

        return facts_html(
            f"{self.point.lat:.6f}, {self.point.lon:.6f}",
            {
                "half lie within": f"{self.radius_50:.0f} m",
                "nine of ten within": f"{self.radius_90:.0f} m",
                "confidence": f"{self.confidence:.2f}",
                "evidence": "confirmed by local features" if self.verified else "by the descriptor alone",
                **_best(self.matches),
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON object above, with status "place"."""
        return {
            "status": "place",
            "query": self.query,
            "position": _position(self.point),
            "radii": {"50": float(self.radius_50), "90": float(self.radius_90)},
            "confidence": float(self.confidence),
            "verified": bool(self.verified),
            "reason": None,
            "orientation": str(self.orientation),
            "in_map": self.in_map,
            "matches": [match.to_dict(rank) for rank, match in enumerate(self.matches, 1)],
        }


@dataclass(frozen=True, slots=True)
class NoMatch:
    """The photo was not located. `confidence` is that of the best guess, which was too low.

    `matches` are the candidates that were considered, best first; they prove nothing.
    """

    reason: Reason
    confidence: float = 0.0
    matches: tuple[Match, ...] = ()
    query: str | None = None
    in_map: str | None = None

    def __bool__(self) -> bool:
        """False, so that `if answer:` asks whether there is a place."""
        return False

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)

    def __repr__(self) -> str:
        return f"NoMatch({str(self.reason)!r}, confidence {self.confidence:.2f})"

    def _repr_html_(self) -> str:
        from placeprint.plots.facts import facts_html

        facts = {"why": str(self.reason), "confidence of the best guess": f"{self.confidence:.2f}"}
        return facts_html("No match", facts | _best(self.matches))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object above, with status "no match"."""
        return {
            "status": "no match",
            "query": self.query,
            "position": None,
            "radii": None,
            "confidence": float(self.confidence),
            "verified": False,
            "reason": str(self.reason),
            "orientation": str(Orientation.AS_IT_IS),
            "in_map": self.in_map,
            "matches": [match.to_dict(rank) for rank, match in enumerate(self.matches, 1)],
        }


@dataclass(frozen=True, slots=True)
class Failed:
    """The photo could not be read: `reason`, and how to fix it."""

    reason: str
    mend: str = ""
    query: str | None = None

    def __bool__(self) -> bool:
        """False, like `NoMatch`."""
        return False

    @property
    def confidence(self) -> float:
        """No confidence."""
        return 0.0

    @property
    def matches(self) -> tuple[Match, ...]:
        """No matches."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object above, with status "failed"."""
        return {
            "status": "failed",
            "query": self.query,
            "position": None,
            "radii": None,
            "confidence": 0.0,
            "verified": False,
            "reason": self.reason,
            "orientation": str(Orientation.AS_IT_IS),
            "in_map": None,
            "matches": [],
        }


Answer: TypeAlias = Place | NoMatch | Failed
"""The answers of `locate_many`; `locate` raises `PhotoError` instead of returning `Failed`."""


def _best(matches: tuple[Match, ...]) -> dict[str, str]:
    return {
        f"match {rank}": f"{match.path}, distance {match.distance:.3f}"
        + ("" if match.inliers is None else f", {match.inliers} inliers")
        for rank, match in enumerate(matches[:3], 1)
    }


def _check_confidence(confidence: float) -> None:
    if not 0.0 <= confidence <= 1.0:
        raise ValueError(f"confidence {confidence} is not in 0..1")


def _position(point: GeoPoint) -> dict[str, float]:
    return {"lat": float(point.lat), "lon": float(point.lon)}


def _number(value: float | None) -> float | None:
    """JSON has no NaN and no infinity."""
    return float(value) if value is not None and math.isfinite(value) else None
