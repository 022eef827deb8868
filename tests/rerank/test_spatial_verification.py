import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placeprint.features import LocalFeatures, RootSift, compress
from placeprint.rerank import VerificationSettings, spread, verify
from placeprint.rerank.spatial_verification import _thickness

SIZE = (480, 360)


def made(xy, descriptors, size=SIZE):
    n = len(xy)
    ones = np.ones(n, np.float32)
    return LocalFeatures(np.asarray(xy, np.float32), ones, 0 * ones, ones, descriptors, size)


def random_descriptors(rng, n):
    return compress(np.sqrt(rng.dirichlet(np.full(128, 0.3), n)).astype(np.float32))


def homography(rng):
    """A camera in front of a façade: rotation, scale, tilt, shift, about the image center."""
    angle, scale = rng.uniform(-0.3, 0.3), rng.uniform(0.7, 1.4)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    center = np.array([SIZE[0] / 2, SIZE[1] / 2])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, center - turn @ center + rng.uniform(-40, 40, 2)
    return matrix @ np.array([[1, 0, 0], [0, 1, 0], [*rng.uniform(-6e-4, 6e-4, 2), 1]])


def two_views(rng, n):
    """Points in space (n) seen by two cameras: xy in both, and the true fundamental matrix."""
    K = np.array([[400.0, 0, 240], [0, 400, 180], [0, 0, 1]])
    X = np.stack([rng.uniform(-8, 8, n), rng.uniform(-6, 6, n), rng.uniform(8, 30, n)], axis=1)
    R, _ = cv2.Rodrigues(rng.uniform(-0.15, 0.15, 3))
    t = np.array([rng.uniform(-3, 3), rng.uniform(-0.5, 0.5), rng.uniform(-2, 2)])
    a, b = X @ K.T, (X @ R.T + t) @ K.T
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    F = np.linalg.inv(K).T @ cross @ R @ np.linalg.inv(K)
    return a[:, :2] / a[:, 2:], b[:, :2] / b[:, 2:], F


def sampson(F, a, b):
    a, b = np.c_[a, np.ones(len(a))], np.c_[b, np.ones(len(b))]
    right, left = a @ F.T, b @ F
    slope = (right[:, :2] ** 2).sum(1) + (left[:, :2] ** 2).sum(1)
    return np.abs((b * right).sum(1)) / np.sqrt(slope)


def planted(rng, here, there, outliers, size_b=SIZE):
    """Two photos: feature i of one is feature i of the other; then `outliers` that match but lie anywhere."""
    n = len(here) + outliers
    descriptors = random_descriptors(rng, n)
    anywhere_a = rng.uniform(0, 1, (outliers, 2)) * SIZE
    anywhere_b = rng.uniform(0, 1, (outliers, 2)) * size_b
    return (
        made(np.r_[here, anywhere_a], descriptors),
        made(np.r_[there, anywhere_b], descriptors, size_b),
    )


@pytest.mark.parametrize("scene", ["space", "plane"])
def test_planted_inliers_are_found_among_outliers(scene):
    rng = np.random.default_rng(3)
    recalls, leaked = [], []
    for _ in range(25):
        if scene == "space":
            a, b, F = two_views(rng, 60)
        else:
            a = rng.uniform(0, 1, (60, 2)) * SIZE
            b = cv2.perspectiveTransform(a[:, None], homography(rng))[:, 0]
        b = b + rng.normal(0, 0.7, b.shape)
        found = verify(*planted(rng, a, b, outliers=40))
        true = found.matches[:, 0] < 60
        assert (found.matches[:, 0] == found.matches[:, 1]).all()
        recalls.append(found.inlier_mask[true].mean())
        leaked.append(found.inlier_mask[~true].mean())
        assert found.inliers == found.inlier_mask.sum() >= 50
        assert found.model == "fundamental"
        assert found.score == (found.inliers + len(found.matches)) / 2
        if scene == "space":
            assert np.median(sampson(found.matrix, a, b)) < 1.5
            # A wrong direction of F (its transpose) would not satisfy x_candidateᵀ F x_query = 0.
            assert np.median(sampson(found.matrix.T, a, b)) > 3 * np.median(sampson(F, a, b))
    assert np.mean(recalls) > 0.97
    # By chance an outlier lies in the 1 % band about its epipolar line; on a plane the epipole is free,
    # and goes where it collects two or three outliers more.
    assert np.mean(leaked) < (0.12 if scene == "space" else 0.2)


def test_geometry_is_in_pixels_of_each_image_whatever_their_sizes():
    rng = np.random.default_rng(5)
    a, b, _ = two_views(rng, 80)
    small = verify(*planted(rng, a, b, 20))
    rng = np.random.default_rng(5)
    a, b, _ = two_views(rng, 80)
    query, candidate = planted(rng, a, b, 20)
    large = made(candidate.xy * 2, candidate.descriptors, (SIZE[0] * 2, SIZE[1] * 2))
    found = verify(query, large)
    assert found.inlier_mask.tolist() == small.inlier_mask.tolist()
    assert found.spread == pytest.approx(small.spread, abs=1 / 64)
    assert np.median(sampson(found.matrix, a, 2 * b)) < 1


def test_noise_gives_no_inliers():
    rng = np.random.default_rng(0)
    counts = []
    for _ in range(20):
        a = made(rng.uniform(0, 1, (400, 2)) * SIZE, random_descriptors(rng, 400))
        b = made(rng.uniform(0, 1, (400, 2)) * SIZE, random_descriptors(rng, 400))
        counts.append(verify(a, b).inliers)
    assert np.mean(np.array(counts) > 0) <= 0.05
    assert max(counts) < 12


def test_matches_that_agree_by_chance_stay_far_from_decisive():
    rng = np.random.default_rng(1)
    counts = []
    for _ in range(40):
        a = made(rng.uniform(0, 1, (40, 2)) * SIZE, random_descriptors(rng, 40))
        b = made(rng.uniform(0, 1, (40, 2)) * SIZE, a.descriptors)
        counts.append(verify(a, b).inliers)
    assert max(counts) < 25  # of 40 matches, all wrong
    assert np.median(counts) < 18


@pytest.mark.parametrize("shape", ["point", "line"])
def test_matches_on_one_point_or_line_prove_nothing(shape):
    rng = np.random.default_rng(2)
    here = rng.uniform(0, 1, (30, 2)) * SIZE
    there = np.repeat([[200.0, 100.0]], 30, axis=0) + rng.normal(0, 0.3, (30, 2))
    if shape == "line":
        there[:, 0] += np.linspace(-150, 150, 30)
        there[:, 1] += np.linspace(-60, 60, 30)
    descriptors = random_descriptors(rng, 30)
    found = verify(made(here, descriptors), made(there, descriptors))
    assert (found.inliers, found.matrix, found.spread) == (0, None, 0.0)
    assert len(found.matches) == 30
    assert found.score == 15.0


def test_repeated_structure_is_matched_one_to_one():
    """A window seen in one photo and twelve times in the other is one match at most."""
    rng = np.random.default_rng(4)
    window = random_descriptors(rng, 1)
    query = made(rng.uniform(0, 1, (20, 2)) * SIZE, random_descriptors(rng, 20))
    row = made(np.c_[np.linspace(20, 460, 12), np.full(12, 100)], np.repeat(window, 12, axis=0))
    one = made(np.r_[query.xy, [[50.0, 50.0]]], np.r_[query.descriptors, window])
    assert len(verify(one, row).matches) == 0
    assert len(verify(row, one).matches) <= 1
    # Two orientations at one corner, each with its own descriptor, are one match.
    corner = np.repeat([[100.0, 80.0]], 2, axis=0)
    twice = random_descriptors(rng, 2)
    found = verify(
        made(np.r_[query.xy, corner], np.r_[query.descriptors, twice]),
        made(np.r_[query.xy, corner], np.r_[query.descriptors, twice]),
    )
    assert len(found.matches) == 21


def test_few_or_no_features():
    nothing = made(np.zeros((0, 2)), np.zeros((0, 128), np.uint8))
    rng = np.random.default_rng(6)
    few = made(rng.uniform(0, 300, (5, 2)), random_descriptors(rng, 5))
    for a, b in ((nothing, nothing), (nothing, few), (few, nothing), (few, few)):
        found = verify(a, b)
        assert found.inliers == 0
        assert found.matrix is None
        assert found.inlier_mask.shape == (len(found.matches),)
        assert found.matches.shape[1] == 2
        assert found.score == len(found.matches) / 2


def test_same_input_same_answer():
    rng = np.random.default_rng(8)
    a, b, _ = two_views(rng, 40)
    pair = planted(rng, a, b, 60)
    first, second = verify(*pair), verify(*pair)
    assert np.array_equal(first.matches, second.matches)
    assert np.array_equal(first.inlier_mask, second.inlier_mask)
    assert np.array_equal(first.matrix, second.matrix)


def test_spread_closed_form():
    size = (80, 80)
    centers = np.stack(np.meshgrid(np.arange(8), np.arange(8)), -1).reshape(-1, 2) * 10 + 4.5
    assert spread(centers, size) == 1.0
    assert spread(centers[:8], size) == 8 / 64
    assert spread(np.zeros((0, 2), np.float32), size) == 0.0
    assert spread(np.repeat(centers[:1], 50, axis=0), size) == 1 / 64
    # Pixel centers are whole numbers: the first cell is [-0.5, 9.5).
    assert spread(np.array([[-0.5, 0], [9.4, 0]]), size) == 1 / 64
    assert spread(np.array([[9.4, 0], [9.6, 0]]), size) == 2 / 64
    assert spread(np.array([[79.5, 79.5]]), size) == 1 / 64


def test_spread_is_that_of_the_image_where_it_is_smaller():
    """A photo of a façade against one from four times as far: the far one shows it in a few cells."""
    rng = np.random.default_rng(11)
    wide = rng.uniform(0, 1, (120, 2)) * SIZE
    descriptors = random_descriptors(rng, 120)
    close, far = made(wide, descriptors), made(wide / 4 + 150, descriptors)
    found = verify(close, far)
    assert found.inliers > 110
    assert found.spread == spread(far.xy[found.matches[found.inlier_mask, 1]], SIZE) < 10 / 64
    assert verify(far, close).spread < 10 / 64


@given(st.integers(0, 60), st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_spread_counts_cells_like_a_loop(n, cells, seed):
    xy = np.random.default_rng(seed).uniform(-0.5, (SIZE[0] - 0.5, SIZE[1] - 0.5), (n, 2))
    seen = {(int((x + 0.5) * cells / SIZE[0]), int((y + 0.5) * cells / SIZE[1])) for x, y in xy}
    assert spread(xy, SIZE, cells) == len(seen) / cells**2


def texture(seed):
    rng = np.random.default_rng(seed)
    image = sum(
        cv2.resize(
            rng.uniform(0, 255, (360 // s, 480 // s)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC
        )
        for s in (4, 12, 30)
    )
    return cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def test_rendered_pairs():
    """A texture and its warp match widely; two textures do not."""
    detector, rng = RootSift(count=500), np.random.default_rng(9)
    views = [texture(i) for i in range(4)]
    features = [detector.detect(v) for v in views]
    for i, view in enumerate(views):
        warped = cv2.warpPerspective(view, homography(rng), SIZE)
        found = verify(features[i], detector.detect(warped))
        assert found.inliers > 60
        assert found.spread > 0.3
        assert found.inliers > 0.8 * len(found.matches)
        stranger = verify(features[i], features[(i + 1) % 4])
        assert stranger.inliers < 12
        assert stranger.score < found.score / 4


def test_tolerance_decides_what_agrees():
    rng = np.random.default_rng(10)
    a, b, _ = two_views(rng, 120)
    pair = planted(rng, a, b + rng.normal(0, 4, b.shape), 0)
    loose = verify(*pair, VerificationSettings(tolerance=0.03)).inliers
    strict = verify(*pair, VerificationSettings(tolerance=0.003)).inliers
    assert strict < loose / 1.3
    assert verify(*pair, VerificationSettings(minimum=loose + 60)).inliers == 0


def test_the_rim_of_an_image_belongs_to_its_outer_cells():
    corners = np.array([[-0.9, -0.9], [0, 0], [63.5, 47.5], [63, 47]], np.float32)
    assert spread(corners, (64, 48)) == 2 / 64


def test_thickness_is_the_deviation_across_the_main_direction():
    along = np.linspace(-50, 50, 101)
    line = np.stack([along, 2 * along], 1).astype(np.float32)
    assert _thickness(line) == pytest.approx(0.0, abs=1e-4)
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    band = np.stack([np.repeat(along, 2), np.tile([-3.0, 3.0], 101)], 1) @ turn + 1000.0
    assert _thickness(band.astype(np.float32)) == pytest.approx(3.0, abs=0.01)
