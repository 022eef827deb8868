"""Descriptors in one file: which kind it is, and who reads it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from placeprint.descriptors.descriptor import Descriptor
from placeprint.errors import FormatError


def open_saved(path: Path, open_source: Callable[[str], Descriptor]) -> Descriptor:
    """Read a file that a descriptor's `save` wrote; `open_source` opens what a reference names.

    Raises `FormatError` for any other file.
    """
    match _kind(path):
        case "lite0-netvlad":
            from placeprint.descriptors.lite0_netvlad import Lite0NetVLAD

            return Lite0NetVLAD.load(path)
        case "rootsift-vlad":
            from placeprint.descriptors.rootsift_vlad import RootSiftVLAD

            return RootSiftVLAD.load(path)
        case "network":
            from placeprint.descriptors.model_file import load_file

            return load_file(path)
        case "onnx-network":
            from placeprint.descriptors.adapters.onnx_file import OnnxDescriptor

            return OnnxDescriptor.load(path)
        case "descriptor-reference":
            from placeprint.descriptors.model_file import open_reference

            return open_reference(path, open_source)
        case kind:
            raise FormatError(f"{path} is a {kind} file, not a descriptor")


def _kind(path: Path) -> str:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            header = json.loads(str(archive["header"]))
        return str(header["format"]).removeprefix("placeprint/")
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path} is damaged or not a placeprint file ({error})") from error
