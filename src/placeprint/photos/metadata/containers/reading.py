"""The blocks of metadata inside a photo file, in every container: EXIF, XMP, IPTC. Pixels are not decoded."""

from typing import IO

from PIL import ImageFile

from placeprint.photos.metadata.containers.blocks import LONGEST, Blocks
from placeprint.photos.metadata.containers.jpeg import read_jpeg
from placeprint.photos.metadata.exif_tags import IPTC, MAGICS, PHOTOSHOP, XMP, read_block, read_tags


def read_blocks(image: ImageFile.ImageFile) -> Blocks:
    """The blocks of an opened photo whose pixels are not decoded yet. Damaged ones are left out.

    Of a RAW photo those of the file go before those of the embedded JPEG, whose pixels stand for it.
    """
    found = Blocks()
    container: IO[bytes] | None = getattr(image, "container", None)
    if container is not None:
        _of_container(container, found)
    if image.format == "JPEG":
        read_jpeg(image, found)
    elif image.format == "PNG" and image.fp is not None:
        from placeprint.photos.metadata.containers.png import read_png

        before = image.fp.tell()
        read_png(image.fp, found)
        image.fp.seek(before)
    elif container is None:
        _of_info(image, found)
    found.exif[:] = [tags for tags in found.exif if tags.photo or tags.camera or tags.gps]
    return found


def _of_info(image: ImageFile.ImageFile, found: Blocks) -> None:
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    if isinstance(exif, bytes):
        found.exif.append(read_block(exif))
    if isinstance(xmp, bytes | str) and len(xmp) <= LONGEST:
        found.xmp.append(xmp.encode() if isinstance(xmp, str) else xmp)


def _of_container(file: IO[bytes], found: Blocks) -> None:
    """Of a file of TIFF's structure, or of Canon's CR3."""
    file.seek(0)
    head = file.read(12)
    if head[:4] in MAGICS:
        tags = read_tags(file)
        found.exif.append(tags)
        for tag, packets in ((XMP, found.xmp), (IPTC, found.iptc)):
            packets.extend(value for value in (tags.photo.get(tag),) if isinstance(value, bytes))
        resources = tags.photo.get(PHOTOSHOP)
        if isinstance(resources, bytes):
            from placeprint.photos.metadata.iptc import image_resources

            found.iptc.extend(image_resources(resources))
    elif head[4:12] == b"ftypcrx ":
        from placeprint.photos.metadata.containers.cr3 import read_cr3

        read_cr3(file, found)
