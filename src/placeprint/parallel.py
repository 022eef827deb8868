"""Applying a function to many items on all cores, in order, with a bounded number in memory."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_this_thread = threading.local()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def bounded_map(
    function: Callable[[T], R], items: Iterable[T], workers: int, ahead: int | None = None
) -> Iterator[R]:
    """Yield `function(item)` in the order of `items`, computed by `workers` threads.

    At most `ahead` items (default: 2 * `workers`) are started but not yet yielded, so a folder of any size
    fits in memory. An exception raised by `function` is raised where its result would have been yielded.
    """
    ahead = ahead or 2 * workers
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers, initializer=_one_of_many) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) == ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def side_by_side(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`function` of each of a few items, on threads that are kept for the next call.

    In a worker of `bounded_map`, which is one of many, the items are processed one after another.
    """
    if len(items) < 2 or getattr(_this_thread, "one_of_many", False):
        return [function(item) for item in items]
    return list(_kept_threads().map(function, items))


def _one_of_many() -> None:
    _this_thread.one_of_many = True


@cache
def _kept_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, cores()), thread_name_prefix="placeprint", initializer=_one_of_many)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_kept_threads.cache_clear)  # a forked process has no other threads
