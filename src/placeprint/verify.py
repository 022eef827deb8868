"""When local features are compared: one enumeration for Python, the command line and the service."""

from enum import StrEnum
from typing import Literal, TypeAlias


class Verify(StrEnum):
    """`AUTO`: where the map stores them; `ALWAYS`: an error where it does not; `NEVER`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"

    @classmethod
    def of(cls, said: "VerifyLike") -> "Verify":
        """The member, or the one with that name. Raises `ValueError` for anything else, even `True`."""
        try:
            return cls(said)
        except ValueError:
            raise ValueError(f'verify={said!r} is not one of "auto", "always", "never"') from None


VerifyLike: TypeAlias = Verify | Literal["auto", "always", "never"]
