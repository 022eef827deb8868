"""The tutorials run as they are, write what they name, and print what they say they print."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
WARNINGS = ("error", "ignore:Conversion of an array:DeprecationWarning")
"""The second is pyproj's, for one point and an older NumPy."""

WRITTEN = {
    "01_locate_your_photos": ["located/answers.geojson", "located/answers.html"],
    "02_compare_two_methods": ["compared/report.html"],
    "03_train_sare": ["trained/run/model/config.json"],
    "04_add_an_algorithm": ["colors/cache"],
    "05_place_drone_frames": ["flight/frames.geojson", "flight/frames.gpx"],
}


def shape(text: str) -> list[str]:
    """Words of the lines; numbers, which are not the same to the last digit everywhere, as 0."""
    return [re.sub(r"[+-]?\d+(\.\d+)?", "0", line).split() for line in text.strip().splitlines()]


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_it_does_what_its_text_says(name: str, tmp_path: Path) -> None:
    if name == "03_train_sare":
        pytest.importorskip("torch")
    script = EXAMPLES / f"{name}.py"
    done = subprocess.run(
        [sys.executable, *(f"-W{kind}" for kind in WARNINGS), str(script)],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # small tensors: threads of many workers get in the way
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    assert shape(done.stdout) == shape(said.split("```")[1]), done.stdout
    assert all((tmp_path / path).exists() for path in WRITTEN[name])
