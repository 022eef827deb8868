import numpy as np
import pytest

from placeprint.artifact import fingerprint, read_artifact, replace_file, write_artifact
from placeprint.errors import FormatError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.npz"
    write_artifact(
        path, "codebook", 1, {"seed": 3}, {"centers": np.arange(6, dtype=np.float32).reshape(2, 3)}
    )
    return path


def test_round_trip(file):
    config, arrays = read_artifact(file, "codebook", 1)
    assert config == {"seed": 3}
    np.testing.assert_array_equal(arrays["centers"], [[0, 1, 2], [3, 4, 5]])


def test_another_kind_a_newer_layout_and_a_missing_file_are_named(file, tmp_path):
    with pytest.raises(FormatError, match="is a placeprint/codebook file"):
        read_artifact(file, "whitening", 1)
    with pytest.raises(FormatError, match="Upgrade placeprint"):
        read_artifact(file, "codebook", 0)
    with pytest.raises(FormatError, match="does not exist"):
        read_artifact(tmp_path / "b.npz", "codebook", 1)


def test_every_flipped_byte_of_the_content_is_noticed_or_harmless(file):
    config, arrays = read_artifact(file, "codebook", 1)
    good = file.read_bytes()
    noticed = 0
    for at in range(0, len(good), 7):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
        try:
            read, also = read_artifact(file, "codebook", 1)
        except FormatError:
            noticed += 1
        else:
            assert read == config
            np.testing.assert_array_equal(also["centers"], arrays["centers"])
    assert noticed > 20
    file.write_bytes(good[: len(good) // 2])
    with pytest.raises(FormatError, match="damaged"):
        read_artifact(file, "codebook", 1)


def test_a_failed_write_leaves_the_old_file_and_no_litter(file, monkeypatch):
    before = file.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("placeprint.artifact.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(file, b"new")
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_fingerprint_changes_with_setting_value_shape_type_and_name():
    base = np.zeros(4, np.float32)
    prints = {
        fingerprint({"a": 1}, {"x": base}),
        fingerprint({"a": 2}, {"x": base}),
        fingerprint({"a": 1}, {"y": base}),
        fingerprint({"a": 1}, {"x": base.reshape(2, 2)}),
        fingerprint({"a": 1}, {"x": base.astype(np.int32)}),
        fingerprint({"a": 1}, {"x": base + 1}),
    }
    assert len(prints) == 6
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
