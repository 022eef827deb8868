import numpy as np
import pytest

from placeprint.encoders.netvlad import (
    NetVLADEncoder,
    assignment_sharpness,
    from_centers,
    initialize,
    unit_rows,
)
from placeprint.errors import PlaceprintError


def _naive(x, w, c):
    """Equations 3 and 4 of the paper, one descriptor and one cluster at a time."""
    v = np.zeros(c.shape)
    for i in range(len(x)):
        xi = x[i] / np.linalg.norm(x[i])
        e = [np.exp(float(wk @ xi)) for wk in w]
        for k in range(len(c)):
            v[k] += e[k] / sum(e) * (xi - c[k])
    v = [vk / np.linalg.norm(vk) for vk in v]
    flat = np.concatenate(v)
    return flat / np.linalg.norm(flat)


@pytest.fixture
def parts():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 6)).astype(np.float32)
    c = unit_rows(rng.normal(size=(5, 6)).astype(np.float32))
    return x, NetVLADEncoder(np.float32(3.0) * unit_rows(c + 0.1), c)


def test_it_is_the_papers_formula(parts):
    x, head = parts
    np.testing.assert_allclose(head.encode(x), _naive(x, head.assignment, head.centers), atol=1e-6)


def test_a_sharp_assignment_is_hard_vlad(parts):
    x, head = parts
    sharp = NetVLADEncoder(1e5 * head.centers, head.centers)
    unit = unit_rows(x)
    nearest = (unit @ head.centers.T).argmax(1)
    v = [(unit[nearest == k] - head.centers[k]).sum(0) for k in range(5)]
    v = np.concatenate([vk / np.linalg.norm(vk) for vk in v])
    np.testing.assert_allclose(sharp.encode(x), v / np.linalg.norm(v), atol=1e-4)


def test_the_length_of_a_local_descriptor_and_their_order_do_not_matter(parts):
    x, head = parts
    scaled = x * np.random.default_rng(0).uniform(0.1, 90, (len(x), 1)).astype(np.float32)
    np.testing.assert_allclose(head.encode(scaled[::-1]), head.encode(x), atol=1e-5)


def test_alpha_makes_the_nearest_center_a_hundred_times_heavier():
    centers = np.eye(3, dtype=np.float32) * np.float32(0.5)
    gap = 0.2
    top = (gap + np.sqrt(2 - gap**2)) / 2  # (top, top - gap, 0) has length 1
    x = np.array([[top, top - gap, 0]], np.float32)
    assert assignment_sharpness(x, centers) == pytest.approx(-np.log(0.01) / gap, rel=1e-5)
    head = from_centers(x, centers)
    e = np.exp(head.assignment @ x[0])
    assert e[0] / e[1] == pytest.approx(100, rel=1e-3)
    np.testing.assert_array_equal(head.centers, centers)
    np.testing.assert_allclose(np.linalg.norm(head.assignment, axis=1), -np.log(0.01) / gap, rtol=1e-5)


def test_initialize_finds_the_clusters_and_repeats():
    rng = np.random.default_rng(1)
    true = np.eye(8, dtype=np.float32)[:4]
    x = np.repeat(true, 50, axis=0) + rng.normal(0, 0.02, (200, 8)).astype(np.float32)
    x *= rng.uniform(1, 30, (200, 1)).astype(np.float32)
    head = initialize(x, 4, seed=2)
    similar = unit_rows(head.centers) @ true.T
    assert sorted(similar.argmax(1)) == [0, 1, 2, 3]
    assert similar.max(1).min() > 0.99
    np.testing.assert_array_equal(initialize(x, 4, seed=2).assignment, head.assignment)


def test_equal_centers_are_refused():
    with pytest.raises(PlaceprintError, match="equally far"):
        assignment_sharpness(np.eye(2, dtype=np.float32), np.ones((2, 2), np.float32))
