import math

import numpy as np

from placeprint.whitening.power_law import power_law


def test_equals_a_loop_over_numbers():
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    vectors[2, 3] = 0
    vectors[3] *= 1e-9
    for exponent in (0.2, 0.5, 1.0):
        for row, made in zip(vectors, power_law(vectors, exponent), strict=True):
            grown = [math.copysign(abs(x) ** exponent, x) for x in row.tolist()]
            length = 1.0 if exponent == 1 else math.sqrt(sum(x * x for x in grown))
            np.testing.assert_allclose(made, np.array(grown) / length, rtol=1e-5)


def test_the_square_root_of_histograms_is_rootsift():
    counts = np.array([[9, 4, 0, 3]], np.float32)
    np.testing.assert_allclose(power_law(counts, 0.5), np.sqrt(counts / 16), rtol=1e-6)


def test_nothing_stays_nothing_and_the_input_is_kept():
    vectors = np.array([[0, 0], [-4, 0]], np.float32)
    np.testing.assert_array_equal(power_law(vectors, 0.5), [[0, 0], [-1, 0]])
    np.testing.assert_array_equal(vectors, [[0, 0], [-4, 0]])
