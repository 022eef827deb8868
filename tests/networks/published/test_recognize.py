"""Knowing files by their content, and refusing what runs code."""

import os
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.errors import FormatError, PlaceprintError  # noqa: E402
from placeprint.networks.backbones import ResNet  # noqa: E402
from placeprint.networks.published import read_cosplace, read_published  # noqa: E402
from placeprint.networks.published.files.checkpoint import read_checkpoint  # noqa: E402
from placeprint.networks.published.files.records import ArrayRecord, KindRecord, Record, as_array  # noqa: E402
from placeprint.networks.published.recognize import SOURCES  # noqa: E402


def test_every_source_is_known_by_its_marks_alone():
    """No source's marks are a part of another's, but for those of the benchmark's GeM."""
    assert len({source.name for source in SOURCES}) == len(SOURCES) == 15
    for one in SOURCES:
        within = [other.name for other in SOURCES if other is not one and set(other.marks) <= set(one.marks)]
        assert within == (["the geo-localization benchmark (GeM)"] if one.name.startswith("CosPlace") else [])


def test_another_network_says_what_is_understood_and_what_is_missing(by_hand, write, tmp_path):
    path = write(tmp_path, by_hand.resnet18(2) | {"fc.weight": torch.zeros(3, 128)})
    with pytest.raises(PlaceprintError) as caught:
        read_published(path)
    message = str(caught.value)
    assert "Nearest: Deep Image Retrieval, of which it lacks model_options. Supported: OpenIBL" in message
    for name in ("SARE", "pytorch-NetVlad", "CosPlace", "MixVPR", "SALAD", "MegaLoc", "BoQ", "Conv-AP"):
        assert name in message
    named = {f"backbone.{name}": x for name, x in by_hand.numbered(by_hand.resnet18(2)).items()}
    path = write(tmp_path, named | {"aggregation.1.p": torch.ones(1), "aggregation.3.bias": torch.ones(2)})
    with pytest.raises(PlaceprintError, match=r"Nearest: CosPlace.* lacks aggregation\.3\.weight\."):
        read_cosplace(path)


def test_a_whitening_is_only_taken_where_there_is_one(by_hand, write, tmp_path):
    named = {f"backbone.{name}": x for name, x in by_hand.numbered(by_hand.resnet18(1)).items()}
    path = write(tmp_path, named | {"aggregation.1.p": torch.ones(1)})
    with pytest.raises(PlaceprintError, match="allows no other whitening"):
        read_published(path, "Landmarks_clean")


def test_incomplete_files_say_what_they_lack(by_hand, write, tmp_path):
    named = {f"backbone.{name}": x for name, x in by_hand.numbered(by_hand.resnet18(2)).items()}
    named |= {"aggregation.1.p": torch.ones(1), "aggregation.3.bias": torch.ones(2)}
    named |= {"aggregation.3.weight": torch.ones(2, 128)}

    def read(changed):
        return read_published(write(tmp_path, changed))

    read(named)
    lacking = {name: x for name, x in named.items() if name != "backbone.5.1.bn2.bias"}
    with pytest.raises(PlaceprintError, match=r"it lacks backbone\.layer2\.1\.bn2\.bias\."):
        read(lacking)
    with pytest.raises(PlaceprintError, match=r"it has unknown pooling\.7\.q\."):
        read(named | {"aggregation.7.q": torch.ones(1)})
    with pytest.raises(PlaceprintError, match=r"wrong shapes: pooling\.3\.weight \(2, 64\) for \(2, 128\)"):
        read(named | {"aggregation.3.weight": torch.ones(2, 64)})
    without = {name: x for name, x in named.items() if not name.startswith("backbone.5.1")}
    with pytest.raises(PlaceprintError, match=r"layers of \[2, 1\] blocks"):
        read(without)
    with pytest.raises(PlaceprintError, match=r"begins with a convolution \(3, 9, 9\)"):
        read(named | {"backbone.0.weight": torch.ones(2, 3, 9, 9)})


@pytest.mark.parametrize("depth", [34, 50])
def test_networks_with_equal_counts_of_blocks_are_told_apart(depth, by_hand, write, tmp_path):
    original = ResNet(depth, "layer1")
    channels = original.channels
    named = {f"backbone.{name}": x for name, x in by_hand.numbered(original.state_dict()).items()}
    named |= {"aggregation.1.p": torch.ones(1), "aggregation.3.bias": torch.zeros(2)}
    named |= {"aggregation.3.weight": by_hand.random(2, channels)}
    published = read_published(write(tmp_path, named))
    assert published.architecture.backbone.name == f"resnet{depth}"
    x = by_hand.random(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(published.network.backbone(x), original.eval()(x))


class Touch:
    """A pickle of it names this function."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("name", ["mkdir", "print"])
def test_a_malicious_checkpoint_is_refused_and_not_run(old, name, write, tmp_path, capsys):
    target = tmp_path / "made"
    bad = Touch(os.mkdir, str(target)) if name == "mkdir" else Touch(print, "a pickle ran code")
    path = write(tmp_path, {"features.0.weight": torch.ones(2)}, "state_dict", old=old, meta={"pooling": bad})
    with pytest.raises(
        FormatError, match=rf"names \S*{name}, which weights never need. No code in it was run"
    ):
        read_published(path)
    assert not target.exists()
    assert "ran code" not in capsys.readouterr().out


def test_numpys_names_make_records_and_call_nothing(write, tmp_path):
    rest = {"recall": np.float64(0.5), "table": np.arange(6.0).reshape(2, 3).T, "words": np.array(["a"])}
    loaded = read_checkpoint(write(tmp_path, {"module.a": torch.ones(2)}, "state_dict", **rest)).rest
    assert all(isinstance(value, Record) for value in loaded.values())
    np.testing.assert_array_equal(as_array(loaded["table"]), rest["table"])
    for name in ("recall", "words"):
        with pytest.raises(ValueError, match=r"expected an array, not|an array of type"):
            as_array(loaded[name])
    forged = ArrayRecord()
    forged.__setstate__((1, (2,), np.dtype("f8"), False, b"12345678"))
    with pytest.raises(ValueError, match="malformed array"):
        as_array(forged)
    kind = KindRecord("f8", False, True)
    kind.__setstate__((3, "<", None))
    forged.__setstate__((1, (1,), kind, False, "12345678"))
    with pytest.raises(ValueError, match="array of type <f8"):
        as_array(forged)
    forged.__setstate__((1, (2,), kind, False, b"12345678"))
    with pytest.raises(ValueError, match="reshape"):
        as_array(forged)


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f4", ">f8"])
def test_arrays_are_read_as_numpy_reads_them(kind, write, tmp_path):
    array = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(kind)
    for ordered in (array, np.asfortranarray(array), array[::2]):
        path = write(tmp_path, {"a": torch.ones(1)}, "state_dict", table=ordered)
        read = as_array(read_checkpoint(path).rest["table"])
        np.testing.assert_array_equal(read, ordered)
        assert read.dtype.isnative


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged or not of torch.save"),
        (b"no weights", "is damaged or not of torch.save"),
        (b"PK\x03\x04 cut", "is damaged or not of torch.save"),
        (b"\x89HDF\r\n\x1a\n", "is damaged or not of torch.save"),
        (pickle.dumps([1], 2), "holds no named weights|is damaged"),
    ],
)
def test_other_files(content, message, tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        read_published(path)


def test_missing_files_and_files_of_other_things(tmp_path, write):
    with pytest.raises(PlaceprintError, match="cannot be read"):
        read_published(tmp_path / "lost.pth")
    with pytest.raises(FormatError, match="not a file"):
        read_cosplace(tmp_path)
    with pytest.raises(FormatError, match="holds no named weights"):
        read_published(write(tmp_path, {"a": 1.5}))
