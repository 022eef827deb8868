"""Model folders: `model.safetensors`, `config.json`, and nothing that runs code."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placeprint.artifact import check_version, read_json, sync_folder
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError

if TYPE_CHECKING:
    from torch import nn

    from placeprint.descriptors.network.card import ModelCard

FORMAT, VERSION = "placeprint/model", 1
CONFIG, WEIGHTS, BACKBONE = "config.json", "model.safetensors", "backbone"
FILES = [CONFIG, WEIGHTS, f"{BACKBONE}/*.json", "README.md"]
"""The files of a model folder, as patterns: only these are downloaded from the hub."""


def is_model_folder(path: Path) -> bool:
    """Whether the folder has the configuration file of a model folder."""
    return (path / CONFIG).is_file()


def write_model_folder(
    folder: Path,
    network: "nn.Module",
    card: "ModelCard",
    dim: int,
    fingerprint: str,
    weights: bytes | None = None,
) -> None:
    """Write `config.json` and `model.safetensors`; a transformers backbone also leaves its own configuration
    in `backbone/`, so that nothing has to be looked up online. `weights`: the content of the latter file, for
    weights that are stored in fewer bits.

    The folder is written completely or not at all. An existing model folder is replaced; anything else in its
    place, or a card without `architecture`, is a `PlaceprintError`.
    """
    from safetensors.torch import save

    from placeprint.descriptors.network.weights import TransformersFiles, tensors_of

    if card.architecture is None:
        raise PlaceprintError(
            f"{card.name} is third-party code: a model folder cannot hold it", "Use save()."
        )
    if weights is None:
        weights = save(tensors_of(network), {"format": "pt"})
    said = {"format": FORMAT, "version": VERSION, **card.model_dump(mode="json")}
    said |= {"dim": dim, "fingerprint": fingerprint, "sha256": hashlib.sha256(weights).hexdigest()}
    files = {CONFIG: _json(said), WEIGHTS: weights}
    own = TransformersFiles.of(network)
    if own is not None:
        files |= {f"{BACKBONE}/{CONFIG}": _json(own.config)}
        files |= {f"{BACKBONE}/preprocessor_config.json": _json(own.pixels)}
    _replace_folder(folder, files)


def read_model_folder(folder: Path) -> "tuple[nn.Module, ModelCard, int, str]":
    """(network, card, dimension, fingerprint) as passed to `write_model_folder`.

    No pickle is read and no code in the folder is run.

    Raises `FormatError` for anything that is damaged, changed, newer or of another kind.
    """
    need_torch("Reading a model folder")
    from pydantic import ValidationError

    from placeprint.descriptors.network.card import ModelCard
    from placeprint.descriptors.network.weights import TransformersFiles, build
    from placeprint.networks.backbones import load_weights

    said = _read_config(folder)
    try:
        dim, expected, sha256 = said.pop("dim"), said.pop("fingerprint"), said.pop("sha256")
        card = ModelCard.model_validate(said)
    except (KeyError, ValidationError, PlaceprintError) as error:
        raise FormatError(f"{folder / CONFIG} is damaged ({_first(error)})", MEND) from error
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise FormatError(f"{folder} has no {WEIGHTS}", "Weights in other files are not read: " + MEND)
    with weights.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise FormatError(f"{weights} is not the file described in {CONFIG}: its SHA-256 differs", MEND)
    files = None
    if (folder / BACKBONE).is_dir():
        files = TransformersFiles(*(_object(folder / BACKBONE / name) for name in _BACKBONE_FILES))
    return build(card, load_weights(weights), files, folder), card, int(dim), str(expected)


def download_model(name: str) -> Path:
    """The folder of `ORG/NAME` in the hub's cache, downloaded if it is not there yet.

    Only the files of a model folder are downloaded: no pickles, no code. `HF_HOME`, `HF_TOKEN` and
    `HF_HUB_OFFLINE` have their usual meaning. Raises `PlaceprintError` if the download fails.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtraError("Models of the Hugging Face hub", "transformers") from error
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except Exception as error:  # its own errors, and those of the HTTP library it uses
        said = next(iter(str(error).splitlines()), "")
        raise PlaceprintError(
            f"hf:{name} cannot be downloaded ({said})",
            "Check the name, the connection and HF_HUB_OFFLINE; a private model needs HF_TOKEN.",
        ) from error


_BACKBONE_FILES = (CONFIG, "preprocessor_config.json")
MEND = "Save or download the model again."


def _read_config(folder: Path) -> dict[str, Any]:
    said = _object(folder / CONFIG)
    if said.pop("format", None) != FORMAT:
        raise FormatError(
            f"{folder} is not a placeprint model folder", f"For transformers models: transformers:{folder}"
        )
    check_version(folder / CONFIG, said.pop("version", None), VERSION)
    return said


def _object(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({_first(error)})", MEND) from error


def _json(said: Mapping[str, Any]) -> bytes:
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    if folder.exists() and not is_model_folder(folder) and (folder.is_file() or any(folder.iterdir())):
        raise PlaceprintError(f"{folder} exists and is not a model folder", "Name another folder.")
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        for name, content in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            with (new / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(new)
        old = new.with_name(f"{new.name}.old")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    sync_folder(folder.parent)
