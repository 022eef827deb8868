import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placeprint.features import match
from placeprint.features.byte_product import byte_product


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 7, 128]), st.integers(0, 2**32 - 1))
def test_it_is_the_exact_integer_product(n, m, d, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 256, (rows, d), np.uint8) for rows in (n, m))
    np.testing.assert_array_equal(byte_product(a, b), a.astype(np.int64) @ b.astype(np.int64).T)


def test_the_largest_values_do_not_overflow():
    full = np.full((3, 128), 255, np.uint8)
    assert (byte_product(full, full) == 128 * 255 * 255).all()


def test_bytes_and_floats_match_alike():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (300, 128), np.uint8)
    noise = rng.integers(-20, 21, (300, 128))
    b = np.clip(a.astype(int) + noise, 0, 255).astype(np.uint8)[rng.permutation(300)]
    np.testing.assert_array_equal(match(a, b), match(a.astype(np.float32), b.astype(np.float32)))
    assert len(match(a, b)) > 290
