"""Errors that a user can fix: each says what is wrong, with which file, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PlaceprintError(Exception):
    """A user error or broken input. `str(error)` is one line: what is wrong, then how to fix it."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(f"{what.rstrip('.')}. {mend}" if mend else what)
        self.what = what
        self.mend = mend


class PhotoError(PlaceprintError):
    """One photo cannot be used. Batches skip it, count it and list it."""

    def __init__(self, path: str | Path, reason: str, mend: str = "") -> None:
        super().__init__(f"{path}: {reason}", mend)
        self.path = str(path)
        self.reason = reason


class FormatError(PlaceprintError):
    """A placeprint file is damaged, of another kind, or written by a newer placeprint."""


class LockedError(PlaceprintError):
    """Another process is writing to the same map."""


class MissingExtraError(PlaceprintError):
    """A feature needs an optional package that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs an optional package, the extra placeprint[{extra}]",
            f"Run: {install_command(extra)}",
        )


def install_command(extra: str) -> str:
    """The command that installs the packages of an extra into the running environment (`installing`)."""
    from placeprint.installing import command

    return command(extra)


@contextmanager
def needing(extra: str, feature: str) -> Iterator[None]:
    """Around the imports that `feature` needs: `MissingExtraError` instead of `ImportError`."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(feature, extra) from error
