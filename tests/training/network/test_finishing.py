from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from training_cases import VIEWS, lines_of, recipe

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training import load_recipe, recipe_names, train
from placeprint.whitening.whitening import Whitening


@pytest.mark.parametrize("which", ["all", "database"])
def test_the_best_network_is_whitened_on_training_images(
    which: str, street: Path, start: Path, tmp_path: Path
) -> None:
    few = {"epochs": 1, "steps_per_epoch": 2}
    train(recipe(start, run=few), street, tmp_path / "plain", quiet=True)
    said = {"dim": 5, "images": 1000, "shrinkage": 0.3, "photos": which}
    train(recipe(start, run=few, whitening=said), street, tmp_path / "white", quiet=True)
    plain, white = (open_descriptor(tmp_path / name / "model") for name in ("plain", "white"))
    roles = ("database", "query") if which == "all" else ("database",)
    photos = [path for role in roles for path in sorted((street / "train").glob(f"*_{role}_*.jpg"))]
    expected = Whitening.fit(plain.describe(photos), 5, shrinkage=0.3)
    assert isinstance(white, NetworkDescriptor)
    assert isinstance(white.network, PlaceNetwork)
    assert white.network.whitening is not None
    found = white.network.whitening.matrix.numpy()
    signs = np.sign((found * expected.matrix).sum(axis=1))
    np.testing.assert_allclose(found * signs[:, None], expected.matrix, rtol=1e-2, atol=1e-2)
    last = lines_of(tmp_path / "white")[-1]
    assert (last["kind"], last["step"]) == ("whitened", 2)
    train(
        recipe(start, run=few, whitening=said), street, tmp_path / "white", resume=True, quiet=True
    )  # it is done
    assert [line["kind"] for line in lines_of(tmp_path / "white")].count("whitened") == 1
    assert open_descriptor(tmp_path / "white" / "model").fingerprint == white.fingerprint


def test_which_photos_each_source_whitens_on(start: Path) -> None:
    """addPCA of NetVLAD's code draws from the database, OpenIBL from queries and database alike."""
    for name in recipe_names():
        config = load_recipe(name)
        if config.whitening is not None:
            relja = config.data.layout is not None and config.data.layout.startswith("pitts")
            assert config.whitening.photos == ("database" if relja and config.loss.name != "sfrs" else "all")
    with pytest.raises(ValidationError, match="views belong to no side"):
        recipe(start, data=VIEWS, whitening={"photos": "database"})
