"""Reading what the package `transformers` saves: a model, and the pixels it expects."""

from typing import Any

import torch

from placeprint.errors import MissingExtraError, PlaceprintError
from placeprint.networks.backbones.preprocessing import Preprocessing


def load_model(name: str) -> Any:
    """The model in float32, from a folder or the hub; see `TransformersBackbone`."""
    try:
        from safetensors import SafetensorError
        from transformers import AutoModel
    except ImportError as error:
        raise MissingExtraError("transformers models", "transformers") from error
    try:
        model, report = AutoModel.from_pretrained(name, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, LookupError, SafetensorError) as error:
        raise _not_loaded(name, error) from error
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(("pooler.", "head.")))
    if missing:
        raise PlaceprintError(f"{name} lacks {', '.join(missing[:5])}", "Save the whole model again.")
    return model


def load_preprocessing(name: str) -> Preprocessing:
    """The normalization done by the model's image processor; its resizing and cropping are ignored."""
    from transformers import ImageProcessingMixin

    try:
        config, _ = ImageProcessingMixin.get_image_processor_dict(name)
        scale = 1 / config.get("rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1
        mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        if config.get("do_normalize", True):
            (r, g, b), (red, green, blue) = config["image_mean"], config["image_std"]
            mean, std = (float(r), float(g), float(b)), (float(red), float(green), float(blue))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise PlaceprintError(
            f"{name} does not say which pixels the model expects",
            "Put the model's preprocessor_config.json, with image_mean and image_std, in the folder.",
        ) from error
    return Preprocessing(scale, mean, std)


def _not_loaded(name: str, error: Exception) -> PlaceprintError:
    first = next(iter(str(error).splitlines()), "")
    return PlaceprintError(
        f"no model could be loaded from {name} ({first})",
        "Give a folder written by save_pretrained, or go online and give a name on the Hugging Face hub.",
    )
