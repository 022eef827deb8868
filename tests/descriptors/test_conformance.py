"""The descriptors without torch, by the same contract as the networks."""

import dataclasses

import pytest
from descriptor_conformance import check_descriptor, scene

from placeprint.descriptors import learn_descriptor, open_descriptor


@pytest.mark.parametrize("name", ["lite0-netvlad", "rootsift-vlad"])
def test_those_learnt_from_photos_conform(name, tmp_path):
    photos = [scene(seed, (120, 160)) for seed in range(20, 27)]
    learned = learn_descriptor(name, photos, dim=5, quiet=True)
    check_descriptor(dataclasses.replace(learned, input_rule="area:128"), tmp_path)


def test_the_shipped_one_conforms_with_fewer_dimensions(tmp_path):
    short = open_descriptor("lite0-netvlad@64")
    check_descriptor(dataclasses.replace(short, input_rule="area:128"), tmp_path)
