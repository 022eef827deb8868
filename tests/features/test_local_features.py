import numpy as np
import pytest

from placeprint.features import LocalFeatures


def some(n: int) -> LocalFeatures:
    line = np.arange(n, dtype=np.float32)
    affine = np.tile(np.eye(2, dtype=np.float32), (n, 1, 1)) * line[:, None, None]
    return LocalFeatures(
        np.stack([line, -line], 1), line, line, line % 3, line[:, None] * 10, (64, 48), affine
    )


def test_select_and_strongest_keep_all_arrays_in_step():
    features = some(7)
    for chosen, rows in [
        (features.select(np.array([4, 1])), [4, 1]),
        (features.select(features.scale > 4), [5, 6]),
        (features.strongest(4), [2, 5, 1, 4]),
        (features.strongest(99), [2, 5, 1, 4, 0, 3, 6]),
        (some(0).strongest(3), []),
    ]:
        assert len(chosen) == len(rows)
        assert chosen.size == (64, 48)
        assert chosen.xy.tolist() == [[r, -r] for r in rows]
        assert chosen.scale.tolist() == chosen.angle.tolist() == rows
        assert chosen.score.tolist() == [r % 3 for r in rows]
        assert chosen.descriptors[:, 0].tolist() == [10 * r for r in rows]
        assert chosen.affine is not None
        assert chosen.affine[:, 0, 0].tolist() == rows


@pytest.mark.parametrize("name", ["xy", "scale", "angle", "score", "descriptors", "affine"])
def test_arrays_of_unequal_length_are_refused(name):
    good = vars(some(5))
    with pytest.raises(ValueError, match="shape"):
        LocalFeatures(**{**good, name: good[name][:-1]})
