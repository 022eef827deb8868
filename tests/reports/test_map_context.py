import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import placeprint
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord
from placeprint.reports import map_context


def test_the_context_is_that_of_the_map() -> None:
    records = [
        PhotoRecord(Path("a.jpg"), GeoPoint(1.0, 2.0), 30.0),
        PhotoRecord(Path("b.jpg"), GeoPoint(3.0, 4.0)),
    ]
    descriptor = SimpleNamespace(name="lite0-netvlad", fingerprint="0123")
    references = SimpleNamespace(snapshot=SimpleNamespace(entries=[]))
    places = SimpleNamespace(
        photos=lambda: records,
        path=Path("x/town.placemap"),
        descriptor=descriptor,
        references=references,
    )
    context = map_context(cast(Any, places), verify="auto")
    assert (context.map_name, context.descriptor, context.fingerprint) == (
        "town.placemap",
        "lite0-netvlad",
        "0123",
    )
    assert context.version == placeprint.__version__
    assert context.settings == {"verify": "auto"}
    assert context.references.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert context.headings[0] == 30.0
    assert math.isnan(context.headings[1])
