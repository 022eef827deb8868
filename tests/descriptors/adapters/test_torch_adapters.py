import inspect
import os
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from placeprint.artifact import write_artifact
from placeprint.descriptors import describe_with, open_descriptor
from placeprint.errors import FormatError, PlaceprintError
from placeprint.photos import load, resize

torch = pytest.importorskip("torch")
import small_networks  # noqa: E402
from descriptor_conformance import check_card, check_descriptor, scenes  # noqa: E402
from small_networks import Mean, save_small_dinov2  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

HUBCONF = f"""
import torch
from torch import nn

dependencies = ["torch"]

{inspect.getsource(Mean)}

def mean(scale=1.0, words=None):
    assert words in (None, "Two", ["a", 2])
    return Mean(scale)

def number():
    return 3

def broken():
    raise KeyError("lost")
"""


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "hubconf.py").write_text(HUBCONF)
    return folder


def test_a_module_of_any_program_conforms(tmp_path):
    descriptor = describe_with(Mean(), "area:64", divisor=8, batch=2, name="mean", license="MIT")
    check_descriptor(descriptor, tmp_path, saved=None)
    check_card(descriptor)
    assert (descriptor.name, descriptor.license, descriptor.dim) == ("mean", "MIT", 12)


def test_a_hub_repository_conforms(repository, tmp_path, monkeypatch):
    source = f"hub:{repository}:mean:scale=2.0,words=Two#size=exact:64x48,pixels=lite0"
    descriptor = open_descriptor(source)
    check_descriptor(descriptor, tmp_path)
    check_card(descriptor)
    assert descriptor.license == "unknown: ask its authors"
    from placeprint.networks.backbones import LITE0_PIXELS

    rows = describe_with(Mean(2.0), "exact:64x48", LITE0_PIXELS).describe(scenes())
    np.testing.assert_allclose(descriptor.describe(scenes()), rows, atol=1e-6)
    others = [
        open_descriptor(f"hub:{repository}:mean:scale=2.0#size=exact:64x48"),
        open_descriptor(f"hub:{repository}:mean:words=['a', 2]"),
        open_descriptor(f"hub:{repository}:mean"),
    ]
    assert len({other.fingerprint for other in [descriptor, *others]}) == 4
    assert others[2].recipe["input"] == "exact:322x322"
    monkeypatch.chdir(repository.parent)
    near = open_descriptor("hub:repository:mean#license=MIT, with a comma")
    assert near.license == "MIT, with a comma"
    assert near.fingerprint == others[2].fingerprint
    near.save(tmp_path / "near.npz")
    monkeypatch.chdir("/")
    assert open_descriptor(tmp_path / "near.npz").license == "MIT, with a comma"


def test_a_reference_notices_another_network(repository, tmp_path):
    open_descriptor(f"hub:{repository}:mean").save(tmp_path / "mean.npz")
    hubconf = repository / "hubconf.py"
    # Of another length: Python takes a file of the same second and size for the one that it compiled.
    hubconf.write_text(hubconf.read_text().replace("manual_seed(1)", "manual_seed(23)"))
    with pytest.raises(FormatError, match=r"mean\.npz was saved with the fingerprint"):
        open_descriptor(tmp_path / "mean.npz")


def test_a_file_runs_no_code_that_the_user_has_not_named(repository, tmp_path, monkeypatch):
    path = tmp_path / "mean.npz"
    open_descriptor(f"hub:{repository}:mean").save(path)
    (repository / "hubconf.py").write_text("raise SystemExit('run')")
    monkeypatch.setattr("placeprint.descriptors.adapters.torch_hub._named", set())
    with pytest.raises(PlaceprintError, match=rf"mean\.npz would run the code in {repository}"):
        open_descriptor(path)
    monkeypatch.setenv("PLACEPRINT_TRUST", f"/elsewhere{os.pathsep}{repository}/")
    with pytest.raises(SystemExit):
        open_descriptor(path)
    write_artifact(path, "descriptor-reference", 1, {"source": str(path), "fingerprint": "0"}, {})
    with pytest.raises(FormatError, match="which is not a valid reference"):
        open_descriptor(path)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (":absent", "cannot be loaded"),
        (":broken", "KeyError: 'lost'"),
        (":number", "gives int, not a network"),
        (":mean:scale=", "are not valid arguments"),
        (":mean:scale=__import__('os')", "are not valid arguments"),
        ("", "does not name a repository and an entry"),
        (":mean#size=huge", "not a resize rule"),
        (":mean#pixels=odd", "pixels is one of imagenet, lite0"),
        (":mean#color=red", "Options: size, pixels"),
        (":mean#precision=int8", "precision is one of float32"),
        (":mean@4", "placeprint cannot change what it computes"),
    ],
)
def test_mistakes_in_a_hub_source_are_said_plainly(repository, rest, said):
    place = str(repository) if rest else "owner_without_a_slash"
    with pytest.raises(PlaceprintError, match=said):
        open_descriptor(f"hub:{place}{rest}")


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory):
    return save_small_dinov2(tmp_path_factory.mktemp("dinov2-tiny"))


@pytest.mark.parametrize("pooling", ["class", "mean", "gem"])
def test_a_transformers_model_conforms(dinov2, tmp_path, pooling, monkeypatch):
    source = f"transformers:{dinov2}:{pooling}"
    descriptor = open_descriptor(f"{source}#size=area:70")
    check_descriptor(descriptor, tmp_path)
    check_card(descriptor)
    assert descriptor.recipe["divisor"] == 14
    assert descriptor.recipe["pixels"]["mean"] == [0.1, 0.2, 0.3]
    if pooling != "class":
        kind = {"mean": "average"}.get(pooling, pooling)
        assert descriptor.name == f"{dinov2.name.replace('_', '-')}_{kind}"

    import transformers

    model = transformers.AutoModel.from_pretrained(dinov2)
    x = resize(load(scenes()[1]), "area:70", 14)
    with torch.no_grad():
        tokens = model(pixel_values=descriptor.card.preprocessing(x[None])).last_hidden_state[0].numpy()
    assert len(tokens) == 1 + x.shape[0] * x.shape[1] // 14**2
    expected = {
        "class": tokens[0],
        "mean": tokens[1:].mean(axis=0),
        "gem": (np.maximum(tokens[1:], 1e-6) ** 3).mean(axis=0) ** (1 / 3),
    }[pooling]
    row = descriptor.describe(scenes()[1:2])[0]
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-5)


def test_the_pooling_may_be_left_out(dinov2):
    assert (
        open_descriptor(f"transformers:{dinov2}").fingerprint
        == open_descriptor(f"transformers:{dinov2}:class").fingerprint
    )


def test_settings_that_are_not_weights_count_and_the_place_does_not(dinov2, tmp_path):
    four = save_small_dinov2(tmp_path / "four", num_attention_heads=4)
    copy = shutil.copytree(dinov2, tmp_path / "copy")
    for pooling in ("class", "mean"):
        two = open_descriptor(f"transformers:{dinov2}:{pooling}")
        assert open_descriptor(f"transformers:{four}:{pooling}").fingerprint != two.fingerprint
        assert open_descriptor(f"transformers:{copy}:{pooling}").fingerprint == two.fingerprint


class FakeTimm(types.ModuleType):
    """The three names of timm that are used."""

    def __init__(self):
        super().__init__("timm")
        self.data = types.SimpleNamespace(resolve_model_data_config=self._config)

    def create_model(self, name, pretrained, num_classes):
        if (name, pretrained, num_classes) != ("tiny", True, 0):
            raise RuntimeError(f"Unknown model ({name})")
        model = Mean()
        model.pretrained_cfg = {"license": "apache-2.0"}
        return model

    def _config(self, model):
        return {"input_size": (3, 48, 64), "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)}


def test_timm_models_conform_where_timm_is(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", FakeTimm())
    descriptor = open_descriptor("timm:tiny")
    check_descriptor(descriptor, tmp_path)
    assert descriptor.license == "apache-2.0"
    assert descriptor.recipe["input"] == "exact:64x48"
    assert descriptor.recipe["pixels"]["std"] == [0.25] * 3
    with pytest.raises(PlaceprintError, match="Unknown model"):
        open_descriptor("timm:huge")
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(PlaceprintError, match="Install timm and a torchvision that matches your torch"):
        open_descriptor("timm:tiny")


def test_hubconf_gives_a_module_with_its_preprocessing():
    root = Path(small_networks.__file__).parents[2]
    from placeprint.photos import resize

    for name in ("lite0-netvlad", "lite0_mac"):
        module = torch.hub.load(str(root), "placeprint", name=name, source="local", verbose=False)
        assert isinstance(module, torch.nn.Module)
        assert not module.training
        images = np.stack([resize(scene, "exact:64x64") for scene in scenes()[:3]])
        with torch.no_grad():
            rows = module(torch.from_numpy(images)).numpy()
        assert rows.shape == (3, module.out_dim)
        expected = (
            [open_descriptor(name).describe([image]) for image in images] if name == "lite0_mac" else None
        )
        if expected is not None:
            resized = np.stack([resize(image, module.size_rule, module.divisor) for image in images])
            with torch.no_grad():
                rows = module(torch.from_numpy(resized)).numpy()
            np.testing.assert_allclose(rows, np.concatenate(expected), atol=1e-5)
    assert module.license == "Apache-2.0"
    with pytest.raises(PlaceprintError, match="neither"):
        torch.hub.load(str(root), "placeprint", name="netvlad9000", source="local", verbose=False)


def test_hub_opens_placeprint_itself():
    root = Path(small_networks.__file__).parents[2]
    opened = open_descriptor(f"hub:{root}:placeprint:name=lite0_mac")
    images = scenes()[:2]
    np.testing.assert_allclose(
        opened.describe(images), open_descriptor("lite0_mac").describe(images), atol=1e-5
    )
