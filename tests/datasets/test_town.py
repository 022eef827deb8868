"""The town: the same seed gives the same pixels, and conditions change light but not geometry."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from placeprint.datasets.town import Conditions, Town
from placeprint.datasets.town.painting.facade import paint
from placeprint.datasets.town.plan import Facade
from placeprint.errors import PlaceprintError

CHANGES = [
    Conditions("dusk"),
    Conditions("night"),
    Conditions(weather="overcast"),
    Conditions(weather="rain"),
    Conditions(weather="fog"),
    Conditions(weather="snow"),
    Conditions(moment=1),
]


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(seed=5, blocks=(2, 2))


def test_same_seed_same_pixels_whatever_was_drawn_before(town: Town) -> None:
    night = Conditions("night", "rain", "autumn", traffic=2, moment=3)
    views = town.views()
    for view in views[::40]:
        town.render(view)
    again = Town(seed=5, blocks=(2, 2))
    for view in (views[7], views[20]):
        assert np.array_equal(town.render(view, night), again.render(view, night))


def test_another_seed_is_another_town(town: Town) -> None:
    other = Town(seed=6, blocks=(2, 2))
    assert other.views()[7].camera != town.views()[7].camera
    assert not np.array_equal(other.render(other.views()[7]), town.render(town.views()[7]))


def test_a_painted_front_is_the_same_on_every_machine() -> None:
    """Only exactly rounded arithmetic goes into a texture: this hash holds wherever NumPy runs."""
    texels = paint(Facade(seed=42, width=6.5, eaves=8.0, top=10.0, shop=True))
    assert texels.shape == (280, 182, 4)
    assert hashlib.sha256(texels.tobytes()).hexdigest()[:16] == "3dbc6b66687f55e9"


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: f"{c.time_of_day}-{c.weather}-{c.moment}")
def test_conditions_change_the_picture_and_not_the_geometry(town: Town, change: Conditions) -> None:
    view = town.views()[12]
    usual, seen = town.surfaces(view), town.surfaces(view, change)
    assert np.array_equal(usual.depth, seen.depth)
    assert np.array_equal(usual.wall, seen.wall)
    difference = np.abs(town.render(view).astype(int) - town.render(view, change)).mean()
    assert difference > (0.5 if change.moment else 4.0)


def test_seasons_and_traffic_change_the_picture(town: Town) -> None:
    views = town.views()[::5]
    for change in (Conditions(season="winter"), Conditions(season="autumn"), Conditions(traffic=4)):
        assert any(not np.array_equal(town.render(v), town.render(v, change)) for v in views)


def test_fog_hides_by_distance(town: Town) -> None:
    view = town.views()[1]
    usual, fog = Conditions(weather="overcast", grain=0.0), Conditions(weather="fog", grain=0.0)
    depth = town.surfaces(view).depth
    ratio = town.render(view, fog).std(axis=2) / np.maximum(town.render(view, usual).std(axis=2), 1.0)
    near, far = ratio[depth < 9.0], ratio[(depth > 25.0) & (depth < 60.0)]
    assert near.size > 500
    assert far.size > 500
    assert near.mean() > 1.5 * far.mean()


def test_windows_glow_by_night(town: Town) -> None:
    dark = Conditions("night", grain=0.0)
    lit, wall = [], []
    for view in town.views()[::9]:
        texels = town.surfaces(view).texels
        kind = texels >> 24  # the sky is 255 as well, and dark
        picture = town.render(view, dark).mean(axis=2)
        lit.append(picture[(kind >= 128) & (kind < 160)])
        wall.append(picture[kind == 255])
    assert np.concatenate(lit).mean() > 1.5 * np.concatenate(wall).mean()


def test_lens_and_sensor(town: Town) -> None:
    view = town.views()[12]
    plain = Conditions(grain=0.0)
    dim = replace(view, camera=replace(view.camera, lens=replace(view.camera.lens, vignetting=0.4)))
    before, after = town.render(view, plain).astype(float), town.render(dim, plain).astype(float)
    assert after[120, 160].mean() == pytest.approx(before[120, 160].mean(), abs=1.0)
    assert after[-1, -1].mean() == pytest.approx(0.6 * before[-1, -1].mean(), abs=1.5)
    noisy = town.render(view, Conditions(grain=2.0)).astype(float)
    middle = (before > 20) & (before < 235)
    assert (noisy - before)[middle].std() == pytest.approx(2.0, abs=0.15)


def test_repeated_houses_are_distractors() -> None:
    worn = np.bincount([house.facade for house in Town(5, (3, 3), repeated=0.3).plan.houses])
    assert worn.max() >= 4
    assert np.bincount([house.facade for house in Town(5, (3, 3), repeated=0.0).plan.houses]).max() == 1


def test_houses_fill_their_blocks_without_overlap(town: Town) -> None:
    walked = sum(np.hypot(h.b[0] - h.a[0], h.b[1] - h.a[1]) for h in town.plan.houses)
    around = sum(np.linalg.norm(np.roll(b, -1, axis=0) - b, axis=1).sum() for b in town.plan.blocks)
    assert walked == pytest.approx(around)
    for street in town.plan.streets:
        for house in town.plan.houses:
            middle = np.add(house.a, house.b) / 2
            along = np.subtract(street.end, street.start) / street.length
            offset = middle - street.start
            if 3 < offset @ along < street.length - 3:
                assert abs(offset[1] * along[0] - offset[0] * along[1]) > street.half_width - 0.01


def test_a_town_of_one_block_is_refused() -> None:
    with pytest.raises(PlaceprintError, match="2 × 2"):
        Town(blocks=(1, 3))
