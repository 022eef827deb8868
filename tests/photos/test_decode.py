"""Decoding: every format, mode and orientation against arrays worked out by hand."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from placeprint.errors import PhotoError
from placeprint.photos import load, read_info
from placeprint.photos.decode import draft_scale

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
UPRIGHT = np.array([[RED, GREEN, BLUE], [WHITE, RED, GREEN]], np.uint8).repeat(16, 0).repeat(16, 1)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noisy(width: int, height: int, seed: int = 0) -> np.ndarray:
    """A smooth random picture: survives JPEG and shrinking."""
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels a camera writes so that `orientation` (EXIF 2.32, tag 0112) makes them upright:
    row 0 of the file is the scene's top (1, 2), bottom (3, 4), left (5, 8) or right (6, 7) side.
    """
    t = upright.transpose(1, 0, 2)
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: t,
        6: t[::-1],
        7: t[::-1, ::-1],
        8: t[:, ::-1],
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_orientation_is_applied(tmp_path: Path, orientation: int, format: str) -> None:
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {
        "JPEG": {"quality": 100, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    }.get(format, {})
    image = Image.fromarray(np.ascontiguousarray(stored(UPRIGHT, orientation)))
    path = tmp_path / "photo"
    path.write_bytes(encoded(image, format, exif=exif, **options))
    pixels = load(path)
    assert pixels.shape == UPRIGHT.shape
    assert np.abs(pixels.astype(int) - UPRIGHT).max() <= (3 if format in ("JPEG", "AVIF") else 0)
    info = read_info(path)
    assert (info.width, info.height) == (48, 32)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff(tmp_path: Path, compression: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo.tif"
    image = Image.fromarray(np.ascontiguousarray(stored(UPRIGHT, 6)))
    image.save(path, compression=compression, exif=exif)
    assert np.array_equal(load(path), UPRIGHT)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_impossible_orientation_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert np.array_equal(load(encoded(Image.fromarray(UPRIGHT), "PNG", exif=exif)), UPRIGHT)


def test_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    scene = noisy(160, 96)
    exif = Image.Exif()
    exif[0x0112] = 6
    heif = pillow_heif.from_pillow(Image.fromarray(np.ascontiguousarray(stored(scene, 6))))
    path = tmp_path / "IMG_0001.HEIC"
    heif.save(path, quality=95, exif=exif.tobytes())
    pixels = load(path)
    assert pixels.shape == scene.shape
    assert np.abs(pixels.astype(int) - scene).mean() < 4
    info = read_info(path)
    assert (info.width, info.height) == (160, 96)


def test_sixteen_bit_gray_is_scaled() -> None:
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    for format in ("PNG", "TIFF"):
        pixels = load(encoded(Image.fromarray(ramp), format))
        assert np.array_equal(pixels, np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2))
    pgm = b"P5 16 16 65535\n" + ramp.astype(">u2").tobytes()
    assert np.array_equal(load(pgm)[..., 0], np.arange(256).reshape(16, 16))


def test_modes_become_rgb() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(load(encoded(Image.fromarray(gray), "PNG")), np.repeat(gray[..., None], 3, 2))
    palette = Image.fromarray(UPRIGHT).quantize(8)
    for format in ("PNG", "GIF", "BMP"):
        assert np.array_equal(load(encoded(palette, format)), UPRIGHT)
    bits = Image.fromarray(gray > 99)
    assert np.array_equal(load(encoded(bits, "PNG"))[..., 1], np.where(gray > 99, 255, 0))


def test_transparency_is_laid_on_white() -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[..., 0] = 200
    rgba[:, 4:, 3] = 255
    rgba[:4, :4, 3] = 128
    expected = np.full((8, 8, 3), 255, np.uint8)
    expected[:, 4:] = (200, 0, 0)
    expected[:4, :4] = (227, 127, 127)
    for format in ("PNG", "TIFF"):
        assert np.abs(load(encoded(Image.fromarray(rgba), format)).astype(int) - expected).max() <= 1
    gray_alpha = Image.merge("LA", [Image.new("L", (4, 4), 10), Image.new("L", (4, 4), 0)])
    assert (load(encoded(gray_alpha, "PNG")) == 255).all()
    palette = Image.fromarray(UPRIGHT).quantize(8)
    clear = palette.getpixel((0, 0))
    for transparency in (clear, bytes(0 if i == clear else 255 for i in range(8))):
        pixels = load(encoded(palette, "PNG", transparency=transparency))
        assert (pixels[0, 0] == 255).all()
        assert tuple(pixels[0, 20]) == GREEN


@pytest.mark.parametrize("quality", [100])
def test_cmyk_jpeg_has_the_colors_of_the_print(quality: int) -> None:
    """Pillow writes CMYK JPEGs inverted with an Adobe marker, as Photoshop does."""
    data = encoded(Image.fromarray(UPRIGHT).convert("CMYK"), "JPEG", quality=quality, subsampling=0)
    assert b"Adobe" in data
    assert np.abs(load(data).astype(int) - UPRIGHT).max() <= 4


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_an_animation(format: str) -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in (RED, GREEN, BLUE)]
    options = {"lossless": True} if format == "WEBP" else {}
    pixels = load(encoded(frames[0], format, save_all=True, append_images=frames[1:], **options))
    assert (pixels == RED).all()


def test_draft_decoding_looks_like_full_decoding(tmp_path: Path) -> None:
    scene = noisy(2000, 1500)
    path = tmp_path / "big.jpg"
    Image.fromarray(scene).save(path, quality=95)
    for longest in (1024, 1000, 480, 250, 100):
        pixels = load(path, longest)
        assert pixels.shape == (round(longest * 0.75), longest, 3)
        reference = cv2.resize(scene, (longest, round(longest * 0.75)), interpolation=cv2.INTER_AREA)
        assert np.abs(pixels.astype(int) - reference).mean() < 1.5
    assert load(path, 5000).shape == scene.shape


@given(st.integers(1, 70_000), st.integers(1, 5000))
def test_draft_keeps_enough_pixels(side: int, longest: int) -> None:
    scale = draft_scale(side, longest)
    assert side / scale >= min(longest, side)
    assert scale == 8 or side < 2 * scale * longest


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 300), st.sampled_from(["JPEG", "PNG"]))
def test_size_never_exceeds_the_longest_side(width: int, height: int, longest: int, format: str) -> None:
    pixels = load(encoded(Image.new("RGB", (width, height), GREEN), format), longest)
    assert pixels.dtype == np.uint8
    assert max(pixels.shape[:2]) == min(longest, max(width, height))
    short = min(width, height) * min(1, longest / max(width, height))
    assert abs(min(pixels.shape[:2]) - max(1, short)) <= 0.5


def test_same_file_same_pixels_from_many_threads(tmp_path: Path) -> None:
    paths = []
    for i, format in enumerate(["jpg", "png", "webp", "tif", "gif"] * 4):
        paths.append(tmp_path / f"{i}.{format}")
        Image.fromarray(noisy(300 + i, 200, i)).save(paths[-1])
    alone = [load(path, 150) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        for one, many in zip(alone * 3, pool.map(lambda path: load(path, 150), paths * 3), strict=True):
            assert np.array_equal(one, many)


def test_arrays_are_checked_and_shrunk() -> None:
    image = noisy(64, 32)
    assert np.array_equal(load(image), image)
    assert np.array_equal(load(image[..., 0]), np.repeat(image[..., :1], 3, 2))
    assert np.array_equal(load(image[..., :1]), np.repeat(image[..., :1], 3, 2))
    assert load(image, 16).shape == (8, 16, 3)
    for bad in (image.astype(np.float32), image[None], image[:0], np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(PhotoError, match="array of shape"):
            load(bad)
    with pytest.raises(ValueError, match="not positive"):
        load(image, 0)


def test_pixels_can_be_written_to(tmp_path: Path) -> None:
    for format in ("PNG", "JPEG"):
        assert load(encoded(Image.fromarray(UPRIGHT), format)).flags.writeable


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(PhotoError, match="floating-point"):
        load(encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"))
