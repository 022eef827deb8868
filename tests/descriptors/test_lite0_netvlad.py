import dataclasses

import numpy as np
import pytest

from placeprint.artifact import read_artifact, write_artifact
from placeprint.descriptors.lite0_netvlad import NAME, SHIPPED, VERSION, Lite0NetVLAD
from placeprint.encoders.netvlad import NetVLAD
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.photos import load, resize


def _scene(seed, size=(120, 160)):
    """A photo of blurred coloured blocks: different seeds look different."""
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

    pixels = resize(load(scenes[0]), descriptor.recipe["input"])
    assert all(side % 16 == 0 for side in pixels.shape[:2])
    with torch.no_grad():
        trunk = EfficientNetLite0.published(f"block{descriptor.trunk_blocks}")
        features = trunk(trunk.preprocessing(pixels[None]))[0].numpy()
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


def test_the_fingerprint_covers_recipe_head_and_trunk(descriptor, monkeypatch):
    def change(**parts):
        return dataclasses.replace(descriptor, **parts).fingerprint

    centres = descriptor.head.centres.copy()
    centres[5, 7] += 1e-6
    seen = {
        descriptor.fingerprint,
        change(input_rule="area:512"),
        change(trunk_blocks=10),
        change(head=NetVLAD(descriptor.head.assignment, centres)),
        change(whitening=descriptor.whitening.truncated(7)),
    }
    assert change(provenance={"anything": 1}) in seen
    assert len(seen) == 5
    from placeprint.descriptors import lite0_netvlad

    trunk = lite0_netvlad._trunk()
    trunk["_conv_stem.weight"][0, 0, 0, 0] += 1e-6
    monkeypatch.setattr(lite0_netvlad, "_trunk", lambda: trunk)
    assert change() not in seen


def test_files_of_another_recipe_are_refused(descriptor, tmp_path):
    path = tmp_path / "own.npz"
    descriptor.save(path)
    config, arrays = read_artifact(path, NAME, VERSION)
    write_artifact(path, NAME, VERSION, {**config, "recipe": {**config["recipe"], "trunk": "other"}}, arrays)
    with pytest.raises(FormatError, match="another recipe"):
        Lite0NetVLAD.load(path)
    write_artifact(path, NAME, VERSION, config, {k: v for k, v in arrays.items() if k != "centres"})
    with pytest.raises(FormatError, match="centres"):
        Lite0NetVLAD.load(path)


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
    assert SHIPPED.stat().st_size < 8e6
    assert {"photos", "seed", "data", "command", "learnt_from"} <= set(shipped.provenance)
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
