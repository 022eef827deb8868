"""What the trainer needs from a batch, whatever is learned from it."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from placeprint.arrays import Int64


class Batch(Protocol):
    """`images`: what the image source loads; the length counts training examples: tuples, or photos."""

    @property
    def images(self) -> Sequence[Any]:
        """What the image source loads."""

    def __len__(self) -> int: ...

    def without(self, bad: Int64) -> Self:
        """The batch without these of its images, and without everything that needs them."""
        ...
