"""Backbones of timm, for users who have it installed: it needs torchvision."""

import importlib
from typing import Any

from placeprint.descriptors.adapters.module import describe_with
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.torch_device import need_torch
from placeprint.errors import PlaceprintError


def open_timm(what: str) -> NetworkDescriptor:
    """The timm model of that name with its published weights and pooling, without its classifier.

    Size, mean and standard deviation are those of its data configuration; the license is that of its weights.
    Raises `PlaceprintError` if timm is not installed or has no such model.
    """
    need_torch("timm's models")
    from placeprint.networks.backbones import Preprocessing

    try:
        timm: Any = importlib.import_module("timm")
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that does not match this torch
        raise PlaceprintError(
            f"timm cannot be imported ({error})",
            "Install timm and a torchvision that matches your torch; nothing else in placeprint needs them.",
        ) from error
    try:
        model = timm.create_model(what, pretrained=True, num_classes=0)
    except Exception as error:
        raise PlaceprintError(
            f"timm:{what} cannot be loaded ({type(error).__name__}: {error})",
            "See timm.list_models(pretrained=True), and check the connection.",
        ) from error
    data = timm.data.resolve_model_data_config(model)
    _, height, width = data["input_size"]
    pixels = Preprocessing(255, _triple(data["mean"]), _triple(data["std"]))
    license = getattr(model, "pretrained_cfg", {}).get("license")
    source = f"timm:{what}"
    size = f"exact:{width}x{height}"
    return describe_with(
        model, size, pixels, name=source, license=license, source=source, code={"timm": what}
    )


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
