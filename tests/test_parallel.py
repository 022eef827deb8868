import threading
import time

import pytest

from placeprint.parallel import bounded_map, cores


def test_results_come_in_order_and_few_items_are_begun_ahead():
    begun = []
    lock = threading.Lock()

    def slow_square(n):
        with lock:
            begun.append(n)
        time.sleep(0.002 * (n % 3))
        return n * n

    for done, result in enumerate(bounded_map(slow_square, range(40), workers=3)):
        assert result == done * done
        assert len(begun) <= done + 2 * 3


def test_items_run_side_by_side():
    together = threading.Barrier(2, timeout=5)
    assert list(bounded_map(lambda n: together.wait() >= 0, range(4), workers=2)) == [True] * 4


def test_an_exception_comes_in_its_place():
    results = bounded_map(lambda n: 1 / (n - 2), range(9), workers=2)
    assert [next(results), next(results)] == [-0.5, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_no_items_and_cores():
    assert list(bounded_map(str, [], workers=2)) == []
    assert cores() >= 1
