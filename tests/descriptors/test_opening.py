import subprocess
import sys

import numpy as np
import pytest

from placeprint.artifact import write_artifact
from placeprint.descriptors import learn_descriptor, open_descriptor
from placeprint.errors import FormatError, PlaceprintError


def test_by_name_and_by_file(tmp_path):
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(4)]
    own = learn_descriptor("lite0-netvlad", photos, dim=2)
    own.save(tmp_path / "own.npz")
    assert open_descriptor(tmp_path / "own.npz").fingerprint == own.fingerprint
    assert open_descriptor(str(tmp_path / "own.npz")).dim == 2
    assert open_descriptor("lite0-netvlad").dim == 512


def test_mistakes_name_the_mend(tmp_path):
    with pytest.raises(PlaceprintError, match="neither"):
        open_descriptor("netvlad9000")
    with pytest.raises(PlaceprintError, match="lite0-netvlad, rootsift-vlad"):
        learn_descriptor("netvlad9000", [])
    other = tmp_path / "codebook.npz"
    write_artifact(other, "codebook", 1, {}, {"centres": np.zeros((2, 2))})
    with pytest.raises(FormatError, match="codebook file"):
        open_descriptor(other)
    other.write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(FormatError, match="damaged"):
        open_descriptor(other)


def test_the_default_descriptor_never_loads_torch():
    code = (
        "import sys, numpy as np; from placeprint import descriptors;"
        "assert not {'torch', 'faiss', 'onnxruntime', 'onnx', 'cv2'} & set(sys.modules), 'heavy import';"
        "d = descriptors.open_descriptor('lite0-netvlad');"
        "assert d.describe([np.zeros((64, 64, 3), np.uint8)]).shape == (1, 512);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
