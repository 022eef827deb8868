"""Descriptors in a single file: recognizing their kind, and reading them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from placeprint.artifact import artifact_kind, interpreting, read_artifact
from placeprint.descriptors.descriptor import Descriptor
from placeprint.descriptors.sources import parse_source
from placeprint.errors import FormatError


def open_saved(
    path: Path, open_source: Callable[[str], Descriptor], find: Callable[[str], Any]
) -> Descriptor:
    """Read a file that a descriptor's `save` wrote; `open_source` opens what a reference names,
    `find` a registered class by the kind of the file.

    Raises `FormatError` for any other file.
    """
    match artifact_kind(path):
        case "network":
            return _network(path)
        case "onnx-network":
            from placeprint.descriptors.adapters.onnx_file import OnnxDescriptor

            return OnnxDescriptor.load(path)
        case "descriptor-reference":
            return _referred(path, open_source)
        case kind if hasattr(entry := find(kind), "load"):
            loaded: Descriptor = entry.load(path)
            return loaded
        case kind:
            raise FormatError(f"{path} is a {kind} file, not a descriptor")


def _network(path: Path) -> Descriptor:
    from placeprint.descriptors.network.descriptor import NetworkDescriptor
    from placeprint.descriptors.network.model_file import read_model_file

    network, card, expected = read_model_file(path)
    return _checked(path, NetworkDescriptor(network, card), expected)


def _referred(path: Path, open_source: Callable[[str], Descriptor]) -> Descriptor:
    """Third-party code, from where the file says it is found.

    Raises `FormatError` if it has become a different network, `PlaceprintError` if it would run code in a
    folder that the user has not named.
    """
    from placeprint.descriptors.adapters.torch_hub import check_trusted, local_repository
    from placeprint.descriptors.network.descriptor import REFERENCE, REFERENCE_VERSION

    said, _ = read_artifact(path, REFERENCE, REFERENCE_VERSION)
    with interpreting(path, "Save it again."):
        named, expected = str(said["source"]), str(said["fingerprint"])
    source = parse_source(named)
    folder = local_repository(source.what) if source.kind == "hub" else None
    if folder is not None:
        check_trusted(folder, path)
    if not source.kind:
        raise FormatError(f"{path} refers to {source.what}, which is not a valid reference", "Save it again.")
    return _checked(path, open_source(named), expected)


def _checked(path: Path, descriptor: Descriptor, expected: str) -> Descriptor:
    if descriptor.fingerprint != expected:
        raise FormatError(
            f"{path} was saved with the fingerprint {expected}, and now {descriptor.name} has "
            f"{descriptor.fingerprint}: their vectors cannot be compared",
            "Describe the photos again, or restore the original network.",
        )
    return descriptor
