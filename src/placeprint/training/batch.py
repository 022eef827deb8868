"""What the trainer needs of a batch, whatever is learned from it."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from placeprint.arrays import Int64


class Batch(Protocol):
    """`images`: what the image source loads; its length counts what is learned from: tuples, or photos."""

    @property
    def images(self) -> Sequence[Any]: ...

    def __len__(self) -> int: ...

    def without(self, bad: Int64) -> Self:
        """The batch without these of its images, and without all that needs them."""
        ...
