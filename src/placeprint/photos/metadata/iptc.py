"""Names of places in IPTC's records (IIM 4.2, record 2): they are words, not positions."""

from collections.abc import Iterable, Iterator

_CHARACTERS, _UTF8 = (1, 90), b"\x1b%G"
_PLACES = ((2, 92), (2, 90), (2, 95), (2, 101))
"""Sublocation, city, province or state, country."""

_RESOURCE = 0x0404


def read_places(block: bytes) -> tuple[str, ...]:
    """Sublocation, city, state and country, as far as they are there."""
    found = _records(block)
    utf8 = found.get(_CHARACTERS, b"").startswith(_UTF8)
    words = (_word(found.get(place, b""), utf8) for place in _PLACES)
    return distinct(words)


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Those that are not empty, each once, without control characters, in order."""
    plain = ("".join(c for c in word if c.isprintable()).strip()[:200] for word in words)
    return tuple(dict.fromkeys(word for word in plain if word))


def image_resources(block: bytes) -> Iterator[bytes]:
    """The IPTC records among Photoshop's image resources."""
    at = 0
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        kind = int.from_bytes(block[at + 4 : at + 6], "big")
        at += 6 + (block[at + 6] + 2) // 2 * 2  # a name, padded to an even length
        size = int.from_bytes(block[at : at + 4], "big")
        if kind == _RESOURCE:
            yield block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def _word(content: bytes, utf8: bool) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("utf-8" if utf8 else "latin-1", "replace")


def _records(block: bytes) -> dict[tuple[int, int], bytes]:
    found: dict[tuple[int, int], bytes] = {}
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended length: never used for words
            break
        found.setdefault((block[at + 1], block[at + 2]), block[at + 5 : at + 5 + size])
        at += 5 + size
    return found
