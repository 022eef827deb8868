import numpy as np
import pytest
import torch
from torch import nn

from placeprint.descriptors.network.card import ModelCard
from placeprint.descriptors.network.descriptor import NetworkDescriptor
from placeprint.explain import grad_cam, input_times_gradient, network_input
from placeprint.networks.backbones import LITE0_PIXELS, Backbone, Layer, Window
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.networks.pooling import GeM, NetVLAD
from placeprint.photos import resize


class Tiny(Backbone):
    def __init__(self):
        super().__init__()
        self.layers = {"conv": Layer(4, (Window(3, 2, 1),))}
        self.conv = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Softplus())

    def stages(self):
        return {"conv": self.conv}


def network(pooling=None):
    torch.manual_seed(1)
    pooling = pooling or NetVLAD(4, 2)
    whitening = WhiteningLayer.from_arrays(
        np.full(pooling.out_dim, 0.05), np.random.default_rng(0).normal(size=(3, pooling.out_dim))
    )
    return PlaceNetwork(Tiny(), pooling, whitening).double().eval()


def given():
    rng = np.random.default_rng(5)
    target = rng.normal(size=3)
    return torch.as_tensor(rng.normal(size=(1, 3, 6, 8))), target / np.linalg.norm(target)


def slopes(function, at, step=1e-6):
    """Central differences of a scalar function of a tensor."""
    found = np.zeros(tuple(at.shape))
    for index in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = at.clone()
            moved[index] += sign * step
            ends.append(float(function(moved)))
        found[index] = (ends[0] - ends[1]) / (2 * step)
    return found


@pytest.mark.parametrize("pooling", [NetVLAD(4, 2), GeM(4)])
@torch.no_grad()
def test_grad_cam_follows_finite_differences(pooling):
    net, (images, target) = network(pooling), given()
    features = net.backbone(images)
    slope = slopes(lambda a: net.whitening(net.pooling(a))[0].numpy() @ target, features)
    expected = (slope.mean(axis=(2, 3))[:, :, None, None] * features.numpy()).sum(axis=1)[0]
    heat = grad_cam(net, images, target, signed=True)
    assert heat.shape == (3, 4)
    assert heat.dtype == np.float32
    np.testing.assert_allclose(heat, expected, rtol=1e-5, atol=1e-8)
    for sign in (1, -1):  # one of both has negative heat
        ours = grad_cam(net, images, sign * target)
        np.testing.assert_allclose(ours, np.maximum(sign * expected, 0), rtol=1e-5, atol=1e-8)


@torch.no_grad()
def test_input_times_gradient_follows_finite_differences():
    net, (images, target) = network(), given()
    slope = slopes(lambda x: net(x)[0].numpy() @ target, images)
    expected = (slope * images.numpy()).sum(axis=1)[0]
    np.testing.assert_allclose(input_times_gradient(net, images, target), expected, rtol=1e-5, atol=1e-8)


def test_a_network_is_left_as_it_was():
    net, (images, target) = network(), given()
    net.backbone.train_from(None)
    grad_cam(net, images, target)
    input_times_gradient(net, images, target)
    assert not net.pooling._forward_pre_hooks
    assert all(parameter.grad is None for parameter in net.parameters())
    assert images.grad is None
    assert not images.requires_grad
    net.train()
    for explain in (grad_cam, input_times_gradient):
        with pytest.raises(ValueError, match="training mode"):
            explain(net, images, target)


def test_a_photo_becomes_the_networks_input():
    photo = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8)
    card = ModelCard(name="tiny", size_rule="longest:35", divisor=2, preprocessing=LITE0_PIXELS)
    images = network_input(NetworkDescriptor(network(), card), photo)
    assert images.shape == (1, 3, 26, 36)  # 25 x 35, each to the multiple of 2 above
    assert images.dtype == torch.float64
    middle = (resize(photo, "exact:36x26")[13, 18].astype(float) - 127) / 128
    np.testing.assert_allclose(images[0, :, 13, 18].numpy(), middle, atol=1e-6)
