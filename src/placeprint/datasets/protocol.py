"""Protocols: the rules of an evaluation, as data in named TOML files.

Two numbers are comparable only if all of these rules agree, so a result is never printed without the
name of its protocol and the fingerprint of its data.
"""

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from placeprint.arrays import Int64
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import PlaceprintError
from placeprint.photos.resize import target_size


class Rules(BaseModel):
    """Base of all rules: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Truth(Rules):
    """What counts as a right answer.

    - `distance`: at most `limit` meters away, limit included.
    - `frames`: the frame number differs by at most `limit`.
    - `label`: the same label.
    - `listed`: of one of the grades `right`; the grades `junk` are neither right nor wrong and are removed
    from the ranking. Anything not listed is wrong.
    """

    rule: Literal["distance", "frames", "label", "listed"]
    limit: float | None = Field(None, ge=0.0)
    right: tuple[str, ...] = ()
    junk: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> "Truth":
        if (self.limit is None) == (self.rule in ("distance", "frames")):
            raise ValueError(f"rule {self.rule!r} {'needs a' if self.limit is None else 'has no'} limit")
        if bool(self.right) != (self.rule == "listed") or (self.junk and not self.right):
            raise ValueError("the grades `right` and `junk` belong to rule 'listed'")
        return self


class Suppression(Rules):
    """Non-maximum suppression: only the best answer of each group of database photos is kept.

    `by`: "panorama" (the photo's panorama; a photo without one is its own group), or "block" (`size`
    consecutive rows, for original lists in which the 12 views of a panorama follow one another).
    """

    by: Literal["panorama", "block"]
    size: int | None = Field(None, ge=2)

    @model_validator(mode="after")
    def _complete(self) -> "Suppression":
        if (self.size is None) == (self.by == "block"):
            raise ValueError("`size` belongs to by = 'block'")
        return self


class Protocol(Rules):
    """The rules of an evaluation.

    - `published_for`: the "data set/split" of the published numbers.
    - `without_positives`: queries without a right answer in the database "count" as failures or are
    "drop"ped.
    - `leave_out`: answers removed from a ranking before anything else: the query itself ("itself"), copies of
    its file ("same-content"), or photos
    with the query's time stamp ("same-stamp").
    - `within_region`: a query is searched in its own region only.
    - `fetch`: how many times N answers are fetched before some are removed. None: as many as needed.
    - `database_size`, `query_size`: resize rule (see `photos.resize`) applied before the descriptor sees the
    photo; "descriptor": the descriptor's own rule alone.
    - `query_box`, `database_box`: photos are first cropped to their region of interest.
    - `mean`, `std`: of the pixels in 0..255, as the published network expects them; a descriptor with other
    weights brings its own.
    - `whitening`: which photos the published whitening was learned on.
    - `ns`: the N of recall@N, and the K of Recall@K and mP@k.
    """

    name: str
    title: str
    source: str
    published_for: tuple[str, ...] = ()
    truth: Truth
    without_positives: Literal["count", "drop"] = "count"
    leave_out: tuple[Literal["itself", "same-content", "same-stamp"], ...] = ()
    within_region: bool = False
    suppression: Suppression | None = None
    fetch: int | None = Field(None, ge=1)
    database_size: str = "descriptor"
    query_size: str = "descriptor"
    query_box: bool = False
    database_box: bool = False
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    whitening: str = "not stated"
    metrics: tuple[str, ...] = ("recall",)
    ns: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 5, 10, 20), min_length=1)
    notes: tuple[str, ...] = ()

    @field_validator("database_size", "query_size")
    @classmethod
    def _resize_rule(cls, rule: str) -> str:
        try:
            target_size((640, 480), rule if rule != "descriptor" else "none")
        except PlaceprintError as error:
            raise ValueError(str(error)) from error
        return rule

    @property
    def fingerprint(self) -> str:
        """8 hex digits that change with any rule (not with title, source, notes)."""
        said = {"title", "source", "published_for", "notes", "whitening"}
        return hashlib.sha256(self.model_dump_json(exclude=said).encode()).hexdigest()[:8]

    def right(self, dataset: PlaceDataset) -> list[Int64]:
        """For each query, the database rows that answer it, without the query itself if that is left out.
        Raises PlaceprintError if the data set lacks what the rule needs.
        """
        truth = self.truth
        if truth.rule == "distance":
            right = dataset.within(truth.limit or 0.0)
        elif truth.rule == "frames":
            right = dataset.within_frames(int(truth.limit or 0))
        else:
            right = dataset.same_label() if truth.rule == "label" else _joined(dataset, truth.right)
        own = self.own(dataset)
        if own is None:
            return right
        return [np.setdiff1d(rows, same) for rows, same in zip(right, own, strict=True)]

    def own(self, dataset: PlaceDataset) -> list[Int64] | None:
        """For each query, the database rows of its own photo that are left out; None if none ever is."""
        if "same-content" in self.leave_out:
            return dataset.itself(content=True)
        return dataset.itself() if "itself" in self.leave_out else None

    def junk(self, dataset: PlaceDataset) -> list[Int64]:
        """For each query, the database rows that are neither right nor wrong."""
        return _joined(dataset, self.truth.junk)


def _joined(dataset: PlaceDataset, grades: tuple[str, ...]) -> list[Int64]:
    missing = [grade for grade in grades if grade not in dataset.listed]
    if missing:
        raise PlaceprintError(
            f"{dataset.name} lists no {', '.join(missing)}", "Choose a protocol that suits this data set"
        )
    lists = [dataset.listed[grade] for grade in grades]
    empty = np.zeros(0, np.int64)
    return [np.unique(np.concatenate([empty, *(of[q] for of in lists)])) for q in range(len(dataset.queries))]


@cache
def _shipped() -> dict[str, Traversable]:
    folder = files("placeprint.datasets") / "protocols"
    found = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): file for file in sorted(found, key=lambda file: file.name)}


def protocol_names() -> list[str]:
    """The names accepted by `load_protocol`."""
    return list(_shipped())


def load_protocol(source: str | Path) -> Protocol:
    """A shipped protocol by name, or your own from a TOML file.

    Raises PlaceprintError for an unknown name, and for an invalid file, naming the wrong field.
    """
    known = _shipped().get(str(source))
    path = Path(source)
    if known is None and not path.is_file():
        raise PlaceprintError(
            f"there is no protocol {str(source)!r}",
            f"Give a .toml file or one of: {', '.join(protocol_names())}",
        )
    try:
        return Protocol(**tomllib.loads((known or path).read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlaceprintError(f"{source} is not TOML ({error})", "See docs/evaluation.md") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'rules'}: {e['msg']}" for e in error.errors())
        raise PlaceprintError(f"{source}: {wrong}", "See docs/evaluation.md") from error
