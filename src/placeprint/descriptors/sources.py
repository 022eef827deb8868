"""How a descriptor is named in one line: `KIND:WHAT#size=...,precision=...@DIM`."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from placeprint.errors import PlaceprintError

KINDS = ("hf", "hub", "onnx", "timm", "transformers")
LICENSE_KEYS = ("license", "licence")
"""The key, and how the first files and maps of placeprint spell it."""

OPTIONS = ("size", "pixels", "precision", "license", "runtime")
PIXELS = ("imagenet", "lite0", "matconvnet", "openibl")
PRECISIONS = ("float32", "bfloat16")
RUNTIMES = ("torch", "fastest")
SYNTAX = (
    "A source is a name, a file, a folder, or one of hf:ORG/NAME, hub:OWNER/REPO:ENTRY[:KEY=VALUE,...], "
    "onnx:FILE, transformers:NAME[:POOLING], timm:NAME; then #size=RULE,pixels=SET,precision=bfloat16,"
    "runtime=fastest; then @DIM for its first DIM dimensions."
)


@dataclass(frozen=True)
class Source:
    """`kind` is one of `KINDS`, or empty for a name, file or folder."""

    kind: str
    what: str
    options: dict[str, str] = field(default_factory=dict)
    dim: int | None = None

    @property
    def suffix(self) -> str:
        """Options and dimension as written."""
        options = ",".join(f"{key}={value}" for key, value in self.options.items())
        return (f"#{options}" if options else "") + ("" if self.dim is None else f"@{self.dim}")


def parse_source(text: str) -> Source:
    """Split a source into its parts. If the whole text names a file or folder on disk, it is that.

    Raises `PlaceprintError` for an unknown option.
    """
    if on_disk(text):
        return Source("", text)
    rest, dim = text, None
    if found := re.search(r"@(\d+)$", text):
        rest, dim = text[: found.start()], int(found[1])
    before, _, after = rest.partition("#")
    kind, colon, what = before.partition(":")
    if not colon or kind not in KINDS:
        kind, what = "", before
    return Source(kind, what, _options(after, text), dim)


def on_disk(text: str) -> bool:
    """Whether there is such a file or folder; False for text that cannot be a path."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def absolute(text: str) -> str:
    """The absolute path if there is such a file or folder, else the text."""
    return str(Path(text).resolve()) if on_disk(text) else text


def _options(text: str, whole: str) -> dict[str, str]:
    options = {}
    for part in filter(None, re.split(rf",(?=(?:{'|'.join((*OPTIONS, *LICENSE_KEYS))})=)", text)):
        key, equals, value = part.partition("=")
        key = LICENSE_KEYS[0] if key in LICENSE_KEYS else key
        allowed = {"pixels": PIXELS, "precision": PRECISIONS, "runtime": RUNTIMES}.get(key)
        if key not in OPTIONS or not equals or not value or (allowed and value not in allowed):
            said = f"{key} is one of {', '.join(allowed)}." if allowed else f"Options: {', '.join(OPTIONS)}."
            raise PlaceprintError(f"{whole}: {part!r} is not a valid option", said)
        options[key] = value
    return options
