"""Too little memory is a reason, never a traceback."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
from placeprint.cli import main
sys.argv = ["placeprint", *sys.argv[2:]]
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
@pytest.mark.parametrize("megabytes", [750, 950, 1100, 8000])
def test_a_build_with_little_memory_says_so(tmp_path: Path, megabytes: int) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "photos.csv").write_text("path,lat,lon\na.jpg,55.7,13.2\nb.jpg,55.8,13.2\n")
    for name, color in (("a.jpg", "gray"), ("b.jpg", "blue")):
        Image.effect_noise((640, 480), 80).convert("RGB").save(photos / name, comment=color)
    command = [sys.executable, "-c", PROGRAM, str(megabytes * 1_000_000), "build", str(photos)]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "m"), "-q"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    if done.returncode == -signal.SIGSEGV:
        pytest.skip("a library in C did not survive the lack of memory: not ours to say")
    if megabytes == 8000:
        assert "Added 2 photos" in done.stdout
    elif done.returncode:
        assert "memory" in done.stderr or "cannot be loaded" in done.stderr
