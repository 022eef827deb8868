"""One photo as its columns."""

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any


class Representation(Mapping[str, Any]):
    """What is known about one photo by column: name → value, each computed on first use.

    `known`: values that already exist; `makers`: functions that compute the others, each called at most once.
    """

    def __init__(
        self, known: Mapping[str, Any] | None = None, makers: Mapping[str, Callable[[], Any]] | None = None
    ) -> None:
        self._known, self._makers, self._lock = dict(known or {}), dict(makers or {}), Lock()

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            if name not in self._known:
                self._known[name] = self._makers[name]()
            return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._makers})

    def __len__(self) -> int:
        return len({**self._known, **self._makers})
