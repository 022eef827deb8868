"""Batches by hand: what stays without some images, and difficult positives."""

import numpy as np
import pytest

from placeprint.training.mining.tuple_batch import DifficultBatch, TupleBatch, with_difficult


def batch() -> TupleBatch:
    """Images 10 to 17; three tuples with two negatives each, the last with one."""
    return TupleBatch(
        list(range(10, 18)),
        np.array([0, 1, 2]),
        np.array([3, 4, 4]),
        np.array([[5, 6], [6, 7], [5, 2]]),
        np.array([[True, True], [True, True], [True, False]]),
    )


def named(found: TupleBatch) -> list[tuple[int, int, list[int]]]:
    images = np.array(found.images)
    rows = zip(found.query, found.positive, found.negatives, found.mask, strict=True)
    return [(int(images[q]), int(images[p]), images[n[m]].tolist()) for q, p, n, m in rows]


@pytest.mark.parametrize(
    ("bad", "left"),
    [
        ([], [(10, 13, [15, 16]), (11, 14, [16, 17]), (12, 14, [15])]),
        ([0], [(11, 14, [16, 17]), (12, 14, [15])]),  # a query
        ([3], [(11, 14, [16, 17]), (12, 14, [15])]),  # a positive
        ([4], [(10, 13, [15, 16])]),  # that of two
        ([6], [(10, 13, [15]), (11, 14, [17]), (12, 14, [15])]),  # a negative of two
        ([1, 5], [(10, 13, [16]), (12, 14, [])]),
        ([0, 4], []),
    ],
)
def test_without_an_image_its_tuples_go_and_it_is_no_negative(
    bad: list[int], left: list[tuple[int, int, list[int]]]
) -> None:
    found = batch().without(np.array(bad, np.int64))
    assert named(found) == left
    assert len(found) == len(left)
    assert list(found.images) == [image for row, image in enumerate(range(10, 18)) if row not in bad]


def test_rows_beyond_the_images_and_shapes_that_do_not_fit_are_refused() -> None:
    one, two = np.array([0]), np.array([[0, 1]])
    for rows in ((np.array([2]), one, two), (one, np.array([-1]), two), (one, one, np.array([[0, 2]]))):
        with pytest.raises(ValueError, match="of 2 images"):
            TupleBatch([7, 8], *rows, np.ones((1, 2), bool))
    with pytest.raises(ValueError, match="do not match"):
        TupleBatch([7, 8], one, np.array([0, 1]), two, np.ones((1, 2), bool))


def difficult(rows: list[list[int]], mask: list[list[bool]]) -> DifficultBatch:
    plain = TupleBatch([7, 8, 9], np.array([0]), np.array([1]), np.array([[2]]), np.array([[True]]))
    arrays = np.array(rows, np.int64), np.array(mask, bool)
    return DifficultBatch(
        plain.images, plain.query, plain.positive, plain.negatives, plain.mask, *arrays
    )  # fmt: skip


def test_difficult_positives_are_rows_of_the_images() -> None:
    assert difficult([[0, 2]], [[True, True]]).difficult.tolist() == [[0, 2]]
    assert difficult([[]], [[]]).difficult.size == 0
    for wrong in ([[0, 3]], [[-1, 0]]):
        with pytest.raises(ValueError, match="beyond the 3 images"):
            difficult(wrong, [[True, True]])
    with pytest.raises(ValueError, match="do not match"):
        difficult([[0, 1]], [[True]])
    with pytest.raises(ValueError, match="do not match"):
        difficult([[0], [1]], [[True], [True]])


def test_difficult_positives_join_the_images_and_leave_with_them() -> None:
    found = with_difficult(batch(), np.array([[20, 13], [-1, 11], [5, -1]]))
    assert found.images == [5, *range(10, 18), 20]
    assert named(found) == named(batch())
    images = np.array(found.images)
    kept = zip(found.difficult, found.difficult_mask, strict=True)
    assert [images[rows[mask]].tolist() for rows, mask in kept] == [[20, 13], [11], [5]]
    left = found.without(np.array([0, 9]))  # images 5 and 20
    images = np.array(left.images)
    kept = zip(left.difficult, left.difficult_mask, strict=True)
    assert [images[rows[mask]].tolist() for rows, mask in kept] == [[13], [11], []]
