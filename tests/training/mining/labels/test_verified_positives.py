import numpy as np
import pytest
from numpy.typing import NDArray

from placeprint.errors import PhotoError
from placeprint.training.mining.labels.verified_positives import TRIES, VerifiedPositives


def pictures() -> list[NDArray[np.uint8]]:
    """Two scenes of random blocks: 0 to 3 show one, a little moved, 4 to 6 another, 7 nothing."""
    found = []
    for scene, views in ((0, 4), (1, 3)):
        rng = np.random.default_rng(scene)
        blocks = np.kron(rng.integers(0, 256, (40, 40), np.uint8), np.ones((8, 8), np.uint8))
        for view in range(views):
            part = blocks[8 * view : 8 * view + 240, 6 * view : 6 * view + 240]
            found.append(np.repeat(part[..., None], 3, axis=2))
    return [*found, np.zeros((240, 240, 3), np.uint8)]


def test_only_what_shows_the_same_is_taken() -> None:
    images, asked = pictures(), []

    def load(row: int) -> NDArray[np.uint8]:
        asked.append(row)
        return images[row]

    verified = VerifiedPositives(load, inliers=20)
    same = [[verified.same(a, b) for b in range(8) if b != a] for a in range(8)]
    expected = [
        [(a < 4 and b < 4) or (4 <= a < 7 and 4 <= b < 7) for b in range(8) if b != a] for a in range(8)
    ]
    assert same == expected
    assert sorted(asked) == list(range(8))  # each image is looked at once
    rng = np.random.default_rng(0)
    assert {verified(0, np.arange(1, 4), rng) for _ in range(30)} == {1, 2, 3}
    assert {verified(0, np.array([2, 5]), rng) for _ in range(30)} == {2}
    assert verified(0, np.array([4, 5, 6, 7]), rng) is None
    assert {verified(0, np.array([4, 5, 6, 1]), rng) for _ in range(30)} == {1}  # all four are tried
    assert verified(0, np.zeros(0, np.int64), rng) is None
    many = np.array([4] * 1000 + [1])
    assert [verified(0, many, rng) for _ in range(5)] == [None] * 5  # after TRIES others
    assert TRIES < 1000

    def broken(row: int) -> NDArray[np.uint8]:
        raise PhotoError("photo.jpg", "it is damaged")

    assert not VerifiedPositives(broken).same(0, 1)
    with pytest.raises(ValueError, match="prove nothing"):
        VerifiedPositives(load, 7)
    assert VerifiedPositives(load, 8).inliers == 8
