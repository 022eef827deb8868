"""What is exported is read back, and scores the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from placeprint import progress
from placeprint.datasets import PlaceDataset
from placeprint.descriptors import Descriptor
from placeprint.errors import PlaceprintError
from placeprint.evaluation import Method, evaluate, read_predictions, write_exports
from placeprint.evaluation.predictions import read_hloc_features
from placeprint.formats.vector_files import read_vectors


def test_exports_are_read_back_and_score_the_same(
    colors: PlaceDataset, mean_color: Callable[..., Descriptor], tmp_path: Path
) -> None:
    found = evaluate(colors, [Method("mean color", mean_color(0.3))], "own-photos", quiet=True)
    (folder,) = write_exports(tmp_path / "out", found)
    result = found.results[0]
    for form in (folder, folder / "ranking.csv", folder / "pairs.txt"):
        rows = read_predictions(form, colors)
        for mine, theirs in zip(rows, result.judged.ranking.rows, strict=True):
            np.testing.assert_array_equal(mine, theirs[:100])
        scored = evaluate(colors, [], "own-photos", predictions={"read back": rows}, quiet=True).results[0]
        for name, score in scored.scores.items():
            assert score.value == result.scores[name].value
    assert result.vectors is not None
    np.testing.assert_array_equal(read_vectors(folder / "database.fvecs"), result.vectors[0])
    stored, asked = read_hloc_features(folder / "global-feats.h5", colors)
    np.testing.assert_array_equal(np.concatenate([stored, asked]), np.concatenate(result.vectors))
    with pytest.raises(PlaceprintError, match="already exists"):
        write_exports(tmp_path / "out", found)


def test_exporting_shows_its_progress_or_is_quiet(
    colors: PlaceDataset,
    mean_color: Callable[..., Descriptor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("h5py")
    found = evaluate(colors, [Method("mean color", mean_color(0.3))], "own-photos", quiet=True)
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    for quiet in (True, False):
        write_exports(tmp_path / str(quiet), found, quiet)
        assert ("Writing features" in capsys.readouterr().err) is not quiet
