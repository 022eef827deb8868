"""The default descriptor `lite0-netvlad`: EfficientNet-Lite0, gated NetVLAD, PCA whitening, on ONNX Runtime.

A working image is resized to an area of about 480 x 480 with sides that are multiples of 16. The trunk, cut
after its eleventh block (the last with 112 channels), gives features at stride 16; NetVLAD with 64 clusters,
initialized by k-means with the paper's alpha (Arandjelović et al., CVPR 2016), gives 7,168 numbers, index k *
D + d; PCA whitening gives `dim`. The model folder `shipped/lite0-netvlad` holds all weights: the ImageNet
trunk, and gated NetVLAD and its whitening as trained by the recipe `lite0-netvlad`, with SARE; its card says
on which photos. NetVLAD's authors pool VGG16's conv5_3 and train the backbone too. `learn` does not train: it
makes NetVLAD without gates, and a whitening, from the photos it is given.

Chosen on training streets before any training, learned on some and searched on others: cuts after block 9, 10
or 11, inputs of 480, 560 and 640, milder whitening, flipped and cropped photos for the whitening, whitened
local features, power normalization and two vocabularies were all within the spread of the k-means seed (two
points of recall@1); an input of 384 lost one to two points at 512 dimensions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.artifact import fingerprint, interpreting, read_artifact, write_artifact
from placeprint.descriptors.descriptor import DESCRIPTORS, Photo
from placeprint.descriptors.learnt_from import KEY, with_learnt_from
from placeprint.descriptors.lite0.graph import descriptor_graph
from placeprint.descriptors.lite0.model_folder import TOLD, Lite0Parts, read_parts
from placeprint.descriptors.lite0.trunk import IMAGENET, Tensors, imagenet_trunk, trunk_digest, trunk_weights
from placeprint.descriptors.runtimes.runtime import OnnxNetwork
from placeprint.encoders.gated_netvlad import GATES, GatedNetVLADEncoder
from placeprint.encoders.netvlad import NetVLADEncoder, initialize
from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.lite0_blocks import BLOCKS, PIXEL_MEAN, PIXEL_SCALE
from placeprint.parallel import bounded_map, cores
from placeprint.progress import track
from placeprint.whitening.whitening import Whitening

NAME = "lite0-netvlad"
VERSION = 2
SHIPPED = Path(__file__).with_name("shipped") / NAME
INPUT = "area:480"
TRUNK_BLOCKS = 11
CLUSTERS = 64
CLUSTER_PHOTOS, CLUSTER_POSITIONS = 500, 100  # as in NetVLAD's code: 50,000 local descriptors
TRUNK = "trunk."
WHITENING_PHOTOS = 10_000  # as in NetVLAD's code


@DESCRIPTORS.register("lite0-netvlad")
@dataclass(frozen=True, eq=False)
class Lite0NetVLAD:
    """The parts of the descriptor; `learn`, `load` and `pretrained` create one.

    `trunk`: see `trunk_weights`. `provenance` says which photos the parts were learned from; it is not part
    of the fingerprint.
    """

    head: NetVLADEncoder | GatedNetVLADEncoder
    whitening: Whitening
    trunk: Tensors = field(repr=False)
    input_rule: str = INPUT
    trunk_blocks: int = TRUNK_BLOCKS
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.fingerprint == shipped().fingerprint:
            return shipped, ()  # every process has its own: 10 MB less to send
        parts = self.head, self.whitening, self.trunk, self.input_rule, self.trunk_blocks, self.provenance
        return Lite0NetVLAD, parts

    def __repr__(self) -> str:
        return f"Lite0NetVLAD({self.name!r}, {self.dim}-D, {self.fingerprint})"

    @property
    def name(self) -> str:
        """See `Descriptor`."""
        return NAME

    @property
    def dim(self) -> int:
        """See `Descriptor`."""
        return self.whitening.dim

    @property
    def netvlad(self) -> NetVLADEncoder:
        """The clusters of `head`."""
        return self.head.netvlad if isinstance(self.head, GatedNetVLADEncoder) else self.head

    @property
    def pooling(self) -> str:
        """The kind of pooling, as stated in the recipe."""
        return "NetVLAD v1" if self.head is self.netvlad else "gated NetVLAD"

    @property
    def recipe(self) -> dict[str, Any]:
        """See `Descriptor`."""
        return {
            "name": NAME,
            "input": self.input_rule,
            "pixels": f"(RGB - {PIXEL_MEAN:g}) / {PIXEL_SCALE:g}",
            "trunk": "EfficientNet-Lite0",
            "trunk_weights": self._trunk_digest,
            "trunk_blocks": self.trunk_blocks,
            "pooling": f"{self.pooling}, intra-normalised, index k * D + d",
            "clusters": len(self.netvlad.centers),
            "whitening": "PCA, L2",
            "dim": self.dim,
        }

    @cached_property
    def fingerprint(self) -> str:
        """See `Descriptor`."""
        return fingerprint(self.recipe, self._arrays())

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """See `Descriptor.describe`. Photos are decoded and described in parallel, one per core; at most two
        per core are in memory.
        """
        rows = list(_outputs(self._network, photos, self.input_rule))
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)

    def features(self, photo: Photo) -> Float32:
        """The input of NetVLAD: (channels, rows, columns). Raises `PhotoError` for an unreadable photo."""
        return next(_outputs(self._trunk_network, [photo], self.input_rule))

    @classmethod
    def learn(
        cls,
        photos: Sequence[Photo],
        dim: int = 512,
        seed: int = 0,
        quiet: bool = False,
        provenance: Mapping[str, Any] | None = None,
        trunk: Tensors | None = None,
    ) -> Self:
        """Learn the clusters and the whitening from photos of the kind that will be described.

        50,000 local descriptors from at most 500 photos initialize NetVLAD; the vectors of at most 10,000
        photos give the whitening, which has fewer than `dim` dimensions if there are fewer photos. `trunk`
        (by default that of `pretrained`) stays as it is. Raises `PlaceprintError` for fewer than two photos,
        `PhotoError` for a broken one.
        """
        if len(photos) < 2:
            raise PlaceprintError(
                f"{NAME} cannot be learned from {len(photos)} photo(s)", "Give more photos."
            )
        rng = np.random.default_rng(seed)
        trunk, training = (_shipped().trunk, _training()) if trunk is None else (trunk, {})
        head = _learn_head(trunk, _some(photos, CLUSTER_PHOTOS, rng), rng, seed, quiet)
        sample = _some(photos, WHITENING_PHOTOS, rng)
        network = OnnxNetwork(descriptor_graph(trunk, TRUNK_BLOCKS, head))
        outputs = _outputs(network, sample, INPUT)
        vectors = np.stack(list(track(outputs, "Learning the whitening", len(sample), quiet=quiet)))
        whitening = _rounded(Whitening.fit(vectors, dim))
        said = {"photos": len(photos), "seed": seed} | dict(provenance or {})
        said = with_learnt_from(said, photos) | {name: training[name] for name in TOLD if name in training}
        said[KEY] = sorted({*said[KEY], *training.get(KEY, ())})
        return cls(head, whitening, trunk, provenance=said)

    def save(self, path: Path) -> None:
        """Write everything to one file, about 10 MB at 512 dimensions."""
        config = {"recipe": self.recipe, "provenance": dict(self.provenance)}
        arrays = self._arrays() | {f"{TRUNK}{name}": array for name, array in self.trunk.items()}
        arrays["matrix"] = _halved(self.whitening.matrix)
        write_artifact(path, NAME, VERSION, config, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises `FormatError` for any other file.

        Files of version 1 lack the trunk, which was the published one: if placeprint ships a different one,
        they need its package (`MissingExtraError`).
        """
        config, arrays = read_artifact(path, NAME, VERSION)
        with interpreting(path, "Learn it again."):
            recipe = config["recipe"]
            clusters = NetVLADEncoder(arrays["assignment"], arrays["centres"])
            gated = any(name in arrays for name in GATES)
            head = GatedNetVLADEncoder.from_arrays(clusters, arrays) if gated else clusters
            whitening = Whitening.from_arrays(arrays, config["provenance"])
            blocks = recipe["trunk_blocks"]
            stored = {k.removeprefix(TRUNK): array for k, array in arrays.items() if k.startswith(TRUNK)}
            first = "trunk_weights" not in recipe
            trunk = _published(blocks) if first else trunk_weights(stored, blocks)
            made = cls(head, whitening, trunk, recipe["input"], blocks, config["provenance"])
            channels = BLOCKS[made.trunk_blocks - 1].channels_out
            if first:
                recipe = recipe | {key: made.recipe[key] for key in ("trunk", "trunk_weights")}
                first_recipe = config["recipe"]["trunk"] == "EfficientNet-Lite0, ImageNet"
            same = made.recipe == recipe and (not first or first_recipe)
            same &= made.netvlad.centers.shape[1] == channels and len(whitening.mean) == head.dim
        if not same:
            raise FormatError(
                f"{path} was made by a different recipe from this placeprint's {NAME}", "Learn it again."
            )
        return made

    @classmethod
    def of_parts(cls, parts: Lite0Parts) -> Self:
        """The descriptor made of the parts in a model folder."""
        return cls(
            parts.head, parts.whitening, parts.trunk, parts.input_rule, parts.trunk_blocks, parts.provenance
        )

    @classmethod
    def pretrained(cls) -> Self:
        """The one shipped with placeprint; `provenance` says how it was learned."""
        return cls.of_parts(_shipped())

    @cached_property
    def _network(self) -> OnnxNetwork:
        return OnnxNetwork(descriptor_graph(self.trunk, self.trunk_blocks, self.head, self.whitening))

    @cached_property
    def _trunk_network(self) -> OnnxNetwork:
        return OnnxNetwork(descriptor_graph(self.trunk, self.trunk_blocks))

    @cached_property
    def _trunk_digest(self) -> str:
        return trunk_digest(self.trunk)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "assignment": self.netvlad.assignment,
            "centres": self.netvlad.centers,
            **(self.head.arrays() if isinstance(self.head, GatedNetVLADEncoder) else {}),
            **self.whitening.arrays(),
        }


@cache
def _shipped() -> Lite0Parts:
    return read_parts(SHIPPED)


def _training() -> Mapping[str, Any]:
    """What is recorded about the shipped trunk if it was trained on photos of places."""
    return {} if trunk_digest(_shipped().trunk) == IMAGENET else _shipped().provenance


def _published(blocks: int) -> Tensors:
    shipped = _shipped()
    same = shipped.trunk_blocks == blocks and trunk_digest(shipped.trunk) == IMAGENET
    return shipped.trunk if same else imagenet_trunk(blocks)


@cache
def shipped() -> Lite0NetVLAD:
    """Read, checked and fingerprinted once a process: it takes a third of a second."""
    return Lite0NetVLAD.pretrained()


def _outputs(network: OnnxNetwork, photos: Sequence[Photo], rule: str) -> Iterator[Float32]:
    from placeprint.photos import load, resize

    return bounded_map(lambda photo: network(resize(load(photo), rule)), photos, cores())


def _some(photos: Sequence[Photo], count: int, rng: np.random.Generator) -> list[Photo]:
    return [photos[i] for i in sorted(rng.permutation(len(photos))[:count])]


def _learn_head(
    trunk: Tensors, photos: Sequence[Photo], rng: np.random.Generator, seed: int, quiet: bool
) -> NetVLADEncoder:
    network = OnnxNetwork(descriptor_graph(trunk, TRUNK_BLOCKS))
    wanted = -(-CLUSTER_PHOTOS * CLUSTER_POSITIONS // len(photos))
    parts = []
    for features in track(_outputs(network, photos, INPUT), "Learning clusters", len(photos), quiet=quiet):
        locals_ = features.reshape(len(features), -1).T
        parts.append(locals_[np.sort(rng.permutation(len(locals_))[:wanted])])
    return initialize(np.concatenate(parts), CLUSTERS, seed)


def _halved(matrix: Float32) -> NDArray[Any]:
    """In half precision if that loses nothing."""
    half = matrix.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), matrix) else matrix


def _rounded(whitening: Whitening) -> Whitening:
    """The matrix as stored in the file, so that a saved descriptor gives exactly the same vectors."""
    matrix = whitening.matrix.astype(np.float16).astype(np.float32)
    return replace(whitening, matrix=matrix)
