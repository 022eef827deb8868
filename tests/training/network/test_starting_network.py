from pathlib import Path
from typing import Any

import pytest
import torch

from placeprint.descriptors import NetworkDescriptor
from placeprint.descriptors.network.whitened import learn_whitening
from placeprint.errors import PlaceprintError
from placeprint.training.config import NetworkSpec
from placeprint.training.network import starting_network as module
from placeprint.training.network.starting_network import starting_network

SPEC = NetworkSpec.model_validate(
    {
        "architecture": {
            "backbone": {"name": "lite0", "cut": "block3"},
            "pooling": {"name": "netvlad", "options": {"clusters": 4}},
        },
        "train_from": "block3",
    }
)


def test_a_kept_start_is_made_once_and_read_the_next_time(street: Path, tmp_path: Path) -> None:
    photos, kept = sorted(street.glob("train/*.jpg")), tmp_path / "start"
    made = starting_network(SPEC, photos, "exact:32x32", 0, True, kept)
    again = starting_network(SPEC, [], "exact:32x32", 0, True, kept)  # k-means of no photos would fail
    other = starting_network(SPEC, photos, "exact:32x32", 1, True)
    states = [one.network.state_dict() for one in (made, again, other)]
    assert all(torch.equal(x, states[1][name]) for name, x in states[0].items())
    assert not torch.equal(states[0]["pooling.centres"], states[2]["pooling.centres"])
    trained = [name for name, p in again.network.named_parameters() if p.requires_grad]
    assert trained == [name for name, p in made.network.named_parameters() if p.requires_grad]
    assert trained
    assert all(name.startswith(("backbone._blocks.2.", "pooling.")) for name in trained)


def test_a_linear_layer_begins_as_whitening_and_is_trained(street: Path) -> None:
    photos = sorted(street.glob("train/*.jpg"))
    spec = SPEC.model_copy(update={"dim": 6})
    made = starting_network(spec, photos, "exact:32x32", 0, True)
    assert made.dim == 6
    assert {"whitening.matrix", "whitening.bias"} <= {
        name for name, p in made.network.named_parameters() if p.requires_grad
    }


def test_a_linear_layer_begins_from_a_sample_of_many_photos(
    street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = sorted(street.glob("train/*.jpg"))
    spec, seen = SPEC.model_copy(update={"dim": 3}), []

    def learn(descriptor: NetworkDescriptor, some: list[Path], *others: Any) -> NetworkDescriptor:
        seen.append(some)
        return learn_whitening(descriptor, some, *others)

    monkeypatch.setattr(module, "learn_whitening", learn)
    for count, seed in ((len(photos), 0), (8, 0), (8, 0), (8, 1)):
        monkeypatch.setattr(module, "WHITENING_PHOTOS", count)
        starting_network(spec, photos, "exact:32x32", seed, True)
    everything, once, again, other = seen
    assert everything == photos
    assert len(once) == len(set(once)) == 8
    assert once == again == sorted(once) != other
    # The first eight, all of one place, are one draw in four billion.
    assert photos[:8] not in (once, other)


def test_what_cannot_start_says_why(street: Path) -> None:
    with pytest.raises(PlaceprintError, match="must be learned from photos"):
        starting_network(NetworkSpec(start="rootsift-vlad"), [], "exact:32x32")
    vgg = NetworkSpec.model_validate(
        {"architecture": {"backbone": {"name": "vgg16"}, "pooling": {"name": "gem"}}}
    )
    with pytest.raises(PlaceprintError, match="published weights to start from"):
        starting_network(vgg, [], "exact:32x32")
    with pytest.raises(PlaceprintError, match="train_from"):
        starting_network(
            SPEC.model_copy(update={"train_from": "block9"}),
            sorted(street.glob("train/*.jpg")),
            "exact:32x32",
        )
