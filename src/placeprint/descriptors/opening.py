"""Opening descriptors by name, file, folder or address, for the command line and for place maps."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from placeprint.descriptors.descriptor import Descriptor
from placeprint.descriptors.model_names import EXAMPLES, parse_name
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.saved import open_saved
from placeprint.descriptors.sources import SYNTAX, Source, on_disk, parse_source
from placeprint.errors import PlaceprintError

SHIPPED = "lite0-netvlad"
"""The descriptor whose learned parts are shipped with the package."""

ALIAS = "lite0_netvlad64_pca512.cambridge"
"""The shipped one named like the others: 64 clusters, 512 dimensions, learned in Cambridge."""

NAMES = (SHIPPED, "rootsift-vlad")


def open_descriptor(source: str | Path) -> Descriptor:
    """A ready-to-use descriptor.

    - `lite0-netvlad`, the shipped one, or a network that can be built here, such as `lite0_gem`;
    - a file or model folder written by `save`, or `hf:ORG/NAME`, such a folder on the Hugging Face hub;
    - `hub:OWNER/REPO:ENTRY[:KEY=VALUE,...]`, `onnx:FILE`, `transformers:NAME[:POOLING]`, `timm:NAME`.

    After any of them, `@256` keeps the first 256 dimensions of a whitened descriptor; before that, `#` and
    `size=RULE`, `pixels=imagenet`, `precision=bfloat16`, `license=...`, separated by commas, change how a
    torch network is run. What needs photos (`rootsift-vlad`, `lite0_gem_pca256`) is made by
    `learn_descriptor`. Raises `PlaceprintError` for anything that does not exist, `FormatError` for a damaged
    file.
    """
    wanted = parse_source(str(source))
    descriptor = _adjusted(_opened(wanted), wanted)
    if isinstance(descriptor, NetworkDescriptor) and descriptor.card.architecture is None:
        descriptor = replace(descriptor, opened_as=f"{descriptor.card.source}{wanted.suffix}")
    return descriptor if wanted.dim is None else _truncated(descriptor, wanted.dim)


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
        return _shipped()
    if on_disk(wanted.what) and path.is_file():
        return open_saved(path, open_descriptor)
    if on_disk(wanted.what):
        from placeprint.descriptors.network.descriptor import load_model

        return load_model(path)
    return _built(wanted.what)


def _built(text: str) -> Descriptor:
    name = parse_name(text)
    if text in NAMES or (name is not None and name.can_be_built and name.needs_photos):
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


@cache
def _shipped() -> Descriptor:
    """Read, checked and fingerprinted once per process: it takes a third of a second."""
    from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD

    return Lite0NetVLAD.pretrained()


def _adjusted(descriptor: Descriptor, wanted: Source) -> Descriptor:
    options = wanted.options
    if not options:
        return descriptor
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
    return descriptor.adjusted(**fields)


def _truncated(descriptor: Descriptor, dim: int) -> Descriptor:
    from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
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
