"""Photos to scores: known recalls, caching, resuming, broken photos, two methods, and a real data set."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets import PhotoSet, PlaceDataset, load_protocol, read_dataset
from placeprint.descriptors import Descriptor
from placeprint.descriptors.learnt_from import with_learnt_from
from placeprint.errors import PlaceprintError
from placeprint.evaluation import Method, evaluate, protocol_for

Color = Callable[..., Descriptor]


def test_recall_of_a_town_of_colors(colors: PlaceDataset, mean_color: Color) -> None:
    found = evaluate(colors, [Method("mean", mean_color())], "own-photos", quiet=True)
    result = found.results[0]
    assert result.scores["R@1"].value == pytest.approx(7 / 8)  # the eighth query is far from everything
    assert result.scores["R@100%P"].value > 0.0
    assert any("1 of 8 queries have no right answer" in warning for warning in result.warnings)
    assert result.errors is not None
    assert np.sort(result.errors)[:7].max() < 25.0 < 50_000.0 < result.errors.max()
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["protocol"]["name"] == "own-photos"
    assert told["dataset"]["fingerprint"] == colors.fingerprint
    assert told["dataset"]["queries_without_positives"] == 1
    assert told["results"][0]["queries"][0]["first_right"] == 1
    assert told["results"][0]["localization"]["recall_over_distance"]["25"] == pytest.approx(7 / 8)


def test_vectors_are_kept_by_fingerprint(colors: PlaceDataset, mean_color: Color, tmp_path: Path) -> None:
    first, again, other = mean_color(), mean_color(), mean_color(0.5)
    for descriptor, described in ((first, 32), (again, 0), (other, 32)):
        evaluate(colors, [Method("m", descriptor)], "own-photos", cache=tmp_path / "cache", quiet=True)
        assert descriptor.described == described  # type: ignore[attr-defined]


def test_a_later_method_is_held_against_the_first(colors: PlaceDataset, mean_color: Color) -> None:
    methods = [Method("good", mean_color()), Method("bad", mean_color(3.0))]
    found = evaluate(colors, methods, "own-photos", quiet=True)
    assert not found.results[0].against_first
    difference = found.results[1].against_first["R@1"]
    expected = found.results[1].scores["R@1"].value - found.results[0].scores["R@1"].value
    assert difference.difference == pytest.approx(expected)
    assert difference.difference < 0
    same = evaluate(colors, [methods[0], methods[0]], "own-photos", quiet=True)
    assert same.results[1].against_first["R@1"].p_value == 1.0


def test_a_broken_photo_costs_itself(colors: PlaceDataset, mean_color: Color) -> None:
    colors.queries[0].path.write_bytes(b"broken")
    colors.database[3].path.write_bytes(b"broken")
    result = evaluate(colors, [Method("m", mean_color())], "own-photos", quiet=True).results[0]
    assert result.scores["R@1"].value == pytest.approx(6 / 8)
    assert len(result.judged.ranking.rows[0]) == 0
    assert all(3 not in rows for rows in result.judged.ranking.rows)
    assert len([w for w in result.warnings if "could not be read" in w]) == 2


def test_a_descriptor_that_knows_the_photos_already_is_found_out(
    colors: PlaceDataset, mean_color: Color
) -> None:
    cheat = mean_color()
    known = [photo.path for photo in (*colors.database[:3], colors.queries[1])]
    cheat.provenance = with_learnt_from({}, known)  # type: ignore[attr-defined]
    warnings = evaluate(colors, [Method("m", cheat)], "own-photos", quiet=True).results[0].warnings
    assert any("learned on 3 of the 24 database photos" in warning for warning in warnings)
    assert any("learned on 1 of the 8 query photos" in warning for warning in warnings)


def test_predictions_are_scored_beside_methods(colors: PlaceDataset, mean_color: Color) -> None:
    rows = [np.array([2 * place]) for place in range(8)]
    found = evaluate(
        colors, [Method("m", mean_color())], "own-photos", predictions={"oracle": rows}, quiet=True
    )
    assert found.results[1].method == "oracle"
    assert found.results[1].scores["R@1"].value == pytest.approx(7 / 8)
    assert "R@100%P" not in found.results[1].scores


def test_a_protocols_sizes_and_boxes_reach_the_descriptor(colors: PlaceDataset, mean_color: Color) -> None:
    class Sizes:
        dim, name, fingerprint = 2, "sizes", "s"
        recipe: dict[str, object] = {}  # noqa: RUF012

        def __init__(self) -> None:
            self.seen: set[tuple[int, ...]] = set()

        def describe(self, photos):  # type: ignore[no-untyped-def]
            self.seen |= {photo.shape[:2] for photo in photos}
            return np.tile(np.array([1.0, 0.0], np.float32), (len(photos), 1))

    queries = PhotoSet(colors.queries.photos, boxes=np.tile([0.0, 0.0, 16.0, 8.0], (8, 1)))
    data = PlaceDataset("boxed", colors.database, queries)
    rules = load_protocol("own-photos").model_copy(
        update={"database_size": "exact:20x10", "query_size": "shortest:12", "query_box": True}
    )
    sizes = Sizes()
    evaluate(data, [Method("m", sizes)], rules, quiet=True)  # type: ignore[arg-type]
    assert sizes.seen == {(10, 20), (12, 24)}


def test_an_unknown_metric_is_said_before_anything_is_described(colors: PlaceDataset) -> None:
    rules = load_protocol("own-photos").model_copy(update={"metrics": ("recal",)})
    with pytest.raises(PlaceprintError, match=r"unknown metric 'recal'. Did you mean 'recall'"):
        evaluate(colors, [Method("m", None)], rules, quiet=True)  # type: ignore[arg-type]


def test_what_cannot_be_evaluated_is_said(colors: PlaceDataset, mean_color: Color) -> None:
    with pytest.raises(PlaceprintError, match="nothing to evaluate"):
        evaluate(colors, [], "own-photos")
    with pytest.raises(PlaceprintError, match="0 queries"):
        evaluate(PlaceDataset("x", colors.database, PhotoSet([])), [], "own-photos")
    with pytest.raises(PlaceprintError, match="neither an index"):
        evaluate(colors, ["lite0-netvlad+magic"], "own-photos")


def test_the_protocol_is_that_of_the_data_where_there_is_one(colors: PlaceDataset) -> None:
    assert protocol_for(colors).name == "own-photos"
    cambridge = PlaceDataset("cambridge/val", colors.database, colors.queries)
    assert protocol_for(cambridge).name == "cambridge-streets"
    with pytest.raises(PlaceprintError, match=r"several protocols.*--protocol"):
        protocol_for(PlaceDataset("pitts30k/test", colors.database, colors.queries))


def test_corridor_runs_end_to_end(real_photos: Path, tmp_path: Path) -> None:
    data = read_dataset(real_photos / "corridor")
    assert (len(data.database), len(data.queries)) == (111, 111)
    found = evaluate(data, ["lite0-netvlad"], protocol_for(data), cache=tmp_path, quiet=True)
    assert found.protocol.truth.rule == "listed"
    assert found.results[0].scores["R@1"].value > 0.6
    again = evaluate(data, ["lite0-netvlad"], protocol_for(data), cache=tmp_path, quiet=True)
    assert again.results[0].seconds["describing"] < 1.0
    assert again.results[0].scores["R@5"].value == found.results[0].scores["R@5"].value
