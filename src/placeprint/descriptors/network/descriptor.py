"""Any network as a descriptor: photos resized by a rule, batched by size, described as unit vectors."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.artifact import fingerprint, write_artifact
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.runtimes.torch_device import choose_device, inference
from placeprint.descriptors.runtimes.unit_vectors import unit_vectors
from placeprint.errors import FormatError, PlaceprintError
from placeprint.parallel import bounded_map, cores

if TYPE_CHECKING:
    import torch
    from torch import nn

    from placeprint.descriptors.network.card import ModelCard
    from placeprint.descriptors.runtimes.runtime import Runtime

REFERENCE, REFERENCE_VERSION = "descriptor-reference", 1
"""Kind and layout of a file that says where third-party code is found."""

GPU_BATCH = 8
"""Default number of photos that a GPU describes at once."""

RuntimeName = Literal["torch", "fastest"]

HELD = 4
"""How many batches of photos may wait for others of their size."""


@dataclass(frozen=True, eq=False)
class NetworkDescriptor:
    """A torch network, preprocessed images (n, 3, height, width) to vectors, and its card.

    `batch` photos of equal size are described at once (None: 8 on a GPU, and one on the CPU, where more are
    slower), on the `device` "auto", "cpu" or "cuda"; neither is part of the recipe. The network is put into
    evaluation mode and moved to that device; its weights must not change afterwards. `opened_as` is the
    argument of `open_descriptor`, for networks of third-party code.

    `runtime`: "torch", eager PyTorch; or "fastest", on a processor the quickest way that is installed and
    agrees with torch to 1e-3 (`choose_runtime`), taken from the first photo on and logged. A runtime never
    changes while a descriptor lives, so that a photo's vector is the same to the bit whenever it is made.
    """

    network: "nn.Module" = field(repr=False)
    card: "ModelCard"
    batch: int | None = None
    device: str = "auto"
    opened_as: str = ""
    runtime: RuntimeName = "torch"

    def __post_init__(self) -> None:
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"batch must be at least 1, not {self.batch}")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_quickest"}  # has threads

    def __repr__(self) -> str:
        return f"NetworkDescriptor({self.name!r}, {self.dim}-D, {self.fingerprint})"

    @property
    def name(self) -> str:
        """See `Descriptor`."""
        return self.card.name

    @property
    def license(self) -> str:
        """License of the weights, from the card."""
        return self.card.license

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the weights come from; not part of the fingerprint."""
        said = {"whitening", "training", "learnt_from", "license", "source", "notes"}
        return self.card.model_dump(mode="json", include=said)

    @cached_property
    def dim(self) -> int:
        """See `Descriptor`; third-party networks are run once to find it."""
        from placeprint.networks.place_network import PlaceNetwork

        if isinstance(self.network, PlaceNetwork):
            return self.network.out_dim
        from placeprint.photos.resize import target_size

        width, height = target_size((640, 480), self.card.size_rule, self.card.step)
        return int(self._outputs(np.zeros((1, height, width, 3), np.uint8)).shape[1])

    @property
    def recipe(self) -> dict[str, Any]:
        """See `Descriptor`."""
        return self.card.recipe() | {"dim": self.dim}

    @cached_property
    def fingerprint(self) -> str:
        """See `Descriptor`."""
        from placeprint.descriptors.network.weights import arrays_of

        return fingerprint(self.recipe, arrays_of(self.network))

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """See `Descriptor.describe`. Photos are decoded in parallel while others are described.

        Raises `PlaceprintError` if the network returns no vectors, or numbers that are not finite. A vector
        of zeros becomes the first axis.
        """
        rows = np.zeros((len(photos), self.dim), np.float32)
        batch = self.batch or (1 if choose_device(self.device).type == "cpu" else GPU_BATCH)
        pixels = bounded_map(self._pixels, photos, cores(), ahead=max(2 * cores(), batch))
        for numbers, images in size_batches(pixels, batch):
            rows[numbers] = self._vectors(images)
        return rows

    def adjusted(self, **fields: Any) -> "NetworkDescriptor":
        """A copy with other fields of the card: `size_rule`, `preprocessing`, `precision`, `license`, ..."""
        return replace(self, card=self.card.changed(**fields))

    def save(self, path: Path) -> None:
        """Write a model folder, or a single file if the name ends in `.npz`; `open_descriptor` reads both.

        For third-party code the file only says where it is found, and which fingerprint it must have.
        """
        path = Path(path)
        if self.card.architecture is None:
            self._save_reference(path)
        elif path.suffix == ".npz":
            from placeprint.descriptors.network.model_file import write_model_file

            write_model_file(path, self.network, self.card, self.fingerprint)
        else:
            save_model(path, self)

    def _save_reference(self, path: Path) -> None:
        if not self.opened_as:
            raise PlaceprintError(
                f"{self.name} is code of the running program and cannot be saved",
                "Write a hubconf.py that makes it and open hub:FOLDER:ENTRY, or export it: onnx:FILE.",
            )
        config = {"source": self.opened_as, "fingerprint": self.fingerprint}
        write_artifact(path, REFERENCE, REFERENCE_VERSION, config, {})

    def _pixels(self, photo: Photo) -> UInt8:
        from placeprint.photos import load, resize

        return resize(load(photo), self.card.size_rule, self.card.step)

    def _vectors(self, images: UInt8) -> Float32:
        if self._quickest is not None:
            return unit_vectors(self._quickest(images), self.name)
        rows = self._outputs(images)
        if rows.shape != (len(images), self.dim):
            raise self._no_vectors(tuple(rows.shape))
        return unit_vectors(rows.float().cpu().numpy(), self.name)

    @cached_property
    def _quickest(self) -> "Runtime | None":
        from placeprint.descriptors.runtimes.choose import quicker_runtime

        if self.runtime == "torch" or choose_device(self.device).type != "cpu":
            return None
        if self.card.architecture is None:
            raise PlaceprintError(
                f"{self.name} is third-party code, which runs in eager torch alone",
                "Leave out runtime=fastest, or export it and open onnx:FILE.",
            )
        return quicker_runtime(self.network, self.card, self.fingerprint)

    def _outputs(self, images: UInt8) -> "torch.Tensor":
        import torch

        device = choose_device(self.device)
        with inference(self.network, device, self.card.precision):
            out = self.network(self.card.preprocessing(torch.from_numpy(images).to(device)))
        first = out[0] if isinstance(out, tuple | list) and out else out
        if not isinstance(first, torch.Tensor) or first.ndim != 2 or not first.is_floating_point():
            raise self._no_vectors(
                tuple(first.shape) if isinstance(first, torch.Tensor) else type(out).__name__
            )
        return first

    def _no_vectors(self, given: object) -> PlaceprintError:
        return PlaceprintError(
            f"{self.name} returns {given} instead of one vector per photo",
            "Pool its output, so that the network returns (n, dim).",
        )


def save_model(folder: str | Path, descriptor: NetworkDescriptor, weights: bytes | None = None) -> None:
    """Write a model folder; see `write_model_folder`."""
    from placeprint.descriptors.network.model_folder import write_model_folder

    write_model_folder(
        Path(folder), descriptor.network, descriptor.card, descriptor.dim, descriptor.fingerprint, weights
    )


def load_model(folder: str | Path, device: str = "auto", batch: int | None = None) -> NetworkDescriptor:
    """Read what `save_model` wrote. No pickle is read and no code in the folder is run.

    Raises `FormatError` for anything that is damaged, changed, newer or of another kind.
    """
    from placeprint.descriptors.network.model_folder import CONFIG, MEND, read_model_folder

    network, card, dim, expected = read_model_folder(Path(folder))
    descriptor = NetworkDescriptor(network, card, batch, device)
    if descriptor.dim != dim or descriptor.fingerprint != expected:
        raise FormatError(
            f"{folder} describes photos differently from when it was saved: {CONFIG} was changed, or this "
            f"placeprint builds a different network",
            MEND,
        )
    return descriptor


def size_batches(photos: Iterable[UInt8], batch: int) -> Iterator[tuple[list[int], UInt8]]:
    """(indices of the photos, their pixels (n, height, width, 3)), each index once, n at most `batch`.

    A batch is yielded when it is full; if too many photos wait, the largest group goes first.
    """
    waiting: dict[tuple[int, ...], list[tuple[int, UInt8]]] = {}
    for number, photo in enumerate(photos):
        waiting.setdefault(photo.shape, []).append((number, photo))
        full = len(waiting[photo.shape]) == batch
        if full or sum(map(len, waiting.values())) >= HELD * batch:
            shape = photo.shape if full else max(waiting, key=lambda shape: len(waiting[shape]))
            yield _together(waiting.pop(shape))
    while waiting:
        yield _together(waiting.pop(next(iter(waiting))))


def _together(group: list[tuple[int, UInt8]]) -> tuple[list[int], UInt8]:
    return [number for number, _ in group], np.stack([photo for _, photo in group])
