import numpy as np
import pytest
import torch

from placeprint.datasets.town import Town
from placeprint.descriptors import Lite0NetVLAD, descriptor_of
from placeprint.descriptors.lite0.in_torch import in_torch, torch_network
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.explain import (
    explain_match,
    grad_cam,
    netvlad_map,
    network_input,
    network_netvlad_map,
    occlusion,
    over_photo,
)
from placeprint.explain.netvlad_map import pools_by_netvlad
from placeprint.networks.architecture import Architecture


@pytest.fixture(scope="module")
def descriptor():
    return Lite0NetVLAD.pretrained()


@pytest.fixture(scope="module")
def pair():
    """A reference, and a query whose left half shows the same from a step ahead; its right half is noise."""
    town = Town(seed=1)
    view = town.views()[100]
    reference, query = town.render(view), town.render(town.shifted(view, ahead=1.0, yaw=3.0))
    half = query.shape[1] // 2
    query[:, half:] = np.random.default_rng(0).integers(0, 256, query[:, half:].shape)
    return query, reference


def test_the_shares_of_the_shipped_descriptor_add_up_to_its_similarity(descriptor, pair):
    vectors = descriptor.describe(pair)
    for photo, target in zip(pair, vectors[::-1], strict=True):
        found = netvlad_map(descriptor, photo, target)
        assert found.shares.shape == (26, 35)  # 240 x 320 with an area of 480 x 480 is 416 x 560
        assert found.similarity == pytest.approx(float(vectors[0] @ vectors[1]), abs=2e-6)
        assert found.shares.sum() + found.offset == pytest.approx(found.similarity, abs=1e-12)


def share_of_left_half(heat):
    positive = np.maximum(heat, 0)
    return positive[:, : heat.shape[1] // 2].sum() / positive.sum()


def test_heat_lies_on_what_both_photos_show_and_both_methods_agree(descriptor, pair):
    target = descriptor.describe([pair[1]])[0]
    exact = netvlad_map(descriptor, pair[0], target).heat(pair[0].shape[:2])
    covered = occlusion(descriptor, pair[0], target, patch=1 / 3)
    assert share_of_left_half(exact) > 0.85
    assert share_of_left_half(covered) > 0.85
    assert np.corrcoef(exact.ravel(), covered.ravel())[0, 1] > 0.5


def test_the_torch_network_has_the_same_vectors_and_the_same_shares(descriptor, pair):
    network = torch_network(descriptor)
    images = network_input(in_torch(descriptor), pair[0])
    vectors = descriptor.describe(pair)
    with torch.no_grad():
        np.testing.assert_allclose(network(images)[0].numpy(), vectors[0], atol=1e-4)
    ours = netvlad_map(descriptor, pair[0], vectors[1])
    theirs = network_netvlad_map(network, images, vectors[1])
    np.testing.assert_allclose(theirs.shares, ours.shares, atol=1e-5)
    assert theirs.similarity == pytest.approx(ours.similarity, abs=1e-5)
    assert theirs.offset == pytest.approx(ours.offset, abs=1e-6)
    assert np.mean(theirs.clusters == ours.clusters) > 0.99


def small(pooling, **options):
    torch.manual_seed(0)
    architecture = Architecture.model_validate(
        {
            "backbone": {"name": "lite0", "cut": "block3"},
            "pooling": {"name": pooling, "options": options},
            "whitening": 6,
        }
    )
    network = architecture.build()
    network.whitening.matrix.normal_()
    network.whitening.bias.normal_()
    return descriptor_of(network, architecture, network.backbone.weights, "area:64")


@pytest.mark.parametrize(
    ("pooling", "options"), [("netvlad", {}), ("netvlad", {"bias": True, "intra": False}), ("crn", {})]
)
def test_any_network_that_pools_by_netvlad_is_explained_exactly(pair, pooling, options):
    made = small(pooling, clusters=4, **options)
    if "bias" in options:
        torch.nn.init.normal_(made.network.pooling.bias)
    vectors = made.describe(pair)
    found = explain_match(made, *pair)
    assert found.method == "netvlad"
    for explained, target, vector in zip(found.photos, vectors[::-1], vectors, strict=True):
        shares = explained.netvlad
        assert shares.similarity == pytest.approx(float(target @ vector), abs=1e-5)
        assert abs(shares.offset) > 0.01
        np.testing.assert_allclose(explained.heat, shares.heat(explained.photo.shape[:2]), atol=1e-9)


def test_other_networks_are_explained_by_gradient_or_by_occlusion(pair):
    made = small("gem")
    images = network_input(made, pair[0])
    target = made.describe([pair[1]])[0]
    (heat, _) = (p.heat for p in explain_match(made, *pair, method="gradient").photos)
    np.testing.assert_array_equal(
        heat, over_photo(grad_cam(made.network, images, target, signed=True), pair[0].shape[:2])
    )
    assert not pools_by_netvlad(made)
    with pytest.raises(PlaceprintError, match="Use the method occlusion"):
        explain_match(made, *pair, method="netvlad")
    with pytest.raises(PlaceprintError, match="GeM is not a sum over positions"):
        network_netvlad_map(made.network, images, target)


def test_a_match_is_explained_from_both_photos_and_a_photo_by_itself(descriptor, pair):
    vectors = descriptor.describe(pair)
    found = explain_match(descriptor, *pair)
    assert found.method == "netvlad"
    assert found.similarity == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-6)
    assert found.distance == pytest.approx(float(np.linalg.norm(vectors[0] - vectors[1])), abs=1e-5)
    for explained, photo, target in zip(found.photos, pair, vectors[::-1], strict=True):
        np.testing.assert_array_equal(explained.photo, photo)
        expected = netvlad_map(descriptor, photo, target)
        np.testing.assert_allclose(explained.heat, expected.heat(photo.shape[:2]), atol=1e-9)
        said = explained.to_dict()
        assert [c["cluster"] for c in said["clusters"]] == [k for k, _ in expected.top_clusters(5)]
        assert said["regions"][0]["share"] == pytest.approx(explained.regions[0].share, abs=1e-4)
    alone = explain_match(descriptor, pair[0])
    assert len(alone.photos) == 1
    assert alone.similarity == pytest.approx(1.0, abs=1e-6)
    assert alone.photos[0].netvlad.similarity == pytest.approx(1.0, abs=1e-5)


def test_a_match_is_explained_by_gradient(descriptor, pair):
    found = explain_match(descriptor, *pair, method="gradient")
    assert [p.heat.shape for p in found.photos] == [pair[0].shape[:2]] * 2
    assert all(p.heat.min() < 0 < p.heat.max() for p in found.photos)
    with pytest.raises(PlaceprintError, match="needs a reference"):
        explain_match(descriptor, pair[0], method="gradient")


class FirstColors:
    name, dim, fingerprint, recipe = "first-colors", 3, "0", {}

    def describe(self, photos):
        rows = np.array([photo[:, :20].mean(axis=(0, 1)) for photo in photos])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def save(self, path):
        raise NotImplementedError


def test_any_descriptor_is_explained_by_occlusion(pair):
    found = explain_match(FirstColors(), *pair)
    assert found.method == "occlusion"
    assert "clusters" not in found.photos[0].to_dict()
    for method in ("netvlad", "gradient"):
        with pytest.raises(PlaceprintError, match="first-colors cannot be explained by"):
            explain_match(FirstColors(), *pair, method=method)
    with pytest.raises(ValueError, match="no method 'guess'"):
        explain_match(FirstColors(), *pair, method="guess")


def test_an_unreadable_photo_is_named(descriptor, pair, tmp_path):
    (tmp_path / "text.jpg").write_text("no photo")
    with pytest.raises(PhotoError, match=r"text\.jpg: is not a photo"):
        explain_match(descriptor, pair[0], tmp_path / "text.jpg")
