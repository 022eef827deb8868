import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from placeprint.descriptors import load_model, open_descriptor, save_model
from placeprint.descriptors.network.model_folder import download_model
from placeprint.errors import FormatError, MissingExtraError, PlaceprintError

torch = pytest.importorskip("torch")
from descriptor_conformance import scenes  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from small_networks import Mean, save_small_dinov2, small_descriptor  # noqa: E402

from placeprint.descriptors import describe_with  # noqa: E402
from placeprint.descriptors.network.weights import settings_of  # noqa: E402
from placeprint.networks.architecture import Architecture  # noqa: E402
from placeprint.networks.backbones import Hypercolumn, TransformersBackbone  # noqa: E402
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def descriptor():
    return small_descriptor("netvlad", clusters=2)


@pytest.fixture
def folder(descriptor, tmp_path):
    save_model(tmp_path / "model", descriptor)
    return tmp_path / "model"


def change(folder, **fields):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | fields))


def test_it_holds_two_files_that_others_can_read(descriptor, folder):
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    config = json.loads((folder / "config.json").read_text())
    assert config["format"] == "placeprint/model"
    assert config["version"] == 1
    assert (config["name"], config["dim"]) == ("lite0_netvlad2_pca8.nowhere-3k", 8)
    assert config["architecture"]["pooling"] == {"name": "netvlad", "options": {"clusters": 2}}
    assert (config["license"], config["training"], config["source"]) == ("CC0-1.0", "Nowhere 3k", "tests")
    assert (config["size_rule"], config["divisor"]) == ("area:64", 4)
    tensors = load_file(folder / "model.safetensors")
    assert tensors.keys() == descriptor.network.state_dict().keys()
    for name, tensor in descriptor.network.state_dict().items():
        assert torch.equal(tensors[name], tensor)
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 | 0o55
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_names_and_licenses_may_be_changed_by_hand(descriptor, folder):
    change(folder, name="town", license="MIT", notes=["by hand"])
    loaded = load_model(folder)
    assert (loaded.name, loaded.license, loaded.fingerprint) == ("town", "MIT", descriptor.fingerprint)
    assert loaded.network.backbone.license == "MIT"
    assert loaded.network.backbone.preprocessing == descriptor.card.preprocessing


def test_models_of_the_first_version_spell_it_licence(descriptor, folder):
    config = json.loads((folder / "config.json").read_text())
    config["licence"] = config.pop("license")
    (folder / "config.json").write_text(json.dumps(config))
    loaded = load_model(folder)
    assert (loaded.license, loaded.fingerprint) == ("CC0-1.0", descriptor.fingerprint)
    assert open_descriptor(f"{folder}#licence=MIT").license == "MIT"


def test_precision_and_size_stay_as_saved(descriptor, tmp_path):
    rough = descriptor.adjusted(precision="bfloat16", size_rule="exact:32x32")
    for name in ("rough", "rough.npz"):
        rough.save(tmp_path / name)
        again = open_descriptor(tmp_path / name)
        assert again.fingerprint == rough.fingerprint
        assert again.recipe["precision"] == "bfloat16"
        assert (
            open_descriptor(f"{tmp_path / name}#precision=float32,size=area:64").fingerprint
            == descriptor.fingerprint
        )
        assert open_descriptor(f"{tmp_path / name}@3").dim == 3


DAMAGES = {
    "cut config": (lambda f: (f / "config.json").write_text("{"), "cannot be read"),
    "a list": (lambda f: (f / "config.json").write_text("[]"), "not a JSON object"),
    "no config": (lambda f: (f / "config.json").unlink(), "cannot be read"),
    "another format": (lambda f: change(f, format="other"), "not a placeprint model folder"),
    "a newer version": (lambda f: change(f, version=2), "Upgrade placeprint"),
    "no version": (lambda f: change(f, version=None), "None is no layout version"),
    "an unknown field": (lambda f: change(f, color=1), "damaged"),
    "a wrong rule": (lambda f: change(f, size_rule="huge"), "not a resize rule"),
    "another rule": (lambda f: change(f, size_rule="area:80"), "differently from when it was saved"),
    "another dimension": (lambda f: change(f, dim=9), "differently from when it was saved"),
    "another sha": (lambda f: change(f, sha256="0"), "its SHA-256 differs"),
    "no architecture": (lambda f: change(f, architecture=None), "no architecture"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"has no model\.safetensors"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_folders_are_refused(folder, damage):
    spoil, said = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(FormatError, match=said):
        open_descriptor(folder)


@pytest.mark.parametrize("place", [10, 2000, -1])
def test_one_wrong_byte_of_the_weights_is_noticed(folder, place):
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[place] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(FormatError, match="SHA-256"):
        load_model(folder)


def rehash(folder):
    import hashlib

    change(folder, sha256=hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest())


def test_weights_of_another_network_are_refused(descriptor, folder):
    tensors = load_file(folder / "model.safetensors")
    for other, said in (
        ({k: v for k, v in tensors.items() if k != "pooling.centres"}, r"it lacks pooling\.centres"),
        (tensors | {"extra": torch.zeros(1)}, "it has unknown extra"),
        (tensors | {"pooling.centres": torch.zeros(3, 5)}, "wrong shapes"),
        (tensors | {"pooling.centres": tensors["pooling.centres"] + 1}, "differently from when it was saved"),
    ):
        save_file(other, folder / "model.safetensors")
        rehash(folder)
        with pytest.raises(FormatError, match=said):
            load_model(folder)


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


def test_pickles_are_refused_and_not_run(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    rehash(folder)
    with pytest.raises(FormatError, match="damaged, or holds more than tensors"):
        load_model(folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(FormatError, match="Weights in other files are not read"):
        load_model(folder)
    assert not Path("exploded").exists()


def test_a_folder_is_replaced_whole_or_not_at_all(descriptor, folder, monkeypatch):
    other = small_descriptor(seed=1)
    save_model(folder, other)
    assert load_model(folder).fingerprint == other.fingerprint
    from placeprint.descriptors.network import model_folder

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_folder.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_model(folder, descriptor)
    monkeypatch.undo()
    assert load_model(folder).fingerprint == other.fingerprint
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    (folder / "config.json").unlink()
    with pytest.raises(PlaceprintError, match="not a model folder"):
        save_model(folder, descriptor)
    with pytest.raises(PlaceprintError, match="not a model folder"):
        save_model(folder / "model.safetensors", descriptor)
    with pytest.raises(PlaceprintError, match="a model folder cannot hold it"):
        save_model(folder.parent / "new", describe_with(Mean()))


def test_a_saved_file_that_was_damaged(descriptor, tmp_path):
    path = tmp_path / "net.npz"
    descriptor.save(path)
    from placeprint.artifact import read_artifact, write_artifact

    config, arrays = read_artifact(path, "network", 1)
    write_artifact(path, "network", 1, config | {"fingerprint": "0"}, arrays)
    with pytest.raises(FormatError, match="was saved with the fingerprint 0"):
        open_descriptor(path)
    write_artifact(path, "network", 1, {}, arrays)
    with pytest.raises(FormatError, match="damaged"):
        open_descriptor(path)
    arrays.pop("pooling.centres")
    write_artifact(path, "network", 1, config, arrays)
    with pytest.raises(FormatError, match=r"it lacks pooling\.centres"):
        open_descriptor(path)


@pytest.mark.parametrize("hypercolumn", [False, True])
def test_a_transformers_backbone_needs_nothing_from_elsewhere(tmp_path, hypercolumn):
    source = save_small_dinov2(tmp_path / "source")
    described = {"name": "transformers", "source": str(source)}
    backbone = TransformersBackbone(source, "Apache-2.0")
    if hypercolumn:
        described["hypercolumn"] = ["layer1", "norm"]
        backbone = Hypercolumn(backbone, ["layer1", "norm"])
        if not isinstance(
            Architecture.model_validate({"backbone": described, "pooling": {"name": "gem"}}).backbone.build(),
            Hypercolumn,
        ):
            pytest.skip("this architecture builds no hypercolumn of a transformer")
    architecture = Architecture.model_validate(
        {"backbone": described, "pooling": {"name": "gem"}, "whitening": 6}
    )
    torch.manual_seed(3)
    matrix = torch.randn(6, backbone.channels).numpy()
    layer = WhiteningLayer.from_arrays(np.zeros(backbone.channels, np.float32), matrix)
    network = PlaceNetwork(backbone, architecture.pooling.build(backbone.channels), layer)
    from placeprint.descriptors import descriptor_of

    made = descriptor_of(network, architecture, backbone.weights, "area:70", "Town 9, triplet loss")
    assert made.name == "source_gem_pca6.town-9"
    assert made.recipe["divisor"] == 14
    rows = made.describe(scenes())
    made.save(tmp_path / "model")
    made.save(tmp_path / "model.npz")
    shutil.rmtree(source)
    for name in ("model", "model.npz"):
        again = open_descriptor(tmp_path / name)
        assert again.fingerprint == made.fingerprint
        assert settings_of(again.network) == settings_of(network) != {}
        np.testing.assert_allclose(again.describe(scenes()), rows, atol=1e-6)
    own = tmp_path / "model" / "backbone"
    assert sorted(path.name for path in own.iterdir()) == ["config.json", "preprocessor_config.json"]
    change(own, num_attention_heads=4)
    with pytest.raises(FormatError, match="does not make a network"):
        load_model(tmp_path / "model")
    shutil.rmtree(own)
    with pytest.raises(FormatError, match=r"no config\.json of its backbone"):
        load_model(tmp_path / "model")


def test_the_hub_is_asked_for_a_model_folder_alone(descriptor, folder, monkeypatch):
    hub = pytest.importorskip("huggingface_hub", reason="the extra `transformers` is not installed")
    asked = []

    def snapshot_download(name, allow_patterns):
        asked.append((name, allow_patterns))
        if name != "town/model":
            raise hub.errors.HFValidationError(f"Repo id {name}\nmust be other")
        return str(folder)

    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    assert open_descriptor("hf:town/model").fingerprint == descriptor.fingerprint
    assert open_descriptor("hf:town/model@2").dim == 2
    assert asked[0] == (
        "town/model",
        ["config.json", "model.safetensors", "backbone/*.json", "README.md"],
    )
    with pytest.raises(PlaceprintError, match=r"hf:town cannot be downloaded \(Repo id town\)"):
        open_descriptor("hf:town")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"Hugging Face hub needs .*placeprint\[transformers\]"):
        download_model("town/model")


def test_offline_the_hub_s_cache_is_used(descriptor, tmp_path):
    """A cache as huggingface_hub lays it out, and HF_HUB_OFFLINE."""
    pytest.importorskip("huggingface_hub", reason="the extra `transformers` is not installed")
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--town--model"
    save_model(repository / "snapshots" / commit, descriptor)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    code = (
        "from placeprint.descriptors import open_descriptor; from placeprint.errors import PlaceprintError\n"
        f"assert open_descriptor('hf:town/model').fingerprint == '{descriptor.fingerprint}'\n"
        "try: open_descriptor('hf:town/other')\n"
        "except PlaceprintError as error: print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "hf:town/other cannot be downloaded" in said.stdout
