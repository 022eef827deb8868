"""The classical descriptor `rootsift-vlad`: upright RootSIFT, several VLADs, PCA whitening.

A working image is resized to an area of about 480 × 480; the 1,500 strongest DoG keypoints, down to
half of OpenCV's default contrast and all described upright, give RootSIFT; four VLADs over four
vocabularies of 32 words, each intra-normalized, are concatenated; PCA whitening gives `dim` numbers.

RootSIFT and intra-normalization: Arandjelović & Zisserman, CVPR 2012 and "All about VLAD", CVPR 2013,
whose features are rotation-invariant; upright ones are more distinctive if the camera is level. Several
vocabularies whitened together: Jégou & Chum, ECCV 2012; their cells differ by chance, and whitening
reduces quantization noise. Eigenvalues are shrunk half-way to their mean; otherwise a whitening learned
on the thousand photos of a map is worse than none at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.artifact import fingerprint, interpreting, read_artifact, write_artifact
from placeprint.codebooks import Codebook, kmeans
from placeprint.descriptors.descriptor import DESCRIPTORS, Photo
from placeprint.descriptors.learnt_from import with_learnt_from
from placeprint.encoders import vlad
from placeprint.errors import FormatError, PlaceprintError
from placeprint.features import RootSift
from placeprint.parallel import bounded_map, cores
from placeprint.progress import track
from placeprint.whitening.whitening import Whitening

NAME = "rootsift-vlad"
VERSION = 1
INPUT = "area:480"
FEATURES, CONTRAST = 1500, 0.02
VOCABULARIES, WORDS = 4, 32
VOCABULARY_PHOTOS, VOCABULARY_FEATURES = 500, 100_000
WHITENING_PHOTOS = 2_000
SHRINKAGE = 0.5


@DESCRIPTORS.register("rootsift-vlad")
@dataclass(frozen=True, eq=False)
class RootSiftVLAD:
    """The learned parts of the descriptor; `learn` and `load` create one.

    `provenance` says which photos they were learned from; it is not part of the fingerprint.
    """

    vocabularies: tuple[Codebook, ...]
    whitening: Whitening
    input_rule: str = INPUT
    features: int = FEATURES
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"RootSiftVLAD({self.name!r}, {self.dim}-D, {self.fingerprint})"

    @property
    def name(self) -> str:
        """See `Descriptor`."""
        return NAME

    @property
    def dim(self) -> int:
        """See `Descriptor`."""
        return self.whitening.dim

    @property
    def recipe(self) -> dict[str, Any]:
        """See `Descriptor`."""
        return {
            "name": NAME,
            "input": self.input_rule,
            "features": self.features,
            "local": f"DoG, contrast {CONTRAST}, upright, RootSIFT",
            "pooling": "VLAD a vocabulary, intra-normalised, index (v * K + k) * D + d",
            "words": [len(vocabulary) for vocabulary in self.vocabularies],
            "whitening": "PCA, L2",
            "dim": self.dim,
        }

    @cached_property
    def fingerprint(self) -> str:
        """See `Descriptor`."""
        return fingerprint(self.recipe, self._arrays())

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """See `Descriptor.describe`. Photos are described in parallel, one per core.

        A photo without any local feature (a blank wall, the night) gets the first axis (1, 0, ...): all such
        photos are equal, and say nothing about their places.
        """
        rows = list(bounded_map(self._row, photos, cores()))
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)

    @classmethod
    def learn(
        cls,
        photos: Sequence[Photo],
        dim: int = 512,
        seed: int = 0,
        quiet: bool = False,
        provenance: Mapping[str, Any] | None = None,
    ) -> Self:
        """Learn vocabularies and whitening from photos of the kind that will be described.

        100,000 features from at most 500 photos give the vocabularies; the vectors of at most 2,000 photos
        give the whitening, which has fewer than `dim` dimensions if there are fewer photos (`Whitening.fit`).
        Raises `PlaceprintError` for fewer than two different photos or hardly any features, `PhotoError` for
        a broken photo.
        """
        if len(photos) < 2:
            raise PlaceprintError(
                f"{NAME} cannot be learned from {len(photos)} photo(s)", "Give more photos."
            )
        rng = np.random.default_rng(seed)
        chosen = _some(photos, VOCABULARY_PHOTOS, rng)
        each = -(-VOCABULARY_FEATURES // len(chosen))
        found = bounded_map(lambda photo: _root_sifts(photo, INPUT, FEATURES), chosen, cores())
        progress = track(found, "Learning vocabularies", len(chosen), quiet=quiet)
        sample = np.concatenate([rows[rng.permutation(len(rows))[:each]] for rows in progress])
        vocabularies = tuple(kmeans(sample, WORDS, seed=seed + i) for i in range(VOCABULARIES))
        chosen = _some(photos, WHITENING_PHOTOS, rng)
        vectors = track(_vlads(chosen, vocabularies), "Learning the whitening", len(chosen), quiet=quiet)
        whitening = Whitening.fit(np.stack(list(vectors)), dim, shrinkage=SHRINKAGE)
        said = {"photos": len(photos), "seed": seed} | dict(provenance or {})
        return cls(vocabularies, whitening, provenance=with_learnt_from(said, photos))

    def save(self, path: Path) -> None:
        """Write everything that was learned to one file, about 34 MB at 512 dimensions."""
        config = {"recipe": self.recipe, "provenance": dict(self.provenance)}
        write_artifact(path, NAME, VERSION, config, self._arrays())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        config, arrays = read_artifact(path, NAME, VERSION)
        with interpreting(path, "Learn it again."):
            recipe = config["recipe"]
            ends = np.cumsum(recipe["words"])
            vocabularies = tuple(Codebook(part) for part in np.split(arrays["words"], ends[:-1]))
            whitening = Whitening.from_arrays(arrays, config["provenance"])
            made = cls(vocabularies, whitening, recipe["input"], recipe["features"], config["provenance"])
            same = made.recipe == recipe and arrays["words"].size == len(whitening.mean)
        if not same:
            raise FormatError(
                f"{path} was made by a different recipe from this placeprint's {NAME}", "Learn it again."
            )
        return made

    def _row(self, photo: Photo) -> Float32:
        vector = _concatenated(_root_sifts(photo, self.input_rule, self.features), self.vocabularies)
        if not vector.any():
            vector = np.zeros(self.dim, np.float32)
            vector[0] = 1.0
            return vector
        row: Float32 = self.whitening.apply(vector[None])[0]
        return row

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "words": np.concatenate([vocabulary.centers for vocabulary in self.vocabularies]),
            **self.whitening.arrays(),
        }


def _root_sifts(photo: Photo, rule: str, count: int) -> Float32:
    from placeprint.photos import load, resize

    detector = RootSift(count=count, upright=True, contrast=CONTRAST)
    descriptors: Float32 = detector.detect(resize(load(photo), rule)).descriptors
    return descriptors


def _concatenated(descriptors: Float32, vocabularies: Sequence[Codebook]) -> Float32:
    """The VLADs of one photo, concatenated, with unit length over all; zero without features."""
    vectors = np.concatenate([vlad(descriptors, vocabulary) for vocabulary in vocabularies])
    unit: Float32 = np.divide(vectors, np.sqrt(len(vocabularies)), dtype=np.float32)
    return unit


def _vlads(photos: Sequence[Photo], vocabularies: Sequence[Codebook]) -> Iterator[Float32]:
    return bounded_map(
        lambda photo: _concatenated(_root_sifts(photo, INPUT, FEATURES), vocabularies), photos, cores()
    )


def _some(photos: Sequence[Photo], count: int, rng: np.random.Generator) -> list[Photo]:
    return [photos[i] for i in sorted(rng.permutation(len(photos))[:count])]
