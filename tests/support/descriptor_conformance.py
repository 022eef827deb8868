"""What every descriptor must do; tests call `check_descriptor` with one of each kind."""

import json

import numpy as np
from PIL import Image

from placeprint.descriptors import open_descriptor

TOLERANCE = 1e-5
SIZES = [(96, 128), (128, 96), (96, 128), (100, 101), (96, 128), (128, 96), (64, 64)]


def scene(seed, size=(96, 128)):
    """A photo of colored blocks: different seeds look different."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (-(-size[0] // 16), -(-size[1] // 16), 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((16, 16, 1), np.uint8))[: size[0], : size[1]]


def scenes():
    """Photos of several sizes, some equal; the last is the gray of a 2-D array."""
    photos = [scene(seed, size) for seed, size in enumerate(SIZES)]
    return [*photos, photos[0][:, :, 0].copy()]


def check_descriptor(descriptor, folder, saved="saved.npz", tolerance=TOLERANCE):
    """The contract of `Descriptor`; `saved` names what `save` writes in the folder (None: nothing)."""
    photos = scenes()
    rows = descriptor.describe(photos)
    assert rows.dtype == np.float32
    assert rows.shape == (len(photos), descriptor.dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert len(np.unique(rows.round(4), axis=0)) == len(photos), "different photos, different vectors"

    alone = np.concatenate([descriptor.describe([photo]) for photo in photos])
    order = np.random.default_rng(0).permutation(len(photos))
    mixed = np.empty_like(rows)
    mixed[order] = descriptor.describe([photos[i] for i in order])
    crowd = descriptor.describe([photos[0], *photos, *photos[::-1]])[1 : 1 + len(photos)]
    for other in (alone, mixed, crowd):
        np.testing.assert_allclose(other, rows, atol=tolerance)

    gray = np.repeat(photos[-1][:, :, None], 3, axis=2)
    np.testing.assert_allclose(descriptor.describe([gray])[0], rows[-1], atol=tolerance)
    Image.fromarray(photos[3]).save(folder / "photo.png")
    files = descriptor.describe([folder / "photo.png", str(folder / "photo.png")])
    np.testing.assert_allclose(files, rows[[3, 3]], atol=tolerance)
    assert descriptor.describe([]).shape == (0, descriptor.dim)

    assert descriptor.name
    assert json.loads(json.dumps(descriptor.recipe)) == descriptor.recipe
    assert descriptor.recipe["dim"] == descriptor.dim
    assert len(descriptor.fingerprint) == 16
    if saved is not None:
        descriptor.save(folder / saved)
        again = open_descriptor(folder / saved)
        assert type(again) is type(descriptor)
        assert (again.name, again.dim) == (descriptor.name, descriptor.dim)
        assert again.fingerprint == descriptor.fingerprint
        assert again.recipe == descriptor.recipe
        np.testing.assert_allclose(again.describe(photos), rows, atol=tolerance)


def check_card(descriptor):
    """Networks say whose they are."""
    assert descriptor.license.strip()
    assert "\n" not in descriptor.license
