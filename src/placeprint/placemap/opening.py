"""The descriptor, columns and stages a map is built with, and how they are restored on opening it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from placeprint.artifact import interpreting
from placeprint.descriptors import Descriptor
from placeprint.descriptors.opening import SHIPPED, open_descriptor
from placeprint.errors import FormatError, PlaceprintError
from placeprint.placemap.building import Thumbnails
from placeprint.placemap.storage.manifest import MANIFEST, RESTORE
from placeprint.placemap.storage.store import MapStore
from placeprint.representations import EXTRACTORS, Extractor, Recipe, VectorExtractor, extractors_of
from placeprint.retrieval import PipelineSpec, parse_pipeline

DESCRIPTOR = "descriptor.npz"
"""File in the map's folder with a descriptor learned for it."""

USUAL = "lite0-netvlad+geometry:20"
"""The default pipeline of a map."""


def pipeline_spec(pipeline: "str | Path | Descriptor | PipelineSpec") -> PipelineSpec:
    """From any form a caller may use: a text, a descriptor file, a descriptor, a spec."""
    if isinstance(pipeline, PipelineSpec):
        return pipeline
    if isinstance(pipeline, str | Path):
        return parse_pipeline(str(pipeline))
    return PipelineSpec(pipeline)


def choose_descriptor(descriptor: str | Descriptor, photos: Sequence[Path], quiet: bool) -> Descriptor:
    """A ready-to-use descriptor: as given, shipped, from a file, or learned on the photos."""
    if not isinstance(descriptor, str):
        return descriptor
    from placeprint.descriptors.learning import learn_descriptor, needs_photos

    if needs_photos(descriptor):
        return learn_descriptor(descriptor, photos, quiet=quiet)
    return open_descriptor(descriptor)


def create(path: Path, spec: PipelineSpec, descriptor: Descriptor) -> MapStore:
    """An empty map for this pipeline; its descriptor is stored with it unless the package ships it."""
    extractors = extractors_of(spec.needs)
    recipe = _recipe(descriptor, extractors.values())
    if not (descriptor.name == SHIPPED and descriptor.fingerprint == open_descriptor(SHIPPED).fingerprint):
        descriptor.save(path / DESCRIPTOR)
    said = {"name": descriptor.name, "fingerprint": descriptor.fingerprint, "recipe": descriptor.recipe}
    config = {
        "descriptor": said,
        "stages": spec.stages,
        "columns": [column.to_dict() for column in recipe.columns],
        "extractors": {name: extractor.to_dict() for name, extractor in extractors.items()},
    }
    return MapStore.create(path, config)


def opened_descriptor(store: MapStore) -> Descriptor:
    """The descriptor a map was built with. Raises `FormatError` if this placeprint has a different one."""
    said, own = _said(store).descriptor, store.path / DESCRIPTOR
    if not own.exists() and said.name != SHIPPED:  # a name could mean code of others
        raise FormatError(f"{own} is missing", RESTORE)
    descriptor = open_descriptor(own if own.exists() else SHIPPED)
    if descriptor.fingerprint != said.fingerprint:
        raise FormatError(
            f"{store.path} was made with {said.name} {said.fingerprint}, and this "
            f"placeprint has {descriptor.fingerprint}: their vectors cannot be compared",
            "Build the map again, or use the placeprint version that built it.",
        )
    return descriptor


def opened_recipe(store: MapStore, descriptor: Descriptor) -> Recipe:
    """What computes the columns of the map's photos, with the settings it was built with."""
    with interpreting(store.path / MANIFEST):
        extractors = _said(store).extractors.items()
        return _recipe(descriptor, [EXTRACTORS.find(name).from_dict(its) for name, its in extractors])


def opened_spec(store: MapStore, descriptor: Descriptor, stages: str | None) -> PipelineSpec:
    """The stages the map was built with, or others for which it has the columns.

    Raises `PlaceprintError` for a stage that needs a column the map does not store.
    """
    spec = PipelineSpec.of(descriptor, *filter(None, (stages or _said(store).stages).split("+")))
    missing = spec.needs - {column.name for column in store.columns}
    if missing:
        columns = ", ".join(map(repr, sorted(missing)))
        raise PlaceprintError(
            f"{store.path} stores no column {columns}, which {spec.stages} needs",
            "Build it with that pipeline, or leave out the stage.",
        )
    return spec


class _Described(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str
    fingerprint: str
    recipe: dict[str, Any] = {}


class _Said(BaseModel):
    """The settings in `map.json`, beyond the columns that the store itself reads."""

    model_config = ConfigDict(strict=True)

    descriptor: _Described
    stages: str
    extractors: dict[str, dict[str, Any]]


def _said(store: MapStore) -> _Said:
    try:
        return _Said.model_validate(store.config)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError(
            f"{store.path / MANIFEST} is damaged: config.{where}: {first['msg']}", RESTORE
        ) from error


def _recipe(descriptor: Descriptor, extractors: Iterable[Extractor]) -> Recipe:
    """The columns of a map."""
    return Recipe((VectorExtractor(descriptor), *extractors, Thumbnails()))
