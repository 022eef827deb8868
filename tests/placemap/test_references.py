from types import SimpleNamespace

import numpy as np
import pytest

from placeprint.errors import FormatError
from placeprint.geo import GeoPoint
from placeprint.placemap.references import WIDEST_PLACE, References
from placeprint.retrieval import PipelineSpec


def references(east, panoramas=None):
    """Photos along a line, `east` meters from a point; only what is asked here of a snapshot."""
    origin = GeoPoint(48.0, 11.0)
    points = [origin.moved(90.0, meters) for meters in east]
    entries = [SimpleNamespace(panorama=p) for p in panoramas or [None] * len(points)]
    positions = np.array([(p.lat, p.lon) for p in points])
    snapshot = SimpleNamespace(positions=positions, entries=entries, ids=np.arange(len(points)))
    return References(snapshot, PipelineSpec("lite0-netvlad"))


def test_bandwidth_is_two_and_a_half_spacings_of_spots_within_limits():
    assert references([0, 3, 6, 9]).bandwidth == pytest.approx(7.5, abs=0.01)
    # Four views of one panorama are one spot: their distance 0 is no spacing.
    assert references([0, 0, 4, 4], ["a", "a", "b", "b"]).bandwidth == pytest.approx(10.0, abs=0.01)
    assert references([0, 100, 200]).bandwidth == WIDEST_PLACE == 15.0
    assert references([0, 0.2, 1.5, 1.7]).bandwidth >= 2.0
    assert references([5]).bandwidth == WIDEST_PLACE


def test_photos_of_a_panorama_or_of_one_meter_share_a_spot():
    spots = references([0, 0.1, 30, 30, 60], ["x", "y", None, None, "x"]).spots
    assert spots[0] == spots[4] != spots[1]
    assert spots[2] == spots[3]
    assert len({int(spots[0]), int(spots[1]), int(spots[2])}) == 3


def test_no_photo_without_a_panorama_shares_the_spot_of_one():
    spots = references([0, 30, 60, 60, 90, 120], ["x", None, "y", None, None, None]).spots
    assert len(set(spots.tolist())) == 6


def test_meters_keep_distances_and_rows_find_ids():
    found = references([0, 12, 40])
    assert np.hypot(*(found.meters[2] - found.meters[0])) == pytest.approx(40.0, abs=0.01)
    assert found.rows(np.array([2, 0])).tolist() == [2, 0]


def test_vectors_that_no_descriptor_gives_are_damage():
    found = references([0, 10, 20])
    found.snapshot.entries[1].path = "b.jpg"
    rows = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 0.0]], np.float32)
    found.snapshot.matrix = lambda name: rows
    assert found.vectors is rows
    for value in (3.0, np.nan):
        other = references([0, 10, 20])
        other.snapshot.entries[1].path = "b.jpg"
        wrong = rows.copy()
        wrong[1, 0] = value
        other.snapshot.matrix = lambda name, wrong=wrong: wrong
        with pytest.raises(FormatError, match=r"1 vectors .* such as that of b\.jpg"):
            other.vectors  # noqa: B018
