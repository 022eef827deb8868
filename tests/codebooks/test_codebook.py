import numpy as np
import pytest

from placeprint.codebooks import Codebook
from placeprint.errors import FormatError, PlaceprintError


def test_assign_is_the_nearest_center():
    rng = np.random.default_rng(0)
    codebook = Codebook(rng.normal(size=(20, 7)).astype(np.float32))
    vectors = rng.normal(size=(500, 7))
    gaps = np.linalg.norm(vectors[:, None] - codebook.centers[None], axis=2)
    assert codebook.assign(vectors).tolist() == gaps.argmin(1).tolist()
    assert codebook.assign(np.zeros((0, 7))).shape == (0,)
    assert len(codebook) == 20


def test_vectors_of_another_kind_are_refused():
    with pytest.raises(PlaceprintError, match="4-D centers"):
        Codebook(np.eye(4, dtype=np.float32)).assign(np.zeros((3, 5)))


@pytest.mark.parametrize("centers", [np.zeros((0, 3)), np.zeros(3), np.full((2, 2), np.nan)])
def test_impossible_centers_are_refused(centers):
    with pytest.raises(ValueError, match="centers"):
        Codebook(centers.astype(np.float32))


def test_a_file_brings_back_centers_and_provenance(tmp_path):
    path = tmp_path / "words.npz"
    Codebook(np.eye(3, dtype=np.float32), {"photos": 12}).save(path)
    back = Codebook.load(path)
    np.testing.assert_array_equal(back.centers, np.eye(3))
    assert back.provenance == {"photos": 12}
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FormatError):
        Codebook.load(path)
