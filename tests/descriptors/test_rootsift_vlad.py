import dataclasses

import numpy as np
import pytest

from placeprint.artifact import read_artifact, write_artifact
from placeprint.codebooks import Codebook
from placeprint.descriptors import open_descriptor
from placeprint.descriptors.learnt_from import learnt_from
from placeprint.descriptors.rootsift_vlad import NAME, VERSION, RootSiftVLAD
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.features import RootSift
from placeprint.photos import load, resize
from placeprint.whitening.whitening import Whitening


def scene(seed, size=(120, 160)):
    """A photo of blocks of random colors: different seeds look different."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (size[0] // 10, size[1] // 10, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((10, 10, 1), np.uint8))


@pytest.fixture(scope="module")
def scenes():
    return [scene(seed, size) for seed, size in enumerate([(120, 160), (160, 120)] * 4)]


@pytest.fixture(scope="module")
def descriptor(scenes):
    return RootSiftVLAD.learn(scenes, dim=6, seed=3, quiet=True)


def test_rows_are_unit_and_depend_on_their_own_photo_alone(descriptor, scenes):
    rows = descriptor.describe(scenes)
    assert rows.shape == (8, 6)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(descriptor.describe(scenes[::-1])[::-1], rows)
    np.testing.assert_array_equal(np.concatenate([descriptor.describe([s]) for s in scenes]), rows)
    assert descriptor.describe([]).shape == (0, 6)


def test_what_was_learned_by_an_earlier_version_keeps_its_recipe(descriptor):
    """Files and maps of 0.1.0 say exactly this: another word would refuse them."""
    assert descriptor.recipe == {
        "name": "rootsift-vlad",
        "input": descriptor.input_rule,
        "features": descriptor.features,
        "local": "DoG, contrast 0.02, upright, RootSIFT",
        "pooling": "VLAD a vocabulary, intra-normalised, index (v * K + k) * D + d",
        "words": [32] * 4,
        "whitening": "PCA, L2",
        "dim": 6,
    }


def test_it_is_the_recipe_step_by_step(descriptor, scenes):
    """Loops over the features, and the whitening written out, give the same row."""
    features = RootSift(count=1500, upright=True, contrast=0.02).detect(resize(load(scenes[1]), "area:480"))
    parts = []
    for vocabulary in descriptor.vocabularies:
        cells = np.zeros((32, 128))
        for x in features.descriptors.astype(np.float64):
            k = np.linalg.norm(vocabulary.centers - x, axis=1).argmin()
            cells[k] += x - vocabulary.centers[k]
        cells /= np.maximum(np.linalg.norm(cells, axis=1, keepdims=True), 1e-12)
        parts.append(cells.ravel() / np.linalg.norm(cells))
    vector = np.concatenate(parts) / np.linalg.norm(np.concatenate(parts))
    row = descriptor.whitening.matrix @ (vector - descriptor.whitening.mean)
    assert len(parts) == 4
    np.testing.assert_allclose(descriptor.describe(scenes[1:2])[0], row / np.linalg.norm(row), atol=1e-4)


def test_vocabularies_differ_and_dimensions_stop_at_the_rank(scenes):
    learned = RootSiftVLAD.learn(scenes[:4], dim=512, quiet=True, provenance={"town": "ours"})
    assert learned.dim == learned.recipe["dim"] == 3
    said = {"photos": 4, "seed": 0, "town": "ours", "learnt_from": learnt_from(scenes[:4])}
    assert learned.provenance == said
    first, second = learned.vocabularies[:2]
    assert not np.allclose(first.centers, second.centers)


def test_a_photo_of_nothing_has_a_fixed_row(descriptor):
    blank = [np.full((50, 70, 3), gray, np.uint8) for gray in (0, 128)]
    np.testing.assert_array_equal(descriptor.describe(blank), [[1, 0, 0, 0, 0, 0]] * 2)


def test_a_saved_one_is_the_same(descriptor, scenes, tmp_path):
    descriptor.save(tmp_path / "own.npz")
    again = open_descriptor(tmp_path / "own.npz")
    assert isinstance(again, RootSiftVLAD)
    assert again.name == NAME
    assert again.fingerprint == descriptor.fingerprint
    assert again.recipe == descriptor.recipe
    assert (again.provenance["photos"], again.provenance["seed"]) == (8, 3)
    assert len(again.provenance["learnt_from"]) == 8
    np.testing.assert_array_equal(again.describe(scenes[:2]), descriptor.describe(scenes[:2]))


def test_learning_repeats_with_its_seed(descriptor, scenes):
    assert RootSiftVLAD.learn(scenes, dim=6, seed=3, quiet=True).fingerprint == descriptor.fingerprint
    assert RootSiftVLAD.learn(scenes, dim=6, seed=4, quiet=True).fingerprint != descriptor.fingerprint


def test_the_fingerprint_covers_every_part(descriptor):
    words = descriptor.vocabularies[-1].centers.copy()
    words[0, 0] += 1e-3
    whitening = descriptor.whitening
    changed = [
        dataclasses.replace(descriptor, vocabularies=(*descriptor.vocabularies[:-1], Codebook(words))),
        dataclasses.replace(descriptor, whitening=whitening.truncated(5)),
        dataclasses.replace(descriptor, whitening=Whitening(whitening.mean + 1e-3, whitening.matrix)),
        dataclasses.replace(descriptor, input_rule="area:320"),
        dataclasses.replace(descriptor, features=500),
    ]
    prints = {descriptor.fingerprint, *(other.fingerprint for other in changed)}
    assert len(prints) == 6
    said = dataclasses.replace(descriptor, provenance={"note": "another day"})
    assert said.fingerprint == descriptor.fingerprint


@pytest.mark.parametrize("damage", ["a word less", "no mean", "another recipe"])
def test_files_of_another_recipe_are_refused(descriptor, tmp_path, damage):
    path = tmp_path / "own.npz"
    descriptor.save(path)
    config, arrays = read_artifact(path, NAME, VERSION)
    if damage == "a word less":
        arrays["words"] = arrays["words"][:-1]
    elif damage == "no mean":
        del arrays["mean"]
    else:
        config["recipe"]["local"] = "ORB"
    write_artifact(path, NAME, VERSION, config, arrays)
    with pytest.raises(FormatError, match="Learn it again"):
        RootSiftVLAD.load(path)


def test_mistakes_are_said_plainly(descriptor, scenes, tmp_path):
    with pytest.raises(PlaceprintError, match="1 photo"):
        RootSiftVLAD.learn(scenes[:1], quiet=True)
    with pytest.raises(PlaceprintError, match="codebook of 32"):
        RootSiftVLAD.learn([np.zeros((90, 90, 3), np.uint8)] * 3, quiet=True)
    with pytest.raises(PlaceprintError, match="differ"):
        RootSiftVLAD.learn([scenes[0]] * 3, quiet=True)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        descriptor.describe([scenes[0], broken, scenes[1]])


def test_views_of_one_building_are_nearer_than_those_of_others(real_photos):
    """Four buildings, five frames each: the nearest other frame shows the same building."""
    folders = ["Herz-Jesus-P25", "castle-P30", "entry-P10", "fountain-P11"]
    paths = [real_photos / "strecha" / folder / f"{i:04}.jpg" for folder in folders for i in range(5)]
    rows = RootSiftVLAD.learn(paths, dim=16, quiet=True).describe(paths)
    nearest = (rows @ rows.T - 2 * np.eye(20)).argmax(axis=1)
    assert (nearest // 5 == np.arange(20) // 5).mean() >= 0.9
