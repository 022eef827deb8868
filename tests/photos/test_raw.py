"""TIFF files of several pages, and RAW files: which picture inside stands for the photo, and which way up."""

import io
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from photo_files import Tags, directory, exif, gps, picture, placed
from PIL import Image

from placeprint.errors import PhotoError
from placeprint.photos import RAW_EXTENSIONS, load, read_info
from placeprint.photos import raw as raw_module

HERE = (55.7081, 13.1912)
BIG, SMALL = picture(1, (640, 480)), picture(2, (160, 120))


def encoded(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def page(image: Image.Image, subfile: int, more: Tags | None = None) -> tuple[Tags, bytes]:
    """Tags and pixels of an uncompressed RGB page."""
    width, height = image.size
    tags: Tags = {
        254: ("I", [subfile]), 256: ("I", [width]), 257: ("I", [height]), 258: ("H", [8, 8, 8]),
        259: ("H", [1]), 262: ("H", [2]), 277: ("H", [3]), 278: ("I", [height]),
        279: ("I", [width * height * 3]),
    }  # fmt: skip
    return tags | (more or {}), image.tobytes()


def sensor(size: tuple[int, int] = (800, 600)) -> tuple[Tags, bytes]:
    """A page of a sensor's values, 16 bits each, which no viewer shows."""
    width, height = size
    tags: Tags = {
        254: ("I", [0]), 256: ("I", [width]), 257: ("I", [height]), 258: ("H", [16]), 259: ("H", [1]),
        262: ("H", [32803]), 277: ("H", [1]), 278: ("I", [height]), 279: ("I", [width * height * 2]),
        33421: ("H", [2, 2]), 33422: ("B", [0, 1, 1, 2]), 50706: ("B", [1, 4, 0, 0]),
    }  # fmt: skip
    return tags, np.arange(width * height, dtype=np.uint16).tobytes()


def preview(
    jpeg: bytes, size: tuple[int, int], kind: int = 7, interchange: bool = False
) -> tuple[Tags, bytes]:
    """A page that holds a JPEG, as a strip or as JPEGInterchangeFormat."""
    tags: Tags = {254: ("I", [1]), 256: ("I", [size[0]]), 257: ("I", [size[1]]), 259: ("H", [kind])}
    if interchange:
        return {254: ("I", [1]), 259: ("H", [6]), 513: ("I", [0]), 514: ("I", [len(jpeg)])}, jpeg
    return tags | {262: ("H", [6]), 277: ("H", [3]), 279: ("I", [len(jpeg)])}, jpeg


def tiff(
    main: list[tuple[Tags, bytes]],
    below: list[tuple[Tags, bytes]] | None = None,
    order: str = "<",
    head: bytes = b"",
    more: Tags | None = None,
) -> bytes:
    """Pages in a chain, the `below` ones as SubIFDs of the first, which also gets GPS and `more`."""
    pages = [dict(tags) for tags, _ in main] + [dict(tags) for tags, _ in below or []]
    pages[0] |= {34853: ("I", [0])} | (more or {})
    if below:
        pages[0][330] = ("I", [0] * len(below))
    pages = [tags if 513 in tags else tags | {273: ("I", [0])} for tags in pages]
    magic = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(head)) + head
    at, starts = len(magic), []
    for tags in pages:
        starts.append(at)
        at += len(directory(tags, 0, order))
    gps_at = at
    where = directory(gps(*HERE), gps_at, order)
    at += len(where)
    data = b""
    for tags, (_, pixels) in zip(pages, [*main, *(below or [])], strict=True):
        tags[513 if 513 in tags else 273] = ("I", [at + len(data)])
        data += pixels + b"\0" * (len(pixels) % 2)
    pages[0][34853] = ("I", [gps_at])
    if below:
        pages[0][330] = ("I", starts[len(main) :])
    following = [*starts[1 : len(main)], 0, *([0] * len(below or []))]
    tables = [directory(t, s, order, n) for t, s, n in zip(pages, starts, following, strict=True)]
    return magic + b"".join(tables) + where + data


def same(pixels: np.ndarray, image: Image.Image, tolerance: float = 3.0) -> bool:
    wanted = np.asarray(image)
    return pixels.shape == wanted.shape and np.abs(pixels.astype(int) - wanted).mean() < tolerance


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("source", ["file", "bytes"])
@pytest.mark.parametrize("placed_at", ["below", "second", "first"])
def test_a_reduced_page_is_not_the_photo(tmp_path: Path, placed_at: str, source: str, order: str) -> None:
    full, reduced = page(BIG, 0), page(SMALL, 1)
    content = {
        "below": lambda: tiff([reduced], [full], order),
        "second": lambda: tiff([reduced, full], order=order),
        "first": lambda: tiff([full, reduced], order=order),
    }[placed_at]()
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    assert same(load(content if source == "bytes" else path), BIG, 0.1)
    info = read_info(path)
    assert (info.width, info.height) == (640, 480)
    assert (info.point.lat, info.point.lon) == pytest.approx(HERE, abs=1e-6)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "tiff_adobe_deflate"])
def test_compressed_pages(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.tif"
    small, big = picture(2, SMALL.size), picture(1, BIG.size)
    small.save(path, tiffinfo={254: 1}, save_all=True, append_images=[big], compression=compression)
    found = raw_module.pages(io.BytesIO(path.read_bytes()))
    assert [p.number(256) for p in found] == [160, 640]
    whole = bytearray(path.read_bytes())
    with Image.open(path) as image:
        image.seek(1)
        assert image.size == (640, 480)
        place = found[1].offset
    at = whole.find(struct.pack("<HHI", 254, 4, 1), place)
    if 0 <= at < place + 200:  # Pillow copies the tag to all pages; the second is the photo
        whole[at + 8 : at + 12] = bytes(4)
    path.write_bytes(bytes(whole))
    assert same(load(path), BIG, 6.0)
    assert same(load(bytes(whole)), BIG, 6.0)


def test_all_pages_reduced_or_none_marked(tmp_path: Path) -> None:
    assert same(load(tiff([page(SMALL, 1)])), SMALL, 0.1)
    assert same(load(tiff([page(SMALL, 0), page(BIG, 0)])), SMALL, 0.1)  # a document: its first page
    assert same(load(tiff([page(SMALL, 4), page(BIG, 0)])), BIG, 0.1)  # a mask


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_of_the_first_page_is_that_of_the_photo(tmp_path: Path, orientation: int) -> None:
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    upright = BIG.transpose(turn[orientation]) if orientation in turn else BIG
    more: Tags = {274: ("H", [orientation])}
    path = tmp_path / "a.dng"
    for content in (
        tiff([page(SMALL, 1)], [page(BIG, 0)], more=more),
        tiff([page(SMALL, 1)], [page(BIG, 0, more)], more=more),  # each page has its own
        tiff([page(SMALL, 1)], [sensor(), preview(encoded(BIG), BIG.size)], more=more),
    ):
        path.write_bytes(content)
        assert same(load(path), upright)
        assert (read_info(path).width, read_info(path).height) == upright.size


def test_loops_of_directories_end() -> None:
    content = bytearray(tiff([page(SMALL, 1), page(BIG, 0)]))
    (first,) = struct.unpack_from("<I", content, 4)
    entries = struct.unpack_from("<H", content, first)[0]
    struct.pack_into("<I", content, first + 2 + 12 * entries, first)
    assert same(load(bytes(content)), SMALL, 0.1)


JPEG = encoded(BIG)
CAMERAS = {
    "strip": tiff([page(SMALL, 1)], [sensor(), preview(JPEG, BIG.size)]),
    "interchange": tiff([page(SMALL, 1)], [preview(JPEG, BIG.size, interchange=True), sensor()]),
    "old JPEG": tiff([preview(JPEG, BIG.size, 6)], [sensor()]),
    "sensor first": tiff([sensor(), preview(JPEG, BIG.size)]),
    "big endian": tiff([page(SMALL, 1)], [sensor(), preview(JPEG, BIG.size)], ">"),
    "Canon": tiff([preview(JPEG, BIG.size, 6)], head=b"CR\2\0\0\0\0\0"),
    "nowhere said": tiff([page(SMALL, 1)], [sensor()]) + bytes(77) + JPEG,
    "finished page": tiff([page(BIG, 1)], [sensor()]),
    "Olympus": b"IIRO" + tiff([page(SMALL, 1)])[4:] + JPEG,
    "Panasonic": b"IIU\0" + tiff([sensor()])[4:] + encoded(SMALL) + JPEG,
}


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_picture_inside_stands_for_the_photo(tmp_path: Path, camera: str) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(CAMERAS[camera])
    assert same(load(path), BIG)
    assert same(load(CAMERAS[camera]), BIG)
    assert same(load(path, 320), BIG.resize((320, 240), Image.Resampling.BOX), 6.0)
    info = read_info(path)
    assert (info.width, info.height, info.source) == (640, 480, "EXIF")
    assert (info.point.lat, info.point.lon) == pytest.approx(HERE, abs=1e-6)


def test_fujifilm(tmp_path: Path) -> None:
    inside = encoded(BIG, exif=exif(gps(*HERE), photo={274: ("H", [3])}))
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 160, len(inside))
    (tmp_path / "a.RAF").write_bytes(head.ljust(160, b"\0") + inside + bytes(500))
    info = read_info(tmp_path / "a.RAF")
    assert (info.point.lat, info.point.lon) == pytest.approx(HERE, abs=1e-6)
    assert same(load(tmp_path / "a.RAF"), BIG.transpose(Image.Transpose.ROTATE_180))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def test_canon_cr3(tmp_path: Path) -> None:
    def block(tags: Tags) -> bytes:
        return b"II*\0" + struct.pack("<I", 8) + directory(tags, 8)

    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    inner = box(b"CMT1", block({271: ("A", "Canon"), 272: ("A", "EOS R5"), 274: ("H", [6])}))
    inner += box(b"CMT2", block({0x9003: ("A", "2024:05:01 12:30:15")})) + box(b"CMT4", block(gps(*HERE)))
    content = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon + inner))
    path = tmp_path / "a.cr3"
    path.write_bytes(content + box(b"mdat", encoded(SMALL) + bytes(99) + JPEG))
    info = read_info(path)
    assert (info.point.lat, info.point.lon) == pytest.approx(HERE, abs=1e-6)
    assert (info.camera, info.time.year, info.width) == ("Canon EOS R5", 2024, 480)
    assert same(load(path), BIG.transpose(Image.Transpose.ROTATE_270))
    packet = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + placed(1.5, 2.5)
    path.write_bytes(box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"uuid", packet) + box(b"mdat", JPEG))
    assert (read_info(path).point.lat, read_info(path).source) == (1.5, "XMP")


@pytest.mark.parametrize("content", [
    tiff([page(SMALL, 1)], [sensor((16, 12))]),
    tiff([page(SMALL, 1)], [sensor((16, 12)), preview(encoded(SMALL), SMALL.size)]),
    b"\0\0\0\x18ftypcrx " + bytes(100),
    b"II*\0\x10\0\0\0CR\2\0" + bytes(100),
    b"FUJIFILMCCD-RAW " + bytes(100),
    b"FOVb" + bytes(100),
    b"IIU\0" + bytes(100),
])  # fmt: skip
def test_without_a_usable_picture_there_is_a_reason(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(content)
    if content.startswith(b"\0\0\0\x18ftypcrx"):
        pytest.importorskip("rawpy")
        with pytest.raises(PhotoError, match=r"no preview inside, and LibRaw says: [A-Z]"):
            load(path)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    for use in (load, read_info):
        with pytest.raises(PhotoError, match=r"RAW photo with (no|only a) preview.*install .*raw") as caught:
            use(path)
        assert str(path) in str(caught.value)


def test_libraw_develops_what_has_no_preview(tmp_path: Path) -> None:
    rawpy = pytest.importorskip("rawpy")
    rng = np.random.default_rng(0)
    tags, _ = sensor((256, 192))
    values = rng.integers(1000, 30000, (192, 256), dtype=np.uint16)
    more: Tags = {
        271: ("A", "Maker"), 272: ("A", "Model"), 50708: ("A", "Maker Model"), 50717: ("I", [65535]),
        50721: ("SR", [(1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1)]),
        50728: ("R", [(1, 1), (1, 1), (1, 1)]), 274: ("H", [6]),
    }  # fmt: skip
    path = tmp_path / "a.dng"
    path.write_bytes(tiff([(tags, values.tobytes())], more=more))
    with rawpy.imread(str(path)) as opened:
        wanted = opened.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    assert np.array_equal(load(path), wanted)
    info = read_info(path)
    assert info.height > info.width  # turned as the file says
    assert (info.point.lat, info.point.lon) == pytest.approx(HERE, abs=1e-6)


def test_a_preview_is_used_whether_or_not_libraw_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rawpy")
    before = load(CAMERAS["strip"])
    monkeypatch.setitem(sys.modules, "rawpy", None)
    assert np.array_equal(load(CAMERAS["strip"]), before)


def test_extensions() -> None:
    assert {".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2", ".pef"} <= RAW_EXTENSIONS
    assert not RAW_EXTENSIONS & {".jpg", ".tif", ".heic"}
    assert all(extension == extension.lower() and extension[0] == "." for extension in RAW_EXTENSIONS)


@pytest.mark.skipif(os.name != "posix", reason="counts open files by /proc")
def test_no_file_stays_open(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc")
    path = tmp_path / "a.nef"
    before = len(list(Path("/proc/self/fd").iterdir()))
    for content in CAMERAS.values():
        path.write_bytes(content)
        for _ in range(3):
            load(path)
            read_info(path)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
