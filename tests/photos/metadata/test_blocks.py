"""Where a position may stand inside a file: every container, before and after the pixels, split, doubled."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from photo_files import (
    EXTENDED_HEAD,
    NAMESPACES,
    XMP_HEAD,
    chunk,
    exif,
    gps,
    jpeg,
    picture,
    placed,
    png,
    xmp,
)

from placeprint.photos import load, read_info

HERE = (-33.9, 18.42)
PACKET = placed(*HERE, {"exif:GPSImgDirection": "90/1", "exif:GPSImgDirectionRef": "T"})


def at(path: Path) -> tuple[float, float]:
    info = read_info(path)
    assert info.position_problem is None, info
    return round(info.point.lat, 6), round(info.point.lon, 6)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_xmp_in_every_format(tmp_path: Path, format: str) -> None:
    path = tmp_path / "photo.bin"
    picture().save(path, format, **({"tiffinfo": {700: PACKET}} if format == "TIFF" else {"xmp": PACKET}))
    if format == "PNG":
        png(path, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET))
    assert at(path) == HERE
    assert (read_info(path).heading, read_info(path).source) == (90.0, "XMP")


def test_xmp_in_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(picture()).save(path, xmp=PACKET)
    assert at(path) == HERE


HEXED = exif(gps(*HERE))


def hexed(name: bytes, block: bytes, kind: bytes) -> bytes:
    text = b"\n%s\n%8d\n" % (name, len(block)) + block.hex().encode() + b"\n"
    text = text if kind == b"tEXt" else b"\0" + zlib.compress(text)
    return chunk(kind, b"Raw profile type " + name + b"\0" + text)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "written",
    [
        chunk(b"eXIf", HEXED),
        chunk(b"eXIf", HEXED[6:]),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(PACKET)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0en\0XMP\0" + PACKET),
        chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET.replace(b"\xef\xbb\xbf", b"")),
        *(hexed(name, HEXED, kind) for name in (b"exif", b"APP1") for kind in (b"tEXt", b"zTXt")),
        hexed(b"exif", HEXED[6:], b"zTXt"),
        hexed(b"xmp", PACKET, b"zTXt"),
        hexed(b"APP1", XMP_HEAD + PACKET, b"tEXt"),
    ],
    ids=lambda value: "" if isinstance(value, bool) else value[4:30].decode("latin-1").split("\0")[0],
)
def test_png_before_and_after_the_pixels(tmp_path: Path, written: bytes, after: bool) -> None:
    path = png(tmp_path / "photo.png", b"" if after else written, written if after else b"")
    assert at(path) == HERE


def test_orientation_after_the_pixels_of_a_png(tmp_path: Path) -> None:
    turned = png(tmp_path / "a.png", after=chunk(b"eXIf", exif(photo={0x0112: ("H", [6])})[6:]))
    assert (read_info(turned).width, read_info(turned).height) == (48, 64)
    assert load(turned).shape == (64, 48, 3)


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_of_webp_with_and_without_its_prefix(tmp_path: Path, prefix: bytes) -> None:
    picture().save(tmp_path / "a.webp", exif=prefix + HEXED[6:])
    assert at(tmp_path / "a.webp") == HERE


def test_extended_xmp_split_over_segments_in_any_order(tmp_path: Path) -> None:
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    rest = placed(*HERE) + b" " * 150_000
    main = xmp({"xmpNote:HasExtendedXMP": guid.decode()})
    size = 60_000
    parts = [
        EXTENDED_HEAD + guid + struct.pack(">II", len(rest), start) + rest[start : start + size]
        for start in range(0, len(rest), size)
    ]
    assert len(parts) == 3
    assert at(jpeg(tmp_path / "a.jpg", XMP_HEAD + main, *reversed(parts))) == HERE
    other = jpeg(tmp_path / "b.jpg", XMP_HEAD + xmp(), *parts)
    assert read_info(other).point is None  # the packet names no extension
    assert read_info(jpeg(tmp_path / "c.jpg", XMP_HEAD + main, *parts[1:])).point is None


def test_a_second_block_of_exif(tmp_path: Path) -> None:
    first = exif(photo={0x010F: ("A", "Maker")}, camera={0x9003: ("A", "2024:05:01 12:30:15")})
    path = jpeg(tmp_path / "a.jpg", first, exif(gps(*HERE)))
    assert at(path) == HERE
    assert (read_info(path).camera, read_info(path).time.year) == ("Maker", 2024)
    both = jpeg(tmp_path / "b.jpg", exif(gps(10.0, 20.0)), exif(gps(*HERE)))
    assert at(both) == (10.0, 20.0)
    cut = HEXED[:40]
    assert at(jpeg(tmp_path / "c.jpg", cut, b"Exif\0\0" + HEXED[40:])) == HERE  # one block in two segments
    broken = exif(gps(*HERE) | {2: ("R", [(1, 0), (0, 1), (0, 1)])})
    assert at(jpeg(tmp_path / "d.jpg", broken, exif(gps(*HERE)))) == HERE


def test_xmp_beside_exif_without_letters(tmp_path: Path) -> None:
    lost = gps(*HERE)
    del lost[1], lost[3]
    path = jpeg(tmp_path / "a.jpg", exif(lost), XMP_HEAD + PACKET)
    assert at(path) == HERE
    alone = read_info(jpeg(tmp_path / "b.jpg", exif(lost)))
    assert alone.point is None
    assert "does not say N or S" in alone.position_problem


def big_tiff(order: str) -> bytes:
    """A BigTIFF of 64 x 48 gray pixels with XMP."""
    pixels = bytes(64 * 48)
    entries = [
        (256, 3, struct.pack(order + "H", 64)), (257, 3, struct.pack(order + "H", 48)),
        (258, 3, struct.pack(order + "H", 8)), (259, 3, struct.pack(order + "H", 1)),
        (262, 3, struct.pack(order + "H", 1)), (273, 4, b"strip"), (277, 3, struct.pack(order + "H", 1)),
        (278, 3, struct.pack(order + "H", 48)), (279, 4, struct.pack(order + "I", len(pixels))),
        (700, 1, PACKET),
    ]  # fmt: skip
    data = 16 + 8 + 20 * len(entries) + 8
    table = struct.pack(order + "Q", len(entries))
    for tag, kind, value in entries:
        if value == b"strip":
            value = struct.pack(order + "I", data + len(PACKET))
        count = len(value) if kind == 1 else 1
        inline = value.ljust(8, b"\0") if len(value) <= 8 else struct.pack(order + "Q", data)
        table += struct.pack(order + "HHQ", tag, kind, count) + inline
    head = (b"II+\0" if order == "<" else b"MM\0+") + struct.pack(order + "HHQ", 8, 0, 16)
    return head + table + bytes(8) + PACKET + pixels


def test_big_tiff(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(big_tiff("<"))
    assert at(tmp_path / "a.tif") == HERE
    assert load(tmp_path / "a.tif").shape == (48, 64, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("as_elements", [False, True])
def test_written_forms_of_a_packet(tmp_path: Path, encoding: str, as_elements: bool) -> None:
    fields = {"exif:GPSLatitude": "33,54.0S", "exif:GPSLongitude": "18,25.2E"}
    packet = xmp(fields, as_elements=as_elements).decode().encode(encoding)
    assert at(jpeg(tmp_path / "a.jpg", XMP_HEAD + packet)) == HERE
    padded = packet if encoding == "utf-16" else packet + b"\0" * 2000
    assert at(jpeg(tmp_path / "b.jpg", XMP_HEAD + padded)) == HERE


def test_the_place_that_is_shown_is_not_where_the_camera_was(tmp_path: Path) -> None:
    shown = (
        "<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li rdf:parseType='Resource'>"
        "<exif:GPSLatitude>48,51.5N</exif:GPSLatitude><exif:GPSLongitude>2,17.7E</exif:GPSLongitude>"
        "<Iptc4xmpExt:City>Paris</Iptc4xmpExt:City><Iptc4xmpExt:CountryName>France</Iptc4xmpExt:CountryName>"
        "</rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>"
    )
    info = read_info(jpeg(tmp_path / "a.jpg", XMP_HEAD + xmp(elements=shown)))
    assert info.point is None
    assert info.place_names == ("Paris", "France")
    assert info.position_problem == "no position in EXIF or XMP, but it says: Paris, France"


def test_names_of_places(tmp_path: Path) -> None:
    record = b"".join(
        b"\x1c" + bytes([2, number]) + struct.pack(">H", len(word)) + word
        for number, word in ((90, "Malmö".encode()), (101, b"Sweden"), (95, "Skåne".encode("latin-1")))
    )
    resource = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG")
    whole = buffer.getvalue()
    path = tmp_path / "a.jpg"
    path.write_bytes(whole[:2] + b"\xff\xed" + struct.pack(">H", len(resource) + 2) + resource + whole[2:])
    assert read_info(path).place_names == ("Malmö", "Skåne", "Sweden")
    assert "it says: Malmö, Skåne, Sweden" in read_info(path).position_problem
    picture().save(tmp_path / "a.tif", tiffinfo={33723: record})
    assert read_info(tmp_path / "a.tif").place_names == ("Malmö", "Skåne", "Sweden")
    words = xmp(
        {"photoshop:City": "Lund", "photoshop:Country": "Sweden", "Iptc4xmpCore:Location": "Stortorget"}
    )
    assert read_info(jpeg(tmp_path / "b.jpg", XMP_HEAD + words)).place_names == (
        "Stortorget",
        "Lund",
        "Sweden",
    )
    sly = xmp({"photoshop:City": "Lu&#x9b;31mnd"})
    assert read_info(jpeg(tmp_path / "c.jpg", XMP_HEAD + sly)).place_names == ("Lu31mnd",)


def test_namespaces_are_the_publishers() -> None:
    """A prefix is any name; the address counts."""
    packet = placed(*HERE).replace(b"exif:", b"e:").replace(b"xmlns:exif", b"xmlns:e")
    assert NAMESPACES["exif"].encode() in packet
    from placeprint.photos.metadata.xmp.packet import read_packet

    assert read_packet(packet).get(NAMESPACES["exif"], "GPSLatitude") == f"{HERE[0]:.8f}"
