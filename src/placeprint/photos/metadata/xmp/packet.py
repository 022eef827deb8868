"""An XMP packet as properties, read in one pass and bounded: no entities, no depth, no tree in memory.

A document type is rejected: entity-expansion attacks need one, and XMP has none.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

LONGEST = 32 << 20
"""Bytes of a packet."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DEEPEST = 64
_MOST_ELEMENTS = 100_000
_LONGEST_VALUE = 65536
_MOST_PROPERTIES = 10_000

Name = tuple[str, str]
"""Namespace and local name."""


@dataclass(slots=True)
class Properties:
    """Text of a packet's properties by name; `within`: of those inside a structure, by both names."""

    simple: dict[Name, str] = field(default_factory=dict)
    within: dict[tuple[Name, Name], str] = field(default_factory=dict)
    described: bool = False

    def get(self, namespace: str, name: str) -> str | None:
        """A property's text, stripped; None if it is missing or empty."""
        return self.simple.get((namespace, name))


class PacketError(ValueError):
    """Why this is not a readable packet: a phrase."""


def read_packet(content: bytes) -> Properties:
    """The properties of a packet, written as attributes or as elements; the first of a name counts.

    Raises `PacketError` for what is no XML, has a document type, or is beyond all bounds.
    """
    if len(content) > LONGEST:
        raise PacketError(f"is {len(content) >> 20} MB long; the limit is {LONGEST >> 20} MB")
    reader = _Reader()
    try:
        reader.parser.Parse(_trimmed(content), True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, PacketError):
            raise
        raise PacketError(f"is not a readable XMP file ({error})") from error
    return reader.found


def _trimmed(content: bytes) -> bytes:
    """Without the padding that programs leave around a packet."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:8]:
        return content
    first = max(content.find(b"<"), 0)
    return content[first:].rstrip(b"\0 \t\r\n")


class _Reader:
    """Follows the elements of a packet. `path`: names of the open properties, without RDF's own elements."""

    def __init__(self) -> None:
        self.found = Properties()
        self.open: list[Name] = []
        self.path: list[Name] = []
        self.texts: list[list[str]] = []
        self.elements = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *args: object) -> None:
        raise PacketError("has a document type, which XMP does not allow")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1 + len(attributes)
        if len(self.open) >= _DEEPEST or self.elements > _MOST_ELEMENTS:
            raise PacketError("has more or deeper elements than any photo's XMP")
        name = _name(tag)
        self.open.append(name)
        if name == (_RDF, "Description"):
            self.found.described = True
        elif self.found.described and name[0] != _RDF:
            self.path.append(name)
            self.texts.append([])
        if self.found.described:
            for key, value in attributes.items():
                inner = _name(key)
                if inner[0] not in (_RDF, ""):
                    self.put([*self.path, inner], value)

    def text(self, data: str) -> None:
        if self.texts and len(self.texts[-1]) < _MOST_PROPERTIES:
            self.texts[-1].append(data[:_LONGEST_VALUE])

    def end(self, tag: str) -> None:
        name = self.open.pop()
        if self.path and name == self.path[-1]:
            self.put(self.path, "".join(self.texts.pop())[:_LONGEST_VALUE])
            self.path.pop()

    def put(self, path: list[Name], text: str) -> None:
        text = text[:_LONGEST_VALUE].strip()
        if not text or len(self.found.simple) + len(self.found.within) >= _MOST_PROPERTIES:
            return
        if len(path) == 1:
            self.found.simple.setdefault(path[0], text)
        else:
            self.found.within.setdefault((path[0], path[-1]), text)


def _name(tag: str) -> Name:
    namespace, _, name = tag.rpartition(" ")
    return namespace, name
