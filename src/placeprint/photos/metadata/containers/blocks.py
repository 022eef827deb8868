"""Blocks of metadata as a file holds them."""

from dataclasses import dataclass, field

from placeprint.photos.metadata.exif_tags import ExifTags

LONGEST = 32 << 20
"""Bytes; a longer block is left out."""

XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
"""Before a packet of XMP, where EXIF may stand too."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a file holds, in the order of the file: EXIF as tags, packets of XMP, records of IPTC."""

    exif: list[ExifTags] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)
