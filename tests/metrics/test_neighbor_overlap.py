import numpy as np
import pytest
from faiss.contrib.evaluation import knn_intersection_measure

from placeprint.metrics import nearest_recall_at, neighbor_overlap


def test_on_whole_tables_the_overlap_is_faiss_intersection_measure():
    rng = np.random.default_rng(0)
    exact, found = (np.stack([rng.permutation(30)[:10] for _ in range(50)]) for _ in range(2))
    assert neighbor_overlap(exact, found) == pytest.approx(knn_intersection_measure(exact, found))
    assert neighbor_overlap(exact, exact[:, ::-1]) == 1.0
    loop = [len(set(a[:4]) & set(b[:4])) / 4 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert neighbor_overlap(exact, found, 4) == pytest.approx(np.mean(loop))
    at = nearest_recall_at(exact, found, (1, 3, 10))
    for r, share in at.items():
        assert share == np.mean([a[0] in b[:r] for a, b in zip(exact.tolist(), found.tolist(), strict=True)])


def test_what_was_not_found_is_no_agreement():
    exact, found = [[1, 2, -1], [4, 5, 6]], [[1, -1, -1], [6, 4, -1]]
    assert neighbor_overlap(exact, found, 3) == pytest.approx(3 / 5)
    assert nearest_recall_at(exact, found, (1, 2)) == {1: 0.5, 2: 1.0}
    assert nearest_recall_at([[-1]], [[-1]], (1,)) == {1: 0.0}
    with pytest.raises(ValueError, match="no exact neighbors"):
        neighbor_overlap([[-1]], [[-1]], 1)


@pytest.mark.parametrize(
    ("exact", "found"),
    [([[1]], [[1, 2]]), ([[1, 2]], [[1]]), ([[1, 2]], [[1, 2]] * 2), ([1, 2], [1, 2]), ([], [])],
)
def test_tables_that_do_not_fit_are_refused(exact, found):
    with pytest.raises(ValueError, match=r"do not match|too few"):
        neighbor_overlap(exact, found, 2)
    if np.shape(found) == (1, 1):
        with pytest.raises(ValueError, match="too few"):
            nearest_recall_at(exact, found, (1, 2))


def test_depths_where_none_are_named():
    table = np.arange(100)[None]
    assert list(nearest_recall_at(table, table)) == [1, 10, 100]
    found = np.concatenate([table[:, :9], [[200]], table[:, 9:]], axis=1)
    assert neighbor_overlap(table, found) == 0.9  # of the first ten nine
