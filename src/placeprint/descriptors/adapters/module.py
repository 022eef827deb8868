"""Any `nn.Module` as a descriptor."""

from typing import TYPE_CHECKING, Any

from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.descriptors.runtimes.torch_device import Precision

if TYPE_CHECKING:
    from torch import nn

    from placeprint.networks.backbones import Preprocessing


def describe_with(
    module: "nn.Module",
    size: str = "exact:322x322",
    preprocessing: "Preprocessing | None" = None,
    *,
    divisor: int = 1,
    name: str | None = None,
    license: str | None = None,
    precision: Precision = "float32",
    device: str = "auto",
    batch: int | None = None,
    **facts: Any,
) -> NetworkDescriptor:
    """A network (n, 3, height, width) -> (n, dim) of any origin; if it returns a tuple, its first element is
    used.

    `size` is a rule of `photos.resize`, with sides that are multiples of `divisor` (except for `exact`);
    `preprocessing` defaults to ImageNet's mean and standard deviation. Vectors are divided by their lengths.
    Each row must depend only on its own photo; networks that mix a batch break the contract. `facts` are
    further fields of `ModelCard`.
    """
    from placeprint.descriptors.network.card import UNKNOWN_LICENSE, ModelCard
    from placeprint.networks.backbones import IMAGENET_PIXELS

    kind = type(module)
    fields: dict[str, Any] = {"code": {"class": f"{kind.__module__}.{kind.__qualname__}"}} | facts
    card = ModelCard(
        name=name or kind.__name__,
        size_rule=size,
        divisor=divisor,
        preprocessing=preprocessing or IMAGENET_PIXELS,
        precision=precision,
        license=license or UNKNOWN_LICENSE,
        **fields,
    )
    return NetworkDescriptor(module, card, batch, device)
