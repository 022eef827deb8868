"""Recipes: what is wrong is named, what is right comes back the same."""

import json
from pathlib import Path

import pytest

from placeprint.errors import PlaceprintError
from placeprint.losses import TripletLoss
from placeprint.training import TrainingConfig, load_recipe, recipe_names, small

TINY = """
name = "tiny"
[network]
start = "lite0-netvlad"
[loss]
name = "sare"
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.mark.parametrize("name", recipe_names())
def test_each_recipe_says_what_it_is_and_survives_json(name: str, tmp_path: Path) -> None:
    config = load_recipe(name)
    assert config.name == name
    assert config.source
    config.loss.build()
    path = tmp_path / "config.json"
    path.write_text(config.model_dump_json(indent=2))
    assert load_recipe(path) == config == TrainingConfig.model_validate_json(path.read_text())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("run.epochs=0", "run.epochs"),
        ("run.epoch=3", "run.epoch"),
        ("run.batch=none", "run.batch"),
        ("run.precision=float8", "run.precision"),
        ("run.select_by=2", "run.select_by"),
        ("run.average=1.0", "run.average"),
        ("seed=-1", "seed"),
        ("optimizer.lr=0", "optimizer.lr"),
        ("optimizer.kind=adam", "optimizer.kind"),
        ("schedule.factor=2", "schedule.factor"),
        ("loss.name=softmax", "loss"),
        ("loss.temperature=-1", "temperature"),
        ("loss.preset=openibl", "Gaussian"),
        ("mining.kind=hard", "mining"),
        ("mining.positive_radius=30", "positives reach 30 m, but negatives begin at 25 m"),
        ("mining.beyond=10", "`beyond` leaves nothing"),
        ("mining.count=0", "count"),
        ("data.size=480x480", "data.size"),
        ("data.size=exact:0x480", "data.size"),
        ("data.validation_size=area", "data.validation_size"),
        ("data.field_of_view=[90, 50]", "data.field_of_view"),
        ("data.field_of_view=[50, 100]", "data.field_of_view"),
        ("data.augmentation.blur=2", "data.augmentation.blur"),
        ("network.start=none", "architecture"),
    ],
)
def test_a_bad_field_is_named(change: str, named: str, tiny: Path) -> None:
    changes = ["loss.kernel=cauchy", change] if "preset" in change else [change]
    with pytest.raises(PlaceprintError) as caught:
        load_recipe(tiny, changes)
    assert named in str(caught.value)
    assert tiny.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_contradictions_of_two_fields(tiny: Path) -> None:
    for changes, named in (
        (["data.views=panorama", "data.size=exact:64x48"], "square"),
        (["mining.negatives=random", "mining.violating_margin=0.1"], "violating_margin"),
        (["loss.preset=deepibl", "loss.temperature=0.5"], "temperature"),
        (["mining.kind=pairs", "mining.positive_radius=26"], "positives reach 26 m"),
    ):
        with pytest.raises(PlaceprintError, match=named):
            load_recipe(tiny, changes)


def test_a_recipe_takes_a_limit_of_positives_away(tmp_path: Path) -> None:
    """What follows OpenIBL has none, what follows NetVLAD's code has its meter."""
    for name in recipe_names():
        mining = load_recipe(name).mining
        if mining.kind == "tuples":
            follows_openibl, paper = name.startswith("sfrs"), name.endswith(("pitts30k", "pitts250k"))
            assert mining.beyond == (1.0 if paper and not follows_openibl else None)
    path = tmp_path / "own.toml"
    path.write_text('extends = "netvlad-vgg16-pitts30k"\n[mining]\nbeyond = "none"')
    assert load_recipe(path).mining.beyond is None
    assert load_recipe("netvlad-vgg16-pitts30k", ["mining.beyond=none"]).mining.beyond is None
    assert load_recipe(path, ["mining.beyond=0"]).mining.beyond == 0.0


def test_which_recipes_take_no_step_where_nothing_violates() -> None:
    resting = {name for name in recipe_names() if getattr(load_recipe(name).loss.build(), "rests", False)}
    assert resting == {"netvlad-vgg16-pitts30k", "netvlad-vgg16-pitts250k"}
    for changes, rests in (
        (["loss.preset=relja"], True),
        (["loss.preset=relja", "loss.rests=false"], False),
        (["loss.preset=openibl"], False),
        (["loss.preset=none"], False),
        (["loss.preset=none", "loss.rests=true"], True),
    ):
        built = load_recipe("netvlad-vgg16-pitts30k", changes).loss.build()
        assert isinstance(built, TripletLoss)
        assert built.rests is rests


def test_changes_have_the_types_of_toml(tiny: Path) -> None:
    config = load_recipe(
        tiny,
        [
            *("run.epochs=3", "data.size=exact:320x240", 'data.split="a"', "run.channels_last=false"),
            *("optimizer.clip_norm=2", "optimizer.clip_norm=none", "mining.turn=45"),
        ],
    )
    assert config.mining.turn == 45
    assert (config.run.epochs, config.data.size, config.data.split) == (3, "exact:320x240", "a")
    assert (config.optimizer.clip_norm, config.run.channels_last) == (None, False)
    pairs = load_recipe(tiny, ["mining.kind=pairs", "mining.turn=none"])
    assert pairs.mining.turn is None
    for wrong, said in (
        ("run.epochs", "section.key=value"),
        ("=3", "section.key=value"),
        ("name.x=1", "name is not a section"),
    ):
        with pytest.raises(PlaceprintError, match=said):
            load_recipe(tiny, [wrong])


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(PlaceprintError, match="sare-small"):
        load_recipe("sare-smal")
    with pytest.raises(PlaceprintError, match="No such file"):
        load_recipe(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(PlaceprintError, match=r"broken\.toml is not a recipe"):
        load_recipe(broken)
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"name": "x"}))
    with pytest.raises(PlaceprintError, match=r"other\.json: network: Field required"):
        load_recipe(other)


def test_small_is_small_and_twice_small_is_the_same() -> None:
    for name in recipe_names():
        once = small(load_recipe(name))
        assert once.run.epochs == 1
        assert once.run.steps_per_epoch == 6
        assert once.data.size == "exact:160x160"
        assert once.name == f"{name}-dev"
        assert small(once) == once
        assert TrainingConfig.model_validate(once.model_dump()) == once
