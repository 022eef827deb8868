"""Networks in ONNX files as descriptors, run by ONNX Runtime; torch is not needed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from placeprint.arrays import Float32, UInt8
from placeprint.artifact import fingerprint, interpreting, read_artifact, write_artifact
from placeprint.descriptors.adapters.onnx_card import OnnxCard, read_card, read_model
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.runtimes.runtime import OnnxNetwork
from placeprint.descriptors.runtimes.unit_vectors import unit_vectors
from placeprint.errors import FormatError, PlaceprintError
from placeprint.parallel import bounded_map, cores

KIND, VERSION = "onnx-network", 1


@dataclass(frozen=True, eq=False)
class OnnxDescriptor:
    """The bytes of an ONNX model that turns photos into one vector each, and how photos become its input."""

    model: bytes
    card: OnnxCard

    def __repr__(self) -> str:
        return f"OnnxDescriptor({self.name!r}, {self.dim}-D, {self.fingerprint})"

    @property
    def name(self) -> str:
        """See `Descriptor`."""
        return self.card.name

    @property
    def license(self) -> str:
        """License of the weights, from the card."""
        return self.card.license

    @cached_property
    def dim(self) -> int:
        """See `Descriptor`; found by running the model once."""
        from placeprint.photos.resize import target_size

        width, height = target_size((640, 480), self.card.size, self.card.step)
        return len(self._output(np.zeros((height, width, 3), np.uint8)))

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """See `Descriptor`."""
        model = hashlib.sha256(self.model).hexdigest()
        return {"runtime": "onnxruntime", **self.card.recipe(), "model": model, "dim": self.dim}

    @cached_property
    def fingerprint(self) -> str:
        """See `Descriptor`."""
        return fingerprint(self.recipe)

    def describe(self, photos: Sequence[Photo]) -> Float32:
        """See `Descriptor.describe`. Photos are described in parallel, one per core, each by itself.

        Raises `PlaceprintError` if the model returns no vector, or numbers that are not finite. A vector of
        zeros becomes the first axis.
        """
        rows = list(bounded_map(self._row, photos, cores()))
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)

    def save(self, path: Path) -> None:
        """Write model and card to one file."""
        config = {"card": self.card.model_dump(mode="json")}
        write_artifact(path, KIND, VERSION, config, {"model": np.frombuffer(self.model, np.uint8)})

    @classmethod
    def load(cls, path: Path) -> "OnnxDescriptor":
        """Read what `save` wrote. Raises `FormatError` for any other file."""
        config, arrays = read_artifact(path, KIND, VERSION)
        with interpreting(path, "Save it again."):
            return cls(arrays["model"].tobytes(), OnnxCard.model_validate(config["card"]))

    @cached_property
    def _network(self) -> OnnxNetwork:
        try:
            return OnnxNetwork(self.model)
        except Exception as error:  # its errors have no common base class
            raise FormatError(
                f"{self.name} is not a model that ONNX Runtime can run ({error})", "Export it again."
            ) from error

    def _row(self, photo: Photo) -> Float32:
        from placeprint.photos import load, resize

        row = self._output(resize(load(photo), self.card.size, self.card.step))
        vector: Float32 = unit_vectors(row[None], self.name)[0]
        return vector

    def _output(self, image: UInt8) -> Float32:
        try:
            out = self._network(self.card.input_of(image))
        except FormatError:
            raise
        except Exception as error:
            raise PlaceprintError(
                f"{self.name} does not accept photos as {self.card.layout} of {self.card.size} ({error})",
                "State layout, size and dtype in a JSON file with the same name beside it.",
            ) from error
        if out.size != max(out.shape, default=0):
            raise PlaceprintError(
                f"{self.name} returns {out.shape} per photo, not one vector", "Pool its output."
            )
        return out.ravel()


def open_onnx(what: str) -> OnnxDescriptor:
    """A file, with its card in `NAME.json` beside it or in its metadata; see `OnnxCard`."""
    path = Path(what)
    model = read_model(path)
    return OnnxDescriptor(model, read_card(path, model))
