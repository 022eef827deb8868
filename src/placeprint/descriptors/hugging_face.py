"""Model folders on the Hugging Face hub."""

from pathlib import Path

from placeprint.descriptors.model_folder import FILES
from placeprint.errors import MissingExtraError, PlaceprintError


def download_model(name: str) -> Path:
    """The folder of `ORG/NAME` in the hub's cache, fetched where it is not there yet.

    Only the files of a model folder are fetched: no pickles, no code. `HF_HOME`, `HF_TOKEN` and
    `HF_HUB_OFFLINE` have their usual meaning. Raises `PlaceprintError` where nothing comes.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtraError("Models of the Hugging Face hub", "transformers") from error
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except Exception as error:  # its own errors, and those of the HTTP library under it
        said = next(iter(str(error).splitlines()), "")
        raise PlaceprintError(
            f"hf:{name} cannot be fetched ({said})",
            "Check the name, the connection and HF_HUB_OFFLINE; a private model needs HF_TOKEN.",
        ) from error
