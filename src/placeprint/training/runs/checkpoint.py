"""Where a run continues: tensors and plain values in one file, written atomically."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from placeprint.artifact import replace_file
from placeprint.errors import FormatError
from placeprint.training.runs.run_folder import writing

FORMAT, VERSION = "placeprint/checkpoint", 1


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint. Raises PlaceprintError if the disk is full; the old one is then still there."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "version": VERSION, **state}, buffer)
    with writing(path):
        replace_file(path, buffer.getvalue())


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Raises FormatError for a file that is missing, damaged or newer. No code in the file is run."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if state["format"] != FORMAT or state["version"] > VERSION:
            raise ValueError(f"{state['format']} version {state['version']}")
    except (
        OSError,
        RuntimeError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        pickle.UnpicklingError,
    ) as error:
        said = " ".join(str(error).split())[:200]
        raise FormatError(f"{path} is not a readable checkpoint ({said})", "Start the run again.") from error
    found: dict[str, Any] = state
    return found
