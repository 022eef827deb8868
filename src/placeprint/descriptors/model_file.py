"""One file for a network: all of it, or for code of others where it was found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from placeprint.artifact import read_artifact, write_artifact
from placeprint.descriptors.descriptor import Descriptor
from placeprint.descriptors.network_descriptor import NetworkDescriptor
from placeprint.descriptors.sources import parse_source
from placeprint.descriptors.torch_running import need_torch
from placeprint.descriptors.trusted_code import check_trusted
from placeprint.errors import FormatError, PlaceprintError

NETWORK, REFERENCE, VERSION = "network", "descriptor-reference", 1


def save_file(path: Path, descriptor: NetworkDescriptor) -> None:
    """Write a network with `architecture`, its weights and its card, under a checksum."""
    from placeprint.descriptors.network_weights import TransformersFiles, arrays_of

    config: dict[str, Any] = {"card": descriptor.card.model_dump(mode="json")}
    config |= {"fingerprint": descriptor.fingerprint}
    files = TransformersFiles.of(descriptor.network)
    if files is not None:
        config |= {"transformers": [files.config, files.pixels]}
    write_artifact(path, NETWORK, VERSION, config, arrays_of(descriptor.network))


def load_file(path: Path) -> NetworkDescriptor:
    """Read what `save_file` wrote. Raises `FormatError` for any other file."""
    need_torch("Reading a saved network")
    import torch
    from pydantic import ValidationError

    from placeprint.descriptors.model_card import ModelCard
    from placeprint.descriptors.network_weights import TransformersFiles, build

    config, arrays = read_artifact(path, NETWORK, VERSION)
    try:
        card = ModelCard.model_validate(config["card"])
        files = TransformersFiles(*config["transformers"]) if "transformers" in config else None
        expected = config["fingerprint"]
    except (KeyError, TypeError, ValidationError, PlaceprintError) as error:
        raise FormatError(f"{path} is damaged ({error})", "Save it again.") from error
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    descriptor = NetworkDescriptor(build(card, tensors, files, path), card)
    _check(path, descriptor, expected)
    return descriptor


def save_reference(path: Path, descriptor: NetworkDescriptor) -> None:
    """Write what `open_descriptor` was given, and which fingerprint must come of it."""
    if not descriptor.opened_as:
        raise PlaceprintError(
            f"{descriptor.name} is code of this program and cannot be saved",
            "Write a hubconf.py that makes it and open hub:FOLDER:ENTRY, or export it and open onnx:FILE.",
        )
    config = {"source": descriptor.opened_as, "fingerprint": descriptor.fingerprint}
    write_artifact(path, REFERENCE, VERSION, config, {})


def open_reference(path: Path, open_source: Callable[[str], Descriptor]) -> Descriptor:
    """Open what `save_reference` named.

    Raises `FormatError` where it has become another network, `PlaceprintError` where code in a folder would
    be run that the user has not named.
    """
    from placeprint.descriptors.adapters.torch_hub import local_repository

    said, _ = read_artifact(path, REFERENCE, VERSION)
    source = parse_source(str(said["source"]))
    folder = local_repository(source.what) if source.kind == "hub" else None
    if folder is not None:
        check_trusted(folder, path)
    if not source.kind:
        raise FormatError(f"{path} refers to {source.what}, which no descriptor does", "Save it again.")
    descriptor = open_source(str(said["source"]))
    _check(path, descriptor, str(said["fingerprint"]))
    return descriptor


def _check(path: Path, descriptor: Descriptor, expected: str) -> None:
    if descriptor.fingerprint != expected:
        raise FormatError(
            f"{path} was saved with the fingerprint {expected}, and now {descriptor.name} has "
            f"{descriptor.fingerprint}: their vectors cannot be compared",
            "Describe the photos anew, or bring back the network as it was.",
        )
