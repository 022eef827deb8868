"""Heat maps by gradient, for torch networks: Grad-CAM on the last feature map, and input times gradient."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.network.descriptor import NetworkDescriptor

if TYPE_CHECKING:
    from torch import Tensor

    from placeprint.networks.place_network import PlaceNetwork


def grad_cam(
    network: "PlaceNetwork", images: "Tensor", target: NDArray[np.floating], signed: bool = False
) -> Float32:
    """Grad-CAM of the cosine similarity s to `target` (dim,), float32 (rows, columns).

        α_c = mean over positions of ∂s/∂A_c,   heat = ReLU(Σ_c α_c A_c)

    with A (channels, rows, columns) the map that enters the pooling (Selvaraju et al., ICCV 2017, equations 1
    and 2). The similarity takes the place of a class score; `signed` omits the ReLU. `images` (1, 3, height,
    width) as returned by `network_input`.

    α_c assumes that a channel means the same at every position. NetVLAD's clusters violate that: on two
    photos with half a scene in common and noise in the other halves, 30 to 60 % of the heat lay on the shared
    half, against over 90 % for `network_netvlad_map`. A transformer's class token is held fixed. Raises
    ValueError for a network in training mode.
    """
    import torch

    _check_evaluating(network)
    kept: list[Tensor] = []

    def cut(module: Any, inputs: tuple["Tensor", ...]) -> tuple["Tensor", ...]:
        kept.append(inputs[0].detach().requires_grad_())
        return (kept[0], *(other.detach() for other in inputs[1:]))

    handle = network.pooling.register_forward_pre_hook(cut)
    try:
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(_similarity(network, images, target), kept)
    finally:
        handle.remove()
    heat = (slope.mean(dim=(2, 3), keepdim=True) * kept[0].detach()).sum(dim=1)[0]
    return np.asarray((heat if signed else heat.relu()).float().cpu().numpy(), np.float32)


def input_times_gradient(network: "PlaceNetwork", images: "Tensor", target: NDArray[np.floating]) -> Float32:
    """Σ over color channels of x ∂s/∂x, float32 (height, width), for preprocessed `images` (1, 3, height,
    width).

    Shrikumar et al., "Not just a black box", 2016. Sharp and noisy; its zero is the mean pixel of the
    preprocessing. Raises ValueError for a network in training mode.
    """
    import torch

    _check_evaluating(network)
    leaf = images.detach().clone().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(_similarity(network, leaf, target), leaf)
    return np.asarray((slope * leaf.detach()).sum(dim=1)[0].float().cpu().numpy(), np.float32)


def network_input(descriptor: NetworkDescriptor, photo: Photo) -> "Tensor":
    """A photo as the descriptor's network receives it, (1, 3, height, width), on its device and in its dtype.

    Raises `PhotoError` for an unreadable photo.
    """
    from placeprint.photos import load, resize

    card = descriptor.card
    images = card.preprocessing(resize(load(photo), card.size_rule, card.step)[None])
    return images.to(next(descriptor.network.parameters()))


def _similarity(network: "PlaceNetwork", images: "Tensor", target: NDArray[np.floating]) -> "Tensor":
    vector: Tensor = network(images)[0]
    return vector @ vector.new_tensor(np.asarray(target))


def _check_evaluating(network: "PlaceNetwork") -> None:
    if network.training:
        raise ValueError("the network is in training mode: call its eval() first")
