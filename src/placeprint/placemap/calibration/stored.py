"""What a map stores about its own answers, checked before it is believed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from placeprint.errors import FormatError

Numbers = Annotated[list[FiniteFloat], Field(max_length=1_000_000)]


class _Kind(BaseModel):
    model_config = ConfigDict(strict=True)

    weights: Numbers = Field(min_length=2)
    scores: Numbers
    errors: Numbers
    photos: int = Field(ge=0)
    tolerance: FiniteFloat = Field(gt=0)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if len(self.scores) != len(self.errors) or min(self.errors, default=0.0) < 0:
            raise ValueError("scores and errors do not belong together")
        return self


class _Learned(BaseModel):
    model_config = ConfigDict(strict=True)

    photos: int = Field(default=0, ge=0)
    descriptor: _Kind | None = None
    verified: _Kind | None = None


def check_learned(said: Mapping[str, Any], map_path: Path) -> None:
    """Raises `FormatError` unless it is what `PlaceMap.calibrate` stores."""
    try:
        _Learned.model_validate(dict(said))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError(
            f"the calibration of {map_path} is damaged: {where}: {first['msg']}", "Build the map again."
        ) from error
