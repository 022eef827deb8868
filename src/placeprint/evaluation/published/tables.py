"""Tables of published results, as TOML files beside this module."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

UNKNOWN = "unknown"
"""The protocol of numbers whose rules are not known to match one of placeprint's protocols."""

Kind = Literal["paper", "readme", "third-party", "rerun"]
AT = re.compile(r"(R|Recall)@(\d+)")
SCORES = re.compile(r"(R|Recall|mAP|Hit)@\d+|mAP|[EMH] (mAP|mP@\d+)|AUC-PR|NMI|N-S")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PublishedResult(_Strict):
    """One method on one data set.

    - `values`: scores under placeprint's names: "R@1" (place recognition), "Recall@1" (metric learning),
    "mAP", "mAP@100", "E mAP", "M mP@10", "AUC-PR", "NMI" in percent; "N-S" in 0..4.
    - `protocol`: a shipped protocol if the source is known to follow its rules, else "unknown".
    - `dataset`: as named by the readers, "pitts30k/test".
    - `dim`: of the descriptor; None if it is not stated or there is no single vector.
    - `kind`: the authors' "paper" or "readme", somebody else's table ("third-party"), or somebody's own run
    of published weights or code ("rerun").
    - `note`: what a reader must know before comparing; it starts with "Not checked" if the original source of
    the number could not be read.
    """

    method: str = Field(min_length=1)
    values: dict[str, float] = Field(min_length=1)
    protocol: str
    dataset: str = Field(min_length=1)
    dim: int | None = Field(ge=1)
    trained_on: str
    source: str = Field(min_length=1)
    kind: Kind
    note: str

    @model_validator(mode="after")
    def _plausible(self) -> "PublishedResult":
        for name, value in self.values.items():
            if not SCORES.fullmatch(name):
                raise ValueError(f"{self.method}: {name!r} is not the name of a score")
            top = 4.0 if name == "N-S" else 100.0
            if not 0.0 <= value <= top:
                raise ValueError(f"{self.method}: {name} is {value}, outside 0..{top:g}")
        found = [AT.fullmatch(name) for name in self.values]
        recalls = sorted((m[1], int(m[2]), self.values[m[0]]) for m in found if m)
        for (kind, n, low), (other, more, high) in pairwise(recalls):
            if kind == other and high < low:
                raise ValueError(f"{self.method}: recall falls from {low} at {n} to {high} at {more}")
        return self


class _Row(_Strict):
    """A method; `values`: {data set: numbers in the order of the table's scores; last ones may be absent}."""

    method: str
    values: dict[str, list[float]]
    dim: int | None = Field(None, ge=1)
    trained_on: str | None = None
    note: str = ""


class _Place(_Strict):
    dataset: str
    protocol: str


class _Table(_Strict):
    """Numbers from one source. `protocols`: {data set: protocol}, unknown if not named; `also`: {data set:
    the same photos and answers as read by another layout}.
    """

    source: str
    kind: Kind
    scores: list[str]
    rows: list[_Row]
    protocols: dict[str, str] = Field(default_factory=dict)
    also: dict[str, _Place] = Field(default_factory=dict)
    dim: int | None = None
    trained_on: str = "not stated"
    note: str = ""

    def results(self) -> list[PublishedResult]:
        """The numbers of all rows, as results."""
        unused = {*self.protocols, *self.also} - {name for row in self.rows for name in row.values}
        if unused:
            raise ValueError(f"{self.source}: no numbers for {', '.join(sorted(unused))}")
        found = []
        for row in self.rows:
            for dataset, numbers in row.values.items():
                if len(numbers) > len(self.scores):
                    raise ValueError(f"{row.method}: {len(numbers)} numbers for {len(self.scores)} scores")
                places = [_Place(dataset=dataset, protocol=self.protocols.get(dataset, UNKNOWN))]
                places += [self.also[dataset]] if dataset in self.also else []
                found += [self._result(row, numbers, place) for place in places]
        return found

    def _result(self, row: _Row, numbers: list[float], place: _Place) -> PublishedResult:
        return PublishedResult(
            method=row.method,
            values=dict(zip(self.scores, numbers, strict=False)),
            protocol=place.protocol,
            dataset=place.dataset,
            dim=row.dim or self.dim,
            trained_on=row.trained_on or self.trained_on,
            source=self.source,
            kind=self.kind,
            note=" ".join(part for part in (row.note, self.note) if part),
        )


class _File(_Strict):
    tables: list[_Table]


def read_tables(file: Traversable) -> list[PublishedResult]:
    """The results in one file, in its order. Raises ValueError, naming the file and the field."""
    try:
        content = _File(**tomllib.loads(file.read_text(encoding="utf-8")))
        return [result for table in content.tables for result in table.results()]
    except (tomllib.TOMLDecodeError, ValidationError, ValueError, TypeError) as error:
        raise ValueError(f"{file.name}: {error}") from error


@cache
def _all() -> tuple[PublishedResult, ...]:
    folder = files("placeprint.evaluation.published")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(result for file in found for result in read_tables(file))


def published_all() -> list[PublishedResult]:
    """Every shipped result, including those of unknown protocol: for reading, not for comparing."""
    return list(_all())


def published(protocol_name: str, dataset_name: str) -> list[PublishedResult]:
    """Results measured by exactly this protocol on exactly this data set; none for "unknown"."""
    if protocol_name == UNKNOWN:
        return []
    return [r for r in _all() if (r.protocol, r.dataset) == (protocol_name, dataset_name)]
