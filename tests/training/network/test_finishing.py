from pathlib import Path

import numpy as np
from training_cases import lines_of, recipe

from placeprint.descriptors import NetworkDescriptor, open_descriptor
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training import train
from placeprint.whitening.whitening import Whitening


def test_the_best_network_is_whitened_on_training_images(street: Path, start: Path, tmp_path: Path) -> None:
    few = {"epochs": 1, "steps_per_epoch": 2}
    train(recipe(start, run=few), street, tmp_path / "plain", quiet=True)
    said = {"dim": 5, "images": 1000, "shrinkage": 0.3}
    train(recipe(start, run=few, whitening=said), street, tmp_path / "white", quiet=True)
    plain, white = (open_descriptor(tmp_path / name / "model") for name in ("plain", "white"))
    photos = sorted((street / "train").glob("*_database_*.jpg")) + sorted(
        (street / "train").glob("*_query_*.jpg")
    )
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
