"""Opening descriptors by name, file, folder or address, for the command line and for place maps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from placeprint.descriptors.descriptor import DESCRIPTORS, Descriptor
from placeprint.descriptors.model_names import EXAMPLES, parse_name
from placeprint.descriptors.sources import SYNTAX, Source, on_disk, parse_source
from placeprint.errors import PlaceprintError
from placeprint.registry import split_options

SHIPPED = "lite0-netvlad"
"""The descriptor whose learned parts are shipped with the package."""

ALIAS = "lite0_netvlad64_pca512.cambridge"
"""The shipped one named like the others: 64 clusters, 512 dimensions, learned in Cambridge."""

NAMES = (SHIPPED, "rootsift-vlad")


def open_descriptor(source: str | Path) -> Descriptor:
    """A ready-to-use descriptor.

    - `lite0-netvlad`, the shipped one, or a network that can be built here, as `lite0_gem`;
    - a file or a model folder that `save` wrote, or `hf:ORG/NAME`, such a folder on the Hugging Face hub;
    - a name that another package registers (`DESCRIPTORS`), with its options: `mine:256,scale=2`;
    - `hub:OWNER/REPO:ENTRY[:KEY=VALUE,...]`, `onnx:FILE`, `transformers:NAME[:POOLING]`, `timm:NAME`.

    After any of them `@256` keeps the first 256 dimensions of one that is whitened; before that `#` and
    `size=RULE`, `pixels=imagenet`, `precision=bfloat16`, `runtime=fastest`, `license=...`, separated by
    commas, change how a network in torch is run. What needs photos (`rootsift-vlad`, `lite0_gem_pca256`) is
    made by `learn_descriptor`. Raises `PlaceprintError` for an unknown source, `FormatError` for a damaged
    file.
    """
    wanted = parse_source(str(source))
    descriptor = _adjusted(_opened(wanted), wanted)
    if wanted.kind:
        descriptor = _remembering(descriptor, wanted)
    return descriptor if wanted.dim is None else _truncated(descriptor, wanted.dim)


def _remembering(descriptor: Descriptor, wanted: Source) -> Descriptor:
    """Third-party code is saved as where it was found."""
    from placeprint.descriptors.network.descriptor import NetworkDescriptor

    if not isinstance(descriptor, NetworkDescriptor) or descriptor.card.architecture is not None:
        return descriptor
    return replace(descriptor, opened_as=f"{descriptor.card.source}{wanted.suffix}")


def _opened(wanted: Source) -> Descriptor:
    path = Path(wanted.what)
    match wanted.kind:
        case "hf":
            from placeprint.descriptors.network.descriptor import load_model
            from placeprint.descriptors.network.model_folder import download_model

            return load_model(download_model(wanted.what))
        case "hub":
            from placeprint.descriptors.adapters.torch_hub import open_hub

            return open_hub(wanted.what)
        case "onnx":
            from placeprint.descriptors.adapters.onnx_file import open_onnx

            return open_onnx(wanted.what)
        case "timm":
            from placeprint.descriptors.adapters.timm_model import open_timm

            return open_timm(wanted.what)
        case "transformers":
            from placeprint.descriptors.adapters.transformers_model import open_transformers

            return open_transformers(wanted.what)
    if wanted.what in (SHIPPED, ALIAS):
        from placeprint.descriptors.lite0.descriptor import shipped

        return shipped()
    if on_disk(wanted.what) and path.is_file():
        from placeprint.descriptors.saved import open_saved

        return open_saved(path, open_descriptor, registered)
    if on_disk(wanted.what):
        from placeprint.descriptors.network.descriptor import load_model

        return load_model(path)
    return _built(wanted.what)


def registered(name: str) -> Any:
    """The entry of `DESCRIPTORS` under a name, or None."""
    if name == SHIPPED:
        from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD

        return Lite0NetVLAD
    return DESCRIPTORS.get(name)


def learns(name: str) -> bool:
    """Whether a registered descriptor is made from photos, and not shipped."""
    return name != SHIPPED and hasattr(registered(name), "learn")


def _built(text: str) -> Descriptor:
    name = parse_name(text)
    if name is None and registered(split_options(text)[0]) is not None and not learns(text):
        made: Descriptor = DESCRIPTORS.make(text)
        return made
    if learns(text) or (name is not None and name.can_be_built and name.needs_photos):
        raise PlaceprintError(
            f"{text} must be learned from photos", f"Run: placeprint learn PHOTOS --pipeline {text} -o FOLDER"
        )
    if name is None or not name.can_be_built:
        raise PlaceprintError(
            f"{text} is neither a shipped descriptor nor a file or model folder",
            f"Use lite0-netvlad, or learn one from your photos, or a name such as {EXAMPLES}. {SYNTAX}",
        )
    from placeprint.descriptors.network.building import untrained

    return untrained(name)


def _adjusted(descriptor: Descriptor, wanted: Source) -> Descriptor:
    options = wanted.options
    if not options:
        return descriptor
    from placeprint.descriptors.network.descriptor import NetworkDescriptor

    if not isinstance(descriptor, NetworkDescriptor):
        raise PlaceprintError(
            f"{descriptor.name} has no option {', '.join(options)}",
            "Only torch networks do; an ONNX model states these settings in its JSON file.",
        )
    fields: dict[str, object] = {key: options[key] for key in ("precision", "license") if key in options}
    if "size" in options:
        fields |= {"size_rule": options["size"]}
    if "pixels" in options:
        from placeprint.networks import backbones

        fields |= {"preprocessing": getattr(backbones, f"{options['pixels'].upper()}_PIXELS")}
    adjusted = descriptor.adjusted(**fields)
    fastest = options.get("runtime") == "fastest"
    return replace(adjusted, runtime="fastest") if fastest else adjusted


def _truncated(descriptor: Descriptor, dim: int) -> Descriptor:
    from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
    from placeprint.descriptors.network.descriptor import NetworkDescriptor
    from placeprint.descriptors.rootsift_vlad import RootSiftVLAD

    if isinstance(descriptor, NetworkDescriptor):
        from placeprint.descriptors.network.whitened import truncated

        return truncated(descriptor, dim)
    if not isinstance(descriptor, Lite0NetVLAD | RootSiftVLAD) or not 1 <= dim <= descriptor.dim:
        raise PlaceprintError(
            f"the first {dim} dimensions of {descriptor.name} are not the most important ones",
            f"Use all {descriptor.dim}, or fewer of a descriptor that is whitened.",
        )
    return replace(descriptor, whitening=descriptor.whitening.truncated(dim))
