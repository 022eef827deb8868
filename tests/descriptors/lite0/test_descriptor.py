import dataclasses

import numpy as np
import pytest

from placeprint.artifact import read_artifact, write_artifact
from placeprint.descriptors.lite0 import descriptor as lite0_netvlad
from placeprint.descriptors.lite0.descriptor import NAME, SHIPPED, VERSION, Lite0NetVLAD
from placeprint.descriptors.lite0.model_folder import read_parts
from placeprint.descriptors.lite0.trunk import imagenet_trunk, trunk_digest
from placeprint.encoders.netvlad import NetVLADEncoder
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.photos import load, resize


def _scene(seed, size=(120, 160)):
    """A photo of blurred colored blocks: different seeds look different."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (size[0] // 20, size[1] // 20, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((20, 20, 1), np.uint8))


@pytest.fixture(scope="module")
def scenes():
    return [_scene(seed, size) for seed, size in enumerate([(120, 160), (160, 120)] * 6)]


@pytest.fixture(scope="module")
def descriptor(scenes):
    return Lite0NetVLAD.learn(scenes, dim=8, seed=3, quiet=True)


def test_rows_are_unit_and_depend_on_their_own_photo_alone(descriptor, scenes):
    rows = descriptor.describe(scenes)
    assert rows.shape == (12, 8)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    backwards = descriptor.describe(scenes[::-1])[::-1]
    alone = np.concatenate([descriptor.describe([scene]) for scene in scenes])
    np.testing.assert_array_equal(rows, backwards)
    np.testing.assert_array_equal(rows, alone)
    assert descriptor.describe([]).shape == (0, 8)


def test_it_is_the_recipe_step_by_step(descriptor, scenes):
    """The torch trunk, the NumPy NetVLAD and the whitening give what the graph gives."""
    torch = pytest.importorskip("torch")
    from placeprint.networks.backbones import EfficientNetLite0
    from placeprint.networks.backbones.weights import LITE0, fill

    pixels = resize(load(scenes[0]), descriptor.recipe["input"])
    assert all(side % 16 == 0 for side in pixels.shape[:2])
    with torch.no_grad():
        trunk = EfficientNetLite0(f"block{descriptor.trunk_blocks}").eval()
        fill(trunk, {name: torch.tensor(array) for name, array in descriptor.trunk.items()}, "trunk")
        features = trunk(LITE0.preprocessing(pixels[None]))[0].numpy()
    np.testing.assert_allclose(descriptor.features(scenes[0]), features, atol=1e-5 * np.abs(features).max())
    vlad = descriptor.head.encode(features.reshape(112, -1).T)
    expected = descriptor.whitening.apply(vlad[None])
    np.testing.assert_allclose(descriptor.describe(scenes[:1]), expected, atol=1e-4)


def test_a_saved_one_is_the_same(descriptor, scenes, tmp_path):
    path = tmp_path / "own.npz"
    descriptor.save(path)
    again = Lite0NetVLAD.load(path)
    assert again.fingerprint == descriptor.fingerprint
    assert again.recipe == descriptor.recipe
    assert (again.provenance["photos"], again.provenance["seed"]) == (12, 3)
    assert len(again.provenance["learnt_from"]) == 12
    np.testing.assert_array_equal(again.describe(scenes[:2]), descriptor.describe(scenes[:2]))


def test_learning_repeats_with_its_seed(descriptor, scenes):
    assert Lite0NetVLAD.learn(scenes, dim=8, seed=3, quiet=True).fingerprint == descriptor.fingerprint
    assert Lite0NetVLAD.learn(scenes, dim=8, seed=4, quiet=True).fingerprint != descriptor.fingerprint


def test_the_fingerprint_covers_recipe_head_and_trunk(descriptor):
    def change(**parts):
        return dataclasses.replace(descriptor, **parts).fingerprint

    centers = descriptor.head.centers.copy()
    centers[5, 7] += 1e-6
    seen = {
        descriptor.fingerprint,
        change(input_rule="area:512"),
        change(trunk_blocks=10),
        change(head=NetVLADEncoder(descriptor.head.assignment, centers)),
        change(whitening=descriptor.whitening.truncated(7)),
    }
    assert change(provenance={"anything": 1}) in seen
    assert len(seen) == 5
    for name in ("_conv_stem.weight", "_bn0.running_var", "_blocks.10._bn2.bias"):
        trunk = {key: array.copy() for key, array in descriptor.trunk.items()}
        trunk[name].flat[0] += 1e-5
        assert change(trunk=trunk) not in seen
        assert dataclasses.replace(descriptor, trunk=trunk).recipe != descriptor.recipe


def test_files_of_another_recipe_are_refused(descriptor, tmp_path):
    path = tmp_path / "own.npz"
    descriptor.save(path)
    config, arrays = read_artifact(path, NAME, VERSION)
    write_artifact(path, NAME, VERSION, {**config, "recipe": {**config["recipe"], "trunk": "other"}}, arrays)
    with pytest.raises(FormatError, match="a different recipe"):
        Lite0NetVLAD.load(path)
    write_artifact(path, NAME, VERSION, config, {k: v for k, v in arrays.items() if k != "centres"})
    with pytest.raises(FormatError, match="centres"):
        Lite0NetVLAD.load(path)


def test_files_of_the_first_version_have_the_published_trunk(descriptor, scenes, tmp_path, monkeypatch):
    published = imagenet_trunk(11)
    own = dataclasses.replace(descriptor, trunk=published)
    path = tmp_path / "own.npz"
    own.save(path)
    config, arrays = read_artifact(path, NAME, VERSION)
    recipe = {key: value for key, value in config["recipe"].items() if key != "trunk_weights"}
    recipe["trunk"] = "EfficientNet-Lite0, ImageNet"
    arrays = {key: array for key, array in arrays.items() if not key.startswith("trunk.")}
    write_artifact(path, NAME, 1, config | {"recipe": recipe}, arrays)
    assert Lite0NetVLAD.load(path).fingerprint == own.fingerprint
    # Once another trunk is shipped, the published package is asked for.
    parts = read_parts(SHIPPED)
    other = {key: array + np.float32(1e-3) for key, array in parts.trunk.items()}
    monkeypatch.setattr(lite0_netvlad, "_shipped", lambda: dataclasses.replace(parts, trunk=other))
    np.testing.assert_array_equal(Lite0NetVLAD.load(path).describe(scenes[:1]), own.describe(scenes[:1]))
    newly = Lite0NetVLAD.learn(scenes[:3], dim=2, quiet=True)
    assert newly.recipe["trunk_weights"] == trunk_digest(other)


def test_what_trained_the_shipped_trunk_is_said_of_what_is_learned_on_it(scenes, monkeypatch):
    parts = read_parts(SHIPPED)
    trained = {"training": "on streets", "learnt_from": ["0123456789"], "photos": 1}
    moved = {name: array + np.float32(1e-3) for name, array in parts.trunk.items()}
    other = dataclasses.replace(parts, provenance=trained, trunk=moved)
    monkeypatch.setattr(lite0_netvlad, "_shipped", lambda: other)
    said = Lite0NetVLAD.learn(scenes[:3], dim=2, quiet=True).provenance
    assert said["training"] == "on streets"
    assert said["photos"] == 3
    assert "0123456789" in said["learnt_from"]
    assert len(said["learnt_from"]) == 4
    # A trained head is not part of what is learned anew, and the trunk that ImageNet made knows no places.
    monkeypatch.setattr(lite0_netvlad, "_shipped", lambda: dataclasses.replace(parts, provenance=trained))
    assert "training" not in Lite0NetVLAD.learn(scenes[:3], dim=2, quiet=True).provenance


def test_mistakes_are_said_plainly(descriptor, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 not a photo")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        descriptor.describe([_scene(0), broken])
    with pytest.raises(PlaceprintError, match="1 photo"):
        Lite0NetVLAD.learn([_scene(0)])


def test_the_shipped_one_knows_where_it_comes_from(scenes):
    shipped = Lite0NetVLAD.pretrained()
    assert shipped.dim == 512
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 15e6
    assert {"photos", "seed", "learnt_from", "training"} <= set(shipped.provenance)
    assert "SARE" in shipped.provenance["training"]
    assert len(shipped.provenance["learnt_from"]) > 1000
    assert shipped.describe(scenes[:1]).shape == (1, 512)


def test_the_next_photo_of_a_street_is_nearer_than_another_town(real_photos):
    shipped = Lite0NetVLAD.pretrained()
    street = sorted((real_photos / "street-gps" / "lund").rglob("*.jpg"))[:5]
    others = sorted((real_photos / "cambridge" / "val").glob("*_000.jpg"))[:40:4]
    assert len(street) == 5
    rows = shipped.describe([*street, *others])
    near = (rows[:5] @ rows[:5].T - 2 * np.eye(5)).max(axis=1)
    far = (rows[:5] @ rows[5:].T).max(axis=1)
    assert (near > far).all()
