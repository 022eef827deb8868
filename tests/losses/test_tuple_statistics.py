import math

import pytest

torch = pytest.importorskip("torch")

from placeprint.losses import tuple_statistics  # noqa: E402

QUERY = torch.zeros(3, 1)
POSITIVE = torch.tensor([[1.0], [2.0], [9.0]])
NEGATIVES = torch.tensor([[[0.5], [1.0], [3.0]], [[-2.1], [math.nan], [4.0]], [[0.0], [0.0], [0.0]]])
COUNTS = torch.tensor([[True, True, True], [True, False, True], [False, False, False]])


def test_numbers_of_a_hand_made_batch():
    found = tuple_statistics(QUERY, POSITIVE, NEGATIVES, COUNTS)
    assert (found.tuples, found.negatives) == (2, 5)
    assert found.positive_distance == pytest.approx(1.5)
    assert found.negative_distance == pytest.approx((0.5 + 1 + 3 + 2.1 + 4) / 5)
    assert found.violating == pytest.approx(1 / 5)  # as near as the positive is not nearer
    assert found.violated == pytest.approx(1 / 2)
    wider = tuple_statistics(QUERY, POSITIVE, NEGATIVES, COUNTS, margin=0.5)  # 2.1² < 2² + 0.5
    assert wider.violating == pytest.approx(3 / 5)
    assert wider.violated == 1.0


def test_all_negatives_are_real_without_counts_and_there_is_no_gradient():
    query = QUERY.clone().requires_grad_()
    found = tuple_statistics(query.bfloat16(), POSITIVE.bfloat16(), NEGATIVES.nan_to_num(0.0).bfloat16())
    assert (found.tuples, found.negatives) == (3, 9)
    assert found.positive_distance == pytest.approx(4.0)
    assert found.violating == pytest.approx(5 / 9)
    assert query.grad is None


def test_nothing_to_count_is_nan():
    found = tuple_statistics(QUERY, POSITIVE, NEGATIVES, torch.zeros(3, 3, dtype=torch.bool))
    assert (found.tuples, found.negatives) == (0, 0)
    means = (found.positive_distance, found.negative_distance, found.violating, found.violated)
    assert all(math.isnan(value) for value in means)
    with pytest.raises(ValueError, match="mask"):
        tuple_statistics(QUERY, POSITIVE, NEGATIVES, COUNTS[:2])
