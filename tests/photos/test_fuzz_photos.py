"""Malformed photos of every format: a short run of `benchmarks/fuzz_photos.py`; and what photos may cost."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from placeprint.errors import PhotoError
from placeprint.photos import load, memory, resize

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_malformed_photos_are_read_or_refused() -> None:
    program = [sys.executable, str(FOLDER / "fuzz_photos.py"), "--photos", "1000", "--seed", "7"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("TRACEBACK     0") >= 11
    assert "libtiff" not in done.stderr.lower()
    assert "TIFF" not in done.stderr


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16", "L", "P"])
def test_in_strips_it_is_the_same_picture(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    picture = Image.fromarray(small).resize((1213, 907), Image.Resampling.BICUBIC)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    whole = load(picture, 200).astype(int)
    monkeypatch.setattr("placeprint.photos.decode.IN_STRIPS", 1000)
    monkeypatch.setattr("placeprint.photos.decode.STRIP", 20_000)
    strips = load(picture, 200).astype(int)
    assert strips.shape == whole.shape == (150, 200, 3)
    assert np.abs(strips - whole).max() <= 1
    assert resize(small, "longest:20").shape == (15, 20, 3)


def test_a_photo_that_would_not_fit_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (400, 300)).save(tmp_path / "a.png")
    monkeypatch.setattr(memory, "MOST", 400 * 300 * 4 - 1)
    with pytest.raises(PhotoError, match=r"a\.png: has 400 x 300 pixels .* GB to decode.*smaller"):
        load(tmp_path / "a.png")
    monkeypatch.setattr(memory, "MOST", 400 * 300 * 4)
    assert load(tmp_path / "a.png").shape == (300, 400, 3)


def test_of_large_photos_one_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = [], []

    def work() -> None:
        with memory.large_alone((memory.LARGE, 1)):
            inside.append(1)
            most.append(len(inside))
            threading.Event().wait(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
