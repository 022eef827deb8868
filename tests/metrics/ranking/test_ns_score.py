import numpy as np
import pytest

from placeprint.metrics import ns_score


def test_the_query_alone_gives_one_and_a_perfect_ranking_four():
    group = [0, 1, 2, 3]
    assert ns_score([[0, 7, 8, 9, 1, 2, 3]], [group]) == 1.0
    assert ns_score([[0, 7, 8, 9], [0, 1, 2, 3], [9, 3, 1, 8, 2]], [group] * 3) == pytest.approx(7 / 3)
    assert ns_score([[5, 5, 5, 5]], [group]) == 0.0


def test_it_is_the_number_of_group_members_among_the_first_four():
    rng = np.random.default_rng(0)
    ranked = np.stack([rng.permutation(40) for _ in range(40)])
    groups = np.arange(40)[:, None] // 4 * 4 + np.arange(4)
    naive = np.mean([len(set(r[:4]) & set(g)) for r, g in zip(ranked.tolist(), groups.tolist(), strict=True)])
    assert ns_score(ranked, groups) == pytest.approx(naive)


def test_a_group_without_the_query_is_refused():
    with pytest.raises(ValueError, match="four photos"):
        ns_score([[0, 1]], [[1, 2, 3]])
    with pytest.raises(ValueError, match="do not match"):
        ns_score([], [])
