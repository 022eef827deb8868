import pytest

from placeprint.descriptors import learn_descriptor, needs_photos, open_descriptor
from placeprint.descriptors.model_names import ModelName, parse_name
from placeprint.descriptors.sources import Source, parse_source
from placeprint.errors import PlaceprintError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lite0_gem", ModelName("lite0", "gem")),
        ("lite0_netvlad64_pca512.cambridge", ModelName("lite0", "netvlad", 64, 512, "cambridge")),
        ("vgg16_netvlad64_pca4096.pitts30k", ModelName("vgg16", "netvlad", 64, 4096, "pitts30k")),
        ("resnet50_cosplace512.sf-xl", ModelName("resnet50", "cosplace", 512, None, "sf-xl")),
        ("dinov2-base_gem_pca128", ModelName("dinov2-base", "gem", None, 128)),
    ],
)
def test_a_name_says_what_it_is_and_back(text, name):
    assert parse_name(text) == name
    assert str(name) == text


def test_other_texts_are_no_names():
    for text in ("lite0-netvlad", "lite0", "Lite0_gem", "lite0_gem_pca", "lite0_gem_256", "a/lite0_gem", ""):
        assert parse_name(text) is None


def test_what_can_be_built_and_what_needs_photos():
    known = {
        "lite0_gem": (True, False),
        "lite0_rmac_pca8": (True, True),
        "lite0_netvlad64": (True, True),
        "lite0_netvlad64_pca8": (True, True),
        "lite0_netvlad": (False, False),
        "lite0_netvlad0": (False, False),
        "lite0_gem3": (False, False),
        "lite0_gem_pca0": (False, False),
        "lite0_gem.town": (False, False),
        "lite0_salad": (False, False),
        "vgg16_gem_pca8": (False, False),
    }
    for text, (built, learned) in known.items():
        assert (parse_name(text).can_be_built, needs_photos(text)) == (built, learned), text
    assert needs_photos("rootsift-vlad")
    assert not needs_photos("lite0-netvlad")
    assert not needs_photos("any/file.npz")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("lite0-netvlad", Source("", "lite0-netvlad")),
        ("lite0-netvlad@256", Source("", "lite0-netvlad", {}, 256)),
        ("models/@town@", Source("", "models/@town@")),
        ("hub:a/b:main:c:k='x=y'#size=exact:9x8,license=MIT, or not@7",
         Source("hub", "a/b:main:c:k='x=y'", {"size": "exact:9x8", "license": "MIT, or not"}, 7)),
        ("onnx:a.onnx", Source("onnx", "a.onnx")),
        (r"C:\models\town@64", Source("", r"C:\models\town", {}, 64)),
        ("hf:org/name#precision=bfloat16", Source("hf", "org/name", {"precision": "bfloat16"})),
    ],
)  # fmt: skip
def test_sources_come_apart_and_together(text, source):
    assert parse_source(text) == source
    assert text.endswith(source.suffix)


def test_a_path_that_is_there_is_taken_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model#size=1@256").mkdir()
    assert parse_source("model#size=1@256") == Source("", "model#size=1@256")


def test_the_shipped_one_has_an_alias_and_fewer_dimensions(tmp_path):
    shipped = open_descriptor("lite0-netvlad")
    assert shipped.recipe["clusters"] == 64
    assert open_descriptor("lite0_netvlad64_pca512.cambridge") is shipped
    short = open_descriptor("lite0-netvlad@256")
    assert (short.dim, short.recipe["dim"]) == (256, 256)
    short.save(tmp_path / "short.npz")
    assert open_descriptor(tmp_path / "short.npz").fingerprint == short.fingerprint != shipped.fingerprint
    for wrong in ("@0", "@513"):
        with pytest.raises(PlaceprintError, match=f"the first {wrong[1:]} dimensions"):
            open_descriptor(f"lite0-netvlad{wrong}")
    with pytest.raises(PlaceprintError, match="lite0-netvlad has no option size"):
        open_descriptor("lite0-netvlad#size=area:64")


def test_errors_say_what_is_possible():
    with pytest.raises(PlaceprintError, match=r"lite0_gem_pca256.*hub:OWNER/REPO:ENTRY.*@DIM"):
        open_descriptor("netvlad9000")
    for name in ("lite0_gem_pca256", "rootsift-vlad"):
        with pytest.raises(PlaceprintError, match=f"placeprint learn PHOTOS --pipeline {name}"):
            open_descriptor(name)
    with pytest.raises(PlaceprintError, match=r"there is no descriptor 'vgg16_gem'.*lite0_gem"):
        learn_descriptor("vgg16_gem", [])
