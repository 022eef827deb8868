"""A network in one file: weights and card, protected by a checksum."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from placeprint.artifact import read_artifact, write_artifact
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.errors import FormatError, PlaceprintError

if TYPE_CHECKING:
    from torch import nn

    from placeprint.descriptors.network.card import ModelCard

KIND, VERSION = "network", 1


def write_model_file(path: Path, network: "nn.Module", card: "ModelCard", fingerprint: str) -> None:
    """Write a network whose card has an `architecture`, with its weights."""
    from placeprint.descriptors.network.weights import TransformersFiles, arrays_of

    config: dict[str, Any] = {"card": card.model_dump(mode="json"), "fingerprint": fingerprint}
    files = TransformersFiles.of(network)
    if files is not None:
        config |= {"transformers": [files.config, files.pixels]}
    write_artifact(path, KIND, VERSION, config, arrays_of(network))


def read_model_file(path: Path) -> "tuple[nn.Module, ModelCard, str]":
    """(network, card, fingerprint) as passed to `write_model_file`.

    Raises `FormatError` for any other file.
    """
    need_torch("Reading a saved network")
    import torch
    from pydantic import ValidationError

    from placeprint.descriptors.network.card import ModelCard
    from placeprint.descriptors.network.weights import TransformersFiles, build

    config, arrays = read_artifact(path, KIND, VERSION)
    try:
        card = ModelCard.model_validate(config["card"])
        files = TransformersFiles(*config["transformers"]) if "transformers" in config else None
        expected = str(config["fingerprint"])
    except (KeyError, TypeError, ValidationError, PlaceprintError) as error:
        raise FormatError(f"{path} is damaged ({error})", "Save it again.") from error
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return build(card, tensors, files, path), card, expected
