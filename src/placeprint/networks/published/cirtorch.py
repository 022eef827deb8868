"""CNN Image Retrieval in PyTorch (Radenović, Tolias & Chum, PAMI 2019): its published networks."""

from pathlib import Path
from typing import Any

from torch import Tensor, from_numpy

from placeprint.errors import FormatError, PlaceprintError
from placeprint.networks.architecture import PoolingSpec
from placeprint.networks.backbones import PretrainedWeights
from placeprint.networks.published.files.checkpoint import Checkpoint
from placeprint.networks.published.files.records import as_array
from placeprint.networks.published.parts import assemble, chain, linear, pixels_of
from placeprint.networks.published.published import Published, Source, Whitening, read_as

LICENSE = "MIT (code)"
POOLINGS: dict[str, str] = {"mac": "mac", "spoc": "average", "gem": "gem", "gemmp": "gem"}
PAPER = "retrieval-SfM-120k"
SCALES = {"ss": "one scale", "ms": "several scales"}


def read_cirtorch(path: Path, whitening: str | None = None) -> Published:
    """Read a network of VGG16, AlexNet or a ResNet with MAC, SPoC or GeM, and its learned whitening.

    `whitening`: the training data of one of the whitenings the file keeps in `meta`, such as
    `retrieval-SfM-120k`, or with `/ms` for the one learned at several scales; "none" for no whitening. By
    default, a fully connected layer trained with the network if there is one, else the whitening of the
    paper's data, else the first.
    """
    return read_as(path, SOURCES, whitening)


def convert(checkpoint: Checkpoint, whitening: Whitening | None = None) -> Published:
    """The network of a checkpoint; `whitening` as in `read_cirtorch`."""
    meta = _meta(checkpoint)
    origin = checkpoint.path
    backbone, tensors = chain(checkpoint.below("features."), origin, last_relu=True)
    tensors |= {f"pooling.{name}": x for name, x in checkpoint.below("pool.").items()}
    trained = "whiten.weight" in checkpoint
    if trained and whitening not in (None, "none"):
        raise PlaceprintError(f"{origin} already has a trained whitening", "Leave the whitening out.")
    if whitening == "none":
        checkpoint.leave("whiten.weight", "whiten.bias")
        note = "not whitened"
    elif trained:
        tensors |= linear(checkpoint.below("whiten."))
        note = "whitened by a layer trained with the network"
    else:
        own, note = _whitening(meta.get("Lw") or {}, origin, whitening)
        tensors |= own
    exponents = tensors.get("pooling.p")
    options = {} if exponents is None or len(exponents) == 1 else {"per_channel": True}
    pooling = PoolingSpec(name=POOLINGS[meta["pooling"]], options=options)
    weights = PretrainedWeights("CNN Image Retrieval in PyTorch", LICENSE, pixels_of(meta, origin))
    network, architecture = assemble(backbone, pooling, tensors, origin, weights)
    training = "retrieval-SfM-120k (contrastive loss) or Google Landmarks 2018, as the file's name says"
    notes = (note, "the original only shrinks photos to 1024, and tests with several scales")
    return Published(network, architecture, weights, "longest:1024", training, notes)


SOURCES = (Source("CNN Image Retrieval in PyTorch", ("features.0.weight", "meta"), convert, convert),)


def _meta(checkpoint: Checkpoint) -> dict[str, Any]:
    meta = checkpoint.rest["meta"]
    if not isinstance(meta, dict) or not isinstance(meta.get("pooling"), str):
        raise FormatError(f"{checkpoint.path} does not name its pooling in `meta`", "Get the original file.")
    unknown = [name for name in ("local_whitening", "regional") if meta.get(name)]
    if meta["pooling"].lower() not in POOLINGS:
        unknown.append(f"pooling {meta['pooling']}")
    if unknown:
        raise PlaceprintError(
            f"{checkpoint.path} has {', '.join(unknown)}, which is not supported",
            f"Supported: {', '.join(POOLINGS)}; its R-MAC adds the whole map to placeprint's regions.",
        )
    return meta | {"pooling": meta["pooling"].lower()}


def _whitening(
    learned: dict[str, Any], origin: Path, chosen: Whitening | None
) -> tuple[dict[str, Tensor], str]:
    """y = P (x − m), for the data and scales of this name."""
    if chosen is None and not learned:
        return {}, "not whitened"
    name = str(chosen) if chosen is not None else PAPER if PAPER in learned else min(learned)
    data, _, scale = name.partition("/")
    try:
        numbers = learned[data][scale or "ss"]
        mean, matrix = as_array(numbers["m"]), as_array(numbers["P"])
        bias = -(matrix @ mean.ravel())
    except LookupError as error:
        names = [f"{name}/{scale}" for name in learned for scale in learned[name]]
        raise PlaceprintError(
            f"{origin} has no whitening {name}", f"It has: {', '.join(names) or 'none'}."
        ) from error
    except (TypeError, ValueError) as error:
        raise FormatError(
            f"{origin}: its whitening is damaged ({error})", "Get the original file."
        ) from error
    layer = {"weight": from_numpy(matrix).float(), "bias": from_numpy(bias).float()}
    return linear(layer), f"whitening learned on {data} at {SCALES[scale or 'ss']}"
