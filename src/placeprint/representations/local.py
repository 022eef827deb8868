"""The column "local": the local features that a map stores for every photo, for geometric verification."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from placeprint.arrays import Pixels
from placeprint.features import LocalFeatures, RootSift, compress
from placeprint.photos import resize
from placeprint.representations.column import Column
from placeprint.representations.extractor import EXTRACTORS
from placeprint.representations.kinds import Local


@EXTRACTORS.register("local")
@dataclass(frozen=True)
class LocalExtractor:
    """How they are computed: upright RootSIFT of the working image, shrunk to an area of `side` × `side`.

    Upright, because street photos are level; a tilted photo is found by its descriptor alone. 1,000 features
    of 128 bytes, about 145 kB per photo. Chosen on Cambridge's train split: oriented features, and 800 of
    them, cost recall; 480 × 480 pixels took 1.7 times as long and gained nothing.
    """

    detector: RootSift = field(default_factory=lambda: RootSift(count=1000, upright=True))
    side: int = 360

    @property
    def columns(self) -> tuple[Column, ...]:
        """See `Extractor.columns`."""
        return (Column("local", Local()),)

    def extract(self, image: Pixels) -> Mapping[str, Any]:
        """See `Extractor.extract`."""
        return {"local": self.of(image)}

    def of(self, image: Pixels) -> LocalFeatures:
        """Features of a working image, with descriptors as the bytes stored in a map."""
        if image.shape[0] * image.shape[1] > self.side**2:
            image = resize(image, f"area:{self.side}", divisor=1)
        found = self.detector.detect(image)
        return LocalFeatures(
            found.xy, found.scale, found.angle, found.score, compress(found.descriptors), found.size
        )

    def to_dict(self) -> dict[str, Any]:
        """See `Extractor.to_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(RootSift(**settings["detector"]), settings["side"])
