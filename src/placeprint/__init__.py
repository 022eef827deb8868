"""placeprint answers "where was this photo taken?" from a map of geotagged reference photos.

```python
import placeprint as pp

places = pp.PlaceMap.build("photos/", "town.placemap")
place = places.locate("query.jpg")
```

Names are loaded on first use, so that `import placeprint` is fast and loads neither torch nor faiss.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from placeprint.version import __version__ as __version__

if TYPE_CHECKING:
    from placeprint.datasets import read_dataset as read_dataset
    from placeprint.descriptors import open_descriptor as open_descriptor
    from placeprint.errors import PlaceprintError as PlaceprintError
    from placeprint.evaluation import evaluate as evaluate
    from placeprint.geo import GeoPoint as GeoPoint
    from placeprint.placemap import Failed as Failed
    from placeprint.placemap import NoMatch as NoMatch
    from placeprint.placemap import Place as Place
    from placeprint.placemap import PlaceMap as PlaceMap
    from placeprint.training import train as train

_HOMES = {
    "Failed": "placemap", "GeoPoint": "geo", "NoMatch": "placemap", "Place": "placemap",
    "PlaceMap": "placemap", "PlaceprintError": "errors", "evaluate": "evaluation",
    "open_descriptor": "descriptors", "read_dataset": "datasets", "train": "training",
}  # fmt: skip
_ROOMS = (
    "arrays", "codebooks", "datasets", "descriptors", "encoders", "evaluation", "explain", "features",
    "formats", "geo", "index", "losses", "metrics", "networks", "photos", "placemap", "plots", "reports",
    "representations", "rerank", "retrieval", "training", "whitening",
)  # fmt: skip

__all__ = [*_HOMES, "__version__", *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"placeprint.{_HOMES[name]}"), name)
    if name in _ROOMS:
        return import_module(f"placeprint.{name}")
    raise AttributeError(f"module 'placeprint' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
