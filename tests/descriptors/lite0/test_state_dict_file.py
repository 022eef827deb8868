import io
import os
import pickle

import numpy as np
import pytest

from placeprint.descriptors.lite0.state_dict_file import read_state_dict
from placeprint.errors import FormatError
from placeprint.networks.lite0_blocks import published_weights


def _write(path, state, **options):
    torch = pytest.importorskip("torch")
    torch.save(state, path, _use_new_zipfile_serialization=False, **options)
    return path


def test_the_published_file_reads_as_torch_reads_it():
    torch = pytest.importorskip("torch")
    expected = torch.load(published_weights(), weights_only=True)
    state = read_state_dict(published_weights())
    assert list(state) == list(expected)
    for name, tensor in expected.items():
        assert state[name].dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(state[name], tensor.numpy())


def test_views_with_strides_and_offsets_of_one_storage(tmp_path):
    torch = pytest.importorskip("torch")
    whole = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    state = {"t": whole.T, "part": whole[1:3, ::2], "scalar": whole[2, 3], "half": whole.half()}
    read = read_state_dict(_write(tmp_path / "views.pth", state))
    for name, tensor in state.items():
        np.testing.assert_array_equal(read[name], tensor.numpy())


class _Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = _write(tmp_path / "bomb.pth", {"weight": _Bomb()})
    with pytest.raises(FormatError, match="mkdir"):
        read_state_dict(path)
    assert not (tmp_path / "exploded").exists()


def test_other_files_are_refused_with_the_mend(tmp_path):
    torch = pytest.importorskip("torch")
    zipped = tmp_path / "zip.pth"
    torch.save({"a": torch.zeros(2)}, zipped)
    with pytest.raises(FormatError, match="_use_new_zipfile_serialization=False"):
        read_state_dict(zipped)
    with pytest.raises(FormatError, match="cannot be read"):
        read_state_dict(tmp_path / "absent.pth")
    with pytest.raises(FormatError, match="not a dictionary of tensors"):
        read_state_dict(_write(tmp_path / "list.pth", [1, 2]))
    with pytest.raises(FormatError, match=r"torch\.DoubleStorage"):
        read_state_dict(_write(tmp_path / "double.pth", {"a": torch.zeros(2, dtype=torch.float64)}))


def test_a_file_cut_anywhere_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    content = _write(tmp_path / "whole.pth", {"a": torch.ones(3, 2), "b": torch.zeros(4)}).read_bytes()
    cut = tmp_path / "cut.pth"
    for length in range(0, len(content), 7):
        cut.write_bytes(content[:length])
        with pytest.raises(FormatError):
            read_state_dict(cut)


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    path = _write(tmp_path / "a.pth", {"a": torch.arange(6.0)})
    content = path.read_bytes()
    # The shape (6,) is pickled as BININT1 6 TUPLE1; the storage's own count stays 6.
    shape = pickle.BININT1 + b"\x06" + pickle.TUPLE1
    assert content.count(shape) == 1
    path.write_bytes(content.replace(shape, pickle.BININT1 + b"\x07" + pickle.TUPLE1))
    with pytest.raises(FormatError, match="beyond its storage"):
        read_state_dict(path)


def test_random_damage_never_escapes_as_another_error(tmp_path):
    torch = pytest.importorskip("torch")
    buffer = io.BytesIO()
    torch.save({"a": torch.ones(3, 2)}, buffer, _use_new_zipfile_serialization=False)
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.pth"
    for _ in range(300):
        content = bytearray(buffer.getvalue())
        content[int(rng.integers(len(content)))] = int(rng.integers(256))
        path.write_bytes(bytes(content))
        try:
            read_state_dict(path)
        except FormatError:
            continue
