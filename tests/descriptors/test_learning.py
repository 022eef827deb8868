"""Networks named, learned from photos, and NetVLAD's initialization against the words of the paper."""

import subprocess
import sys

import numpy as np
import pytest

from placeprint.descriptors import initialize_netvlad, learn_descriptor, open_descriptor
from placeprint.descriptors.learnt_from import overlap
from placeprint.errors import PlaceprintError
from placeprint.photos import load, resize

torch = pytest.importorskip("torch")
from descriptor_conformance import check_card, check_descriptor, scene, scenes  # noqa: E402
from small_networks import randomize, save_small_dinov2, small_descriptor  # noqa: E402

from placeprint.descriptors.lite0.in_torch import in_torch  # noqa: E402
from placeprint.descriptors.network import building as named_network  # noqa: E402
from placeprint.descriptors.network import netvlad_initialization as netvlad_initialization  # noqa: E402
from placeprint.descriptors.network.whitened import whitened  # noqa: E402
from placeprint.networks.backbones import EfficientNetLite0  # noqa: E402
from placeprint.whitening.whitening import Whitening  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def small_photos(monkeypatch):
    monkeypatch.setattr(named_network, "SIZE_RULE", "area:64")


POOLINGS = ("gem", "mac", "spoc", "crow", "rmac", "average")


@pytest.fixture(scope="module")
def photos():
    return [scene(seed, (64, 80)) for seed in range(9)]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_name_is_its_backbone_and_its_pooling(pooling, photos):
    from placeprint.networks.pooling import MAC, RMAC, Average, CroW, GeM, SPoC

    layer = {"gem": GeM, "mac": MAC, "rmac": RMAC, "average": Average, "crow": CroW, "spoc": SPoC}[pooling](
        112
    )
    descriptor = open_descriptor(f"lite0_{pooling}")
    trunk = EfficientNetLite0.published()
    x = resize(load(photos[0]), "area:64")
    with torch.no_grad():
        expected = layer(trunk(trunk.preprocessing(x[None])))[0].numpy()
    np.testing.assert_allclose(descriptor.describe(photos[:1])[0], expected, atol=1e-5)
    assert (descriptor.name, descriptor.dim, descriptor.license) == (f"lite0_{pooling}", 112, "Apache-2.0")


@pytest.mark.parametrize("saved", ["town.npz", "town"])
def test_a_whitened_network_is_learned_and_conforms(photos, tmp_path, saved):
    descriptor = learn_descriptor("lite0_gem_pca6", photos, quiet=True)
    check_descriptor(descriptor, tmp_path, saved, tolerance=1e-4)
    check_card(descriptor)


def test_learning_is_the_whitening_of_what_is_not_whitened(photos, monkeypatch):
    monkeypatch.setattr("placeprint.descriptors.network.whitened.AT_ONCE", 4)
    learned = learn_descriptor("lite0_gem", [*photos, "broken.jpg"], dim=6, quiet=True)
    rows = open_descriptor("lite0_gem").describe(photos)
    expected = Whitening.fit(rows, 6).apply(rows)
    np.testing.assert_allclose(learned.describe(photos), expected, atol=1e-4)
    assert learned.name == "lite0_gem_pca6"
    assert learned.provenance["whitening"]["photos"] == 9
    assert overlap(learned.provenance, photos) == len(learned.provenance["learnt_from"]) == 9
    few = learn_descriptor("lite0_gem_pca256", photos[:4], quiet=True)
    assert (few.name, few.dim) == ("lite0_gem_pca3", 3)
    assert learn_descriptor("lite0_gem_pca6", photos, dim=6, quiet=True).fingerprint == learned.fingerprint
    assert learn_descriptor("lite0_gem", photos, quiet=True).dim == 112
    with pytest.raises(PlaceprintError, match="6 dimensions, not 7"):
        learn_descriptor("lite0_gem_pca6", photos, dim=7, quiet=True)
    with pytest.raises(PlaceprintError, match="1 photo"):
        learn_descriptor("lite0_gem_pca6", photos[:1], quiet=True)


def test_netvlad_by_name_is_the_shipped_recipe_in_torch(photos):
    """The torch-free twin learns the same from the same photos, up to its own random choices."""
    learned = learn_descriptor("lite0_netvlad4_pca5", photos, seed=3, quiet=True)
    assert (learned.name, learned.dim) == ("lite0_netvlad4_pca5", 5)
    again = learn_descriptor("lite0_netvlad4_pca5", photos, seed=3, quiet=True)
    assert again.fingerprint == learned.fingerprint
    assert (
        learn_descriptor("lite0_netvlad4_pca5", photos, seed=4, quiet=True).fingerprint != learned.fingerprint
    )
    plain = learn_descriptor("lite0_netvlad4", photos, quiet=True)
    assert (plain.name, plain.dim) == ("lite0_netvlad4", 4 * 112)
    assert overlap(plain.provenance, photos) == 9
    assert overlap(open_descriptor("lite0_gem").provenance, photos) == 0


def test_other_sources_are_whitened_too(photos, tmp_path):
    small_descriptor(whitening=None).save(tmp_path / "plain")
    learned = learn_descriptor(str(tmp_path / "plain"), photos, dim=3, quiet=True)
    assert learned.name == "lite0_gem.nowhere-3k_pca3"
    assert learned.dim == 3
    learned.save(tmp_path / "whitened")
    with pytest.raises(PlaceprintError, match="already whitened"):
        learn_descriptor(str(tmp_path / "whitened"), photos, dim=3, quiet=True)
    open_descriptor("lite0-netvlad@2").save(tmp_path / "own.npz")
    with pytest.raises(PlaceprintError, match="already been learned"):
        learn_descriptor(str(tmp_path / "own.npz"), photos, quiet=True)
    source = save_small_dinov2(tmp_path / "dinov2")
    gem = learn_descriptor(f"transformers:{source}:gem", photos, dim=4, quiet=True)
    assert gem.dim == 4
    with pytest.raises(PlaceprintError, match="cannot change what it computes"):
        learn_descriptor(f"transformers:{source}:class", photos, dim=4, quiet=True)


def test_the_power_law_has_no_layer(photos):
    rows = np.abs(np.random.default_rng(0).normal(size=(9, 16))).astype(np.float32)
    whitening = Whitening.fit(rows, 4, power=0.5)
    with pytest.raises(ValueError, match="not support a power law"):
        whitened(small_descriptor(whitening=None), whitening)


def test_the_shipped_one_in_torch_gives_its_vectors(tmp_path):
    shipped = open_descriptor("lite0-netvlad")
    network = in_torch(shipped)
    assert network.name.startswith("lite0_gated-netvlad64_pca512.lite0-netvlad")
    assert network.provenance["whitening"]["photos"] == shipped.provenance["photos"]
    rows = shipped.describe(scenes())
    np.testing.assert_allclose(network.describe(scenes()), rows, atol=1e-4)
    network.save(tmp_path / "folder")
    assert open_descriptor(tmp_path / "folder").fingerprint == network.fingerprint


def small_backbone():
    torch.manual_seed(0)
    return randomize(EfficientNetLite0("block2")).eval()


def every_position(backbone, photos, rule="area:480", divisor=4):
    rows = []
    for photo in photos:
        x = resize(load(photo), rule, divisor)
        with torch.no_grad():
            rows.append(backbone(backbone.preprocessing(x[None]))[0].flatten(1).T.numpy())
    return rows


@pytest.mark.parametrize("version", [1, 2])
def test_netvlad_is_initialized_as_the_paper_says(photos, version, monkeypatch):
    """All positions are taken where there are few; then nothing is random but k-means."""
    from placeprint.codebooks import kmeans

    monkeypatch.setattr(netvlad_initialization, "POSITIONS", 10**6)
    backbone, rule = small_backbone(), "exact:32x24"
    layer = initialize_netvlad(
        backbone, backbone.preprocessing, photos, 5, version, seed=3, size_rule=rule, quiet=True
    )
    rows = np.concatenate(every_position(backbone, photos, rule, 1)).astype(np.float64)
    x = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert layer.centers.shape == (5, backbone.channels)
    assert (layer.bias is None) == (version == 1)
    centers = layer.centers.detach().numpy().astype(np.float64)
    weights = layer.assignment.detach().numpy()
    if version == 1:
        unit = centers / np.linalg.norm(centers, axis=1, keepdims=True)
        scores = np.sort(x @ unit.T)
        alpha = -np.log(0.01) / (scores[:, -1] - scores[:, -2]).mean()
        np.testing.assert_allclose(weights, alpha * unit, rtol=1e-3)
    else:
        distances = np.sort(((x[:, None] - centers) ** 2).sum(axis=2))
        alpha = -np.log(0.01) / (distances[:, 1] - distances[:, 0]).mean()
        np.testing.assert_allclose(weights, 2 * alpha * centers, rtol=1e-3)
        np.testing.assert_allclose(layer.bias.detach(), -alpha * (centers**2).sum(axis=1), rtol=1e-3)
    nearest = ((x[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    for k in range(5):  # a center of k-means is the mean of its cell
        np.testing.assert_allclose(centers[k], x[nearest == k].mean(axis=0), atol=0.02)
    assert kmeans(x, 5, iterations=100, seed=3).centers.shape == centers.shape


def test_so_many_photos_and_positions_are_drawn(monkeypatch):
    rng, given = np.random.default_rng(0), []
    photos = [rng.integers(0, 256, (64, 80, 3), np.uint8) for _ in range(9)]
    from placeprint.networks.pooling import NetVLAD

    def keep(descriptors, clusters, seed, bias):
        given.append(descriptors)
        return NetVLAD(descriptors.shape[1], clusters)

    monkeypatch.setattr(NetVLAD, "init_from_descriptors", keep)
    monkeypatch.setattr(netvlad_initialization, "PHOTOS", 6)
    monkeypatch.setattr(netvlad_initialization, "POSITIONS", 4)
    backbone, rule = small_backbone(), "area:64"
    whole = [{row.tobytes() for row in rows} for rows in every_position(backbone, photos, rule)]

    def sampled(count, seed=43):
        initialize_netvlad(
            backbone, backbone.preprocessing, photos[:count], 2, seed=seed, size_rule=rule, quiet=True
        )
        rows = given.pop()
        origins = [[i for i in range(9) if row.tobytes() in whole[i]] for row in rows]
        assert len({row.tobytes() for row in rows}) == len(rows)
        return rows, [origin[0] for origin in origins]

    rows, origins = sampled(9)
    assert len(rows) == 24
    assert sorted(np.unique(origins, return_counts=True)[1]) == [4] * 6
    np.testing.assert_array_equal(sampled(9)[0], rows)
    assert sampled(9, seed=44)[1] != origins or not np.array_equal(sampled(9, seed=44)[0], rows)
    rows, origins = sampled(2)
    assert sorted(np.unique(origins, return_counts=True)[1]) == [12, 12]
    with pytest.raises(PlaceprintError, match="without photos"):
        sampled(0)


def test_the_next_photo_of_a_street_is_nearer_than_another_town(real_photos):
    street = sorted((real_photos / "street-gps" / "lund").rglob("*.jpg"))[:5]
    others = sorted((real_photos / "cambridge" / "val").glob("*_000.jpg"))[:40:4]
    rows = open_descriptor("lite0_gem#size=area:320").describe([*street, *others])
    near = (rows[:5] @ rows[:5].T - 2 * np.eye(5)).max(axis=1)
    far = (rows[:5] @ rows[5:].T).max(axis=1)
    assert (near > far).mean() >= 0.8


def test_nothing_heavy_is_loaded_before_it_is_asked_for():
    code = (
        "import sys, placeprint, placeprint.descriptors as d;"
        "d.needs_photos('lite0_gem'), d.NetworkDescriptor, d.save_model, d.describe_with;"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'safetensors', 'onnx', 'pydantic', 'faiss'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
