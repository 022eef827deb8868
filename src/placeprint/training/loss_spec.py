"""Losses as a recipe names them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SareSpec(_Strict):
    """`preset`: the scaling of another code, exactly; else `temperature` and `reduction`."""

    name: Literal["sare"] = "sare"
    kernel: Literal["gaussian", "cauchy", "exponential"] = "gaussian"
    mode: Literal["independent", "joint"] = "independent"
    preset: Literal["deepibl", "openibl", "benchmark"] | None = None
    temperature: float = Field(1.0, gt=0)

    def build(self) -> nn.Module:
        from placeprint.losses import SARE

        if self.preset == "deepibl":
            return SARE.deepibl(self.kernel, self.mode)
        if self.preset == "openibl":
            return SARE.openibl(self.mode)
        if self.preset == "benchmark":
            return SARE.benchmark(self.mode)
        return SARE(self.kernel, self.mode, temperature=self.temperature)


class TripletSpec(_Strict):
    name: Literal["triplet"] = "triplet"
    preset: Literal["relja", "openibl", "benchmark"] | None = None
    margin: float = Field(0.1, gt=0)
    squared: bool = True

    def build(self) -> nn.Module:
        from placeprint.losses import Triplet

        if self.preset is not None:
            made: nn.Module = getattr(Triplet, self.preset)()
            return made
        return Triplet(self.margin, self.squared)


class ContrastiveSpec(_Strict):
    name: Literal["contrastive"] = "contrastive"
    threshold: float = Field(0.7, gt=0)

    def build(self) -> nn.Module:
        from placeprint.losses import Contrastive

        return Contrastive(self.threshold)


LossSpec = Annotated[SareSpec | TripletSpec | ContrastiveSpec, Field(discriminator="name")]
