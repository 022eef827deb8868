"""JPEG: EXIF, XMP in one or more segments, IPTC among Photoshop's resources."""

from PIL import ImageFile

from placeprint.photos.metadata.containers.blocks import XMP_HEAD, Blocks
from placeprint.photos.metadata.exif_tags import MAGICS, read_block

_EXIF_HEAD = b"Exif\0\0"
_EXTENDED_HEAD = b"http://ns.adobe.com/xmp/extension/\0"


def read_jpeg(image: ImageFile.ImageFile, found: Blocks) -> None:
    """Segments; a second block of EXIF is one if it starts like one, else the first goes on in it."""
    blocks: list[list[bytes]] = []
    extensions: dict[bytes, dict[int, bytes]] = {}
    for name, content in getattr(image, "applist", ()):
        if name == "APP13" and content.startswith(b"Photoshop 3.0\0"):
            from placeprint.photos.metadata.iptc import image_resources

            found.iptc.extend(image_resources(content[14:]))
        if name != "APP1":
            continue
        if content.startswith(_EXIF_HEAD):
            if content[6:10] in MAGICS or not blocks:
                blocks.append([content])
            else:
                blocks[-1].append(content[6:])
        elif content.startswith(XMP_HEAD):
            found.xmp.append(content[len(XMP_HEAD) :])
        elif content.startswith(_EXTENDED_HEAD):
            at = len(_EXTENDED_HEAD)
            name_of_part, offset = content[at : at + 32], content[at + 36 : at + 40]
            extensions.setdefault(name_of_part, {})[int.from_bytes(offset, "big")] = content[at + 40 :]
    found.exif.extend(read_block(b"".join(parts)) for parts in blocks)
    named = list(found.xmp)
    for guid, parts in extensions.items():
        if any(guid in packet for packet in named):
            found.xmp.append(_joined(parts))


def _joined(parts: dict[int, bytes]) -> bytes:
    """The parts of an extended packet, as far as they follow on each other."""
    whole: list[bytes] = []
    end = 0
    for offset in sorted(parts):
        if offset != end:
            break
        whole.append(parts[offset])
        end += len(parts[offset])
    return b"".join(whole)
