"""Names of photos below a folder."""

from pathlib import Path

import pytest
from ranking_samples import DATABASE, ROOT

from placeprint.errors import PlaceprintError
from placeprint.formats.photo_names import names_below


def test_names_are_relative_with_slashes() -> None:
    assert names_below(DATABASE, ROOT) == ["db/1.jpg", "db/sub/2.jpg", "db/3.jpg"]
    assert names_below([Path.cwd() / "data/x/../y.jpg"], Path("./data/z/..")) == ["y.jpg"]
    with pytest.raises(PlaceprintError, match=r"data/db/1\.jpg is not below data/query"):
        names_below(DATABASE, Path("data/query"))
