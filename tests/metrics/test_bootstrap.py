from itertools import product

import numpy as np
import pytest
from scipy import stats

from placeprint.metrics import bootstrap_interval, paired_test
from placeprint.metrics.bootstrap import _chunks


def test_independent_shares_have_the_binomial_interval():
    right = np.arange(400) % 10 < 7
    low, high = bootstrap_interval(right, samples=20_000)
    exact = stats.binom(400, 0.7).ppf([0.025, 0.975]) / 400
    np.testing.assert_allclose([low, high], exact, atol=0.003)
    narrow = bootstrap_interval(right, level=0.5, samples=20_000)
    np.testing.assert_allclose(narrow, stats.binom(400, 0.7).ppf([0.25, 0.75]) / 400, atol=0.003)


def test_with_one_query_a_place_it_is_scipys_bootstrap():
    values = np.random.default_rng(1).exponential(size=80)
    scipys = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=2)
    got = bootstrap_interval(values, np.arange(80)[::-1], samples=20_000)
    np.testing.assert_allclose(got, scipys.confidence_interval, atol=0.01)


def test_queries_of_one_place_that_are_equal_count_as_one():
    values = np.random.default_rng(0).random(60)
    alone = bootstrap_interval(values)
    together = bootstrap_interval(np.repeat(values, 9), np.repeat(np.arange(60), 9))
    as_if_independent = bootstrap_interval(np.repeat(values, 9))
    np.testing.assert_allclose(together, alone)
    width = np.diff(alone) / np.diff(as_if_independent)
    assert width == pytest.approx(3.0, rel=0.1)


def test_places_of_different_size_follow_the_enumeration_of_all_draws():
    values, places = np.array([1.0, 0, 0, 0, 0, 1, 1, 1, 0, 5]), np.array(list("abbbbccccd"))
    by_place = [values[places == p] for p in "abcd"]
    means = [np.concatenate([by_place[i] for i in draw]).mean() for draw in product(range(4), repeat=4)]
    rng = np.random.default_rng(0)
    many = rng.choice(means, 400_000)
    for level in (0.5, 0.8, 0.9):
        expected = np.quantile(many, [(1 - level) / 2, (1 + level) / 2])
        np.testing.assert_allclose(bootstrap_interval(values, places, level, 200_000), expected, atol=0.03)


def test_the_seed_decides():
    values = np.random.default_rng(0).random(30)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)


def test_the_p_value_follows_the_enumeration_of_all_signs():
    rng = np.random.default_rng(5)
    places = np.repeat(np.arange(9), rng.integers(1, 5, 9))
    a, b = rng.random(len(places)) + 0.05, rng.random(len(places))
    sums = np.bincount(places, a - b)
    exact = np.mean([abs(np.dot(s, sums)) >= abs(sums.sum()) - 1e-12 for s in product((-1, 1), repeat=9)])
    assert 0.01 < exact < 0.5
    got = paired_test(a, b, places, samples=40_000)
    assert got.p_value == pytest.approx(exact, abs=0.01)
    assert got.difference == pytest.approx(np.mean(a - b))
    assert (got.low, got.high) == bootstrap_interval(a - b, places, samples=40_000)
    back = paired_test(b, a, places, samples=40_000)
    assert (back.difference, back.p_value) == pytest.approx((-got.difference, got.p_value))


def test_sums_that_are_equal_on_paper_are_ties():
    rng = np.random.default_rng(0)
    for places in range(2, 12):
        whole = rng.integers(-3, 4, places)
        zero = np.zeros(places)
        assert (
            paired_test(0.1 * whole, zero, samples=200).p_value
            == paired_test(whole, zero, samples=200).p_value
        )


def test_p_values_of_equal_methods_are_level_and_never_zero():
    assert paired_test(np.ones(50), np.zeros(50), samples=99).p_value == 1 / 100
    assert paired_test(np.ones(50), np.ones(50)).p_value == 1.0
    rng = np.random.default_rng(0)
    p = [paired_test(rng.random(20), rng.random(20), samples=99, seed=i).p_value for i in range(400)]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    # Fifty queries at two places are two witnesses, not fifty.
    assert paired_test(np.ones(50), np.zeros(50), np.arange(50) % 2).p_value == pytest.approx(0.5, abs=0.05)


def test_a_single_place_says_nothing_about_others():
    assert np.isnan(bootstrap_interval([1.0, 0.0], ["a", "a"])).all()
    alone = paired_test([1.0, 1.0], [0.0, 0.0], ["a", "a"])
    assert np.isnan([alone.low, alone.high]).all()
    assert (alone.difference, alone.p_value) == (1.0, 1.0)


def test_many_places_are_drawn_in_parts_of_bounded_size(monkeypatch):
    values = np.random.default_rng(0).random(50)
    whole = bootstrap_interval(values, samples=3001), paired_test(values, 0.5 * values, samples=3001)
    monkeypatch.setattr("placeprint.metrics.bootstrap.CELLS", 1000)
    assert list(_chunks(45, 50)) == [20, 20, 5]
    assert list(_chunks(2, 5000)) == [1, 1]
    np.testing.assert_allclose(bootstrap_interval(values, samples=3001), whole[0], atol=0.01)
    assert paired_test(values, 0.5 * values, samples=3001).p_value == whole[1].p_value == 1 / 3002


@pytest.mark.parametrize(
    ("values", "places", "level", "text"),
    [
        ([], None, 0.9, "do not match"),
        ([1.0, 2.0], ["a"], 0.9, "do not match"),
        ([[1.0]], None, 0.9, "do not match"),
        ([1.0, np.nan], None, 0.9, "NaN"),
        ([1.0, np.inf], None, 0.9, "infinite"),
        ([1.0, 2.0], None, 95, "not between"),
    ],
)
def test_what_has_no_interval_is_refused(values, places, level, text):
    with pytest.raises(ValueError, match=text):
        bootstrap_interval(values, places, level)
    with pytest.raises(ValueError, match="do not pair"):
        paired_test([1.0], [1.0, 2.0])


def test_where_all_are_right_the_ends_are_the_exact_binomial_ones():
    from scipy.stats import binomtest

    for count in (2, 12, 300):
        exact = binomtest(count, count).proportion_ci(0.95, "exact")
        assert bootstrap_interval(np.ones(count)) == pytest.approx((exact.low, 1.0))
        assert bootstrap_interval(np.zeros(count)) == pytest.approx((0.0, 1 - exact.low))
    assert bootstrap_interval(np.ones(24), np.repeat(np.arange(12), 2)) == bootstrap_interval(np.ones(12))


def test_methods_that_agree_everywhere_do_not_differ():
    same = paired_test(np.ones(10), np.ones(10))
    assert (same.difference, same.low, same.high, same.p_value) == (0.0, 0.0, 0.0, 1.0)
