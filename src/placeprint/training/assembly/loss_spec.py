"""Losses as specified in a recipe."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from torch import nn

from placeprint.errors import PlaceprintError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SareSpec(_Strict):
    """`preset`: exactly the scaling of another code base; without it, `temperature`."""

    name: Literal["sare"] = "sare"
    kernel: Literal["gaussian", "cauchy", "exponential"] = "gaussian"
    mode: Literal["independent", "joint"] = "independent"
    preset: Literal["deepibl", "openibl", "benchmark"] | None = None
    temperature: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> "SareSpec":
        if self.preset is not None and self.temperature != 1.0:
            raise ValueError("a preset has its own temperature")
        if self.preset in ("openibl", "benchmark") and self.kernel != "gaussian":
            raise ValueError(f"the preset {self.preset} is Gaussian")
        return self

    def build(self) -> nn.Module:
        """The loss module."""
        from placeprint.losses import SARELoss

        if self.preset == "deepibl":
            return SARELoss.deepibl(self.kernel, self.mode)
        if self.preset == "openibl":
            return SARELoss.openibl(self.mode)
        if self.preset == "benchmark":
            return SARELoss.benchmark(self.mode)
        return SARELoss(self.kernel, self.mode, temperature=self.temperature)


class TripletSpec(_Strict):
    """`preset`: exactly the form of another code base; without it, `margin` and `squared`. `rests`: take no
    step for a batch without a violating triplet (see `TripletLoss`); by default as in the preset.
    """

    name: Literal["triplet"] = "triplet"
    preset: Literal["relja", "openibl", "benchmark"] | None = None
    margin: float = Field(default=0.1, gt=0)
    squared: bool = True
    rests: bool | None = None

    @model_validator(mode="after")
    def _fits(self) -> "TripletSpec":
        if self.preset is not None and (self.margin != 0.1 or not self.squared):
            raise ValueError("a preset has its own margin")
        return self

    def build(self) -> nn.Module:
        """The loss module."""
        from placeprint.losses import TripletLoss

        if self.preset is None:
            return TripletLoss(self.margin, self.squared, rests=bool(self.rests))
        made: TripletLoss = getattr(TripletLoss, self.preset)()
        made.rests = made.rests if self.rests is None else self.rests
        return made


class ContrastiveSpec(_Strict):
    """The contrastive loss with margin `threshold`; see `ContrastiveLoss`."""

    name: Literal["contrastive"] = "contrastive"
    threshold: float = Field(default=0.7, gt=0)

    def build(self) -> nn.Module:
        """The loss module."""
        from placeprint.losses import ContrastiveLoss

        return ContrastiveLoss(self.threshold)


class SfrsSpec(_Strict):
    """SFRS (Ge et al., ECCV 2020) in `generations`, with the settings of its authors' code.

    Generation 0 has `first_epochs` epochs, each further one as many as the run. `temperatures`: the teacher's
    in each generation, the last one also for all later ones; `student_temperature`: of the student and of
    SARE. `soft_weight` times the soft loss is added from generation 1 on. Difficult positives: at most
    `difficult_keep` of the `difficult_pool` nearest positives, by k-reciprocal distances with `k1`, `k2` and
    `distance_weight`, in the form of the preset `reranking` (see `KReciprocal`). `generation`: which one a
    folder of the run holds; set by placeprint.
    """

    name: Literal["sfrs"] = "sfrs"
    generations: int = Field(default=4, ge=1)
    first_epochs: int = Field(default=1, ge=1)
    temperatures: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.07, 0.07, 0.06, 0.05), min_length=1)
    student_temperature: float = Field(default=0.07, gt=0)
    soft_weight: float = Field(default=0.5, ge=0)
    difficult_keep: int = Field(default=10, ge=1)
    difficult_pool: int = Field(default=20, ge=1)
    k1: int = Field(default=20, ge=1)
    k2: int = Field(default=1, ge=1)
    distance_weight: float = Field(default=0.1, ge=0, le=1)
    reranking: Literal["paper", "zhong-code", "openibl"] = "openibl"
    generation: int | None = Field(default=None, ge=0)

    def build(self) -> nn.Module:
        """The image-level loss: SARE, independent, of dot products divided by `student_temperature`."""
        from placeprint.losses import SARELoss

        return SARELoss.openibl("independent", tau=self.student_temperature)

    def teacher_temperature(self, generation: int) -> float:
        """The teacher's temperature in this generation."""
        return self.temperatures[min(generation, len(self.temperatures) - 1)]


class PddmSpec(_Strict):
    """PDDM with the hardest quadruplet of a batch (Huang, Loy & Tang, NIPS 2016); see `PDDMLoss`. `weight`:
    λ. Retrieval by its score is validated as well.
    """

    name: Literal["pddm"] = "pddm"
    alpha: float = Field(default=0.5, ge=0)
    beta: float = Field(default=1.0, ge=0)
    weight: float = Field(default=0.5, ge=0)
    detach_metric: bool = False
    pre_normalize: bool = False

    def build(self, dim: int = 128) -> nn.Module:
        """For vectors with `dim` numbers; parameters are initialized by torch."""
        from placeprint.losses import PDDMLoss

        return PDDMLoss(dim, **self.model_dump(exclude={"name"}))


class BatchTripletSpec(_Strict):
    """The hardest triplet of each photo in a batch; see `BatchHardTripletLoss`."""

    name: Literal["batch-triplet"] = "batch-triplet"
    margin: float = Field(default=0.2, gt=0)

    def build(self) -> nn.Module:
        """The loss module."""
        from placeprint.losses import BatchHardTripletLoss

        return BatchHardTripletLoss(self.margin)


class RegisteredLossSpec(BaseModel):
    """A loss of another package (`losses.LOSSES`): the other fields are its arguments.

    It is taken for a loss on tuples where it is a `TupleLoss`, else for one on labeled batches.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str

    @model_validator(mode="after")
    def _builds(self) -> "RegisteredLossSpec":
        self.build()
        return self

    def build(self, dim: int = 128) -> nn.Module:
        """Raises ValueError for an unknown name or argument."""
        from placeprint.losses import LOSSES

        try:
            return LOSSES.find(self.name)(**(self.model_extra or {}))
        except (PlaceprintError, TypeError) as error:
            raise ValueError(f"loss {self.name!r}: {error}") from error

    @property
    def on_classes(self) -> bool:
        """Whether it takes embeddings and labels of a batch in place of tuples."""
        from placeprint.losses import TupleLoss

        return not isinstance(self.build(), TupleLoss)


OWN = {"sare", "triplet", "contrastive", "sfrs", "pddm", "batch-triplet"}


def _which(said: Any) -> str:
    name = said.get("name") if isinstance(said, dict) else getattr(said, "name", "")
    return str(name) if name in OWN else "registered"


LossSpec = Annotated[
    Annotated[SareSpec, Tag("sare")]
    | Annotated[TripletSpec, Tag("triplet")]
    | Annotated[ContrastiveSpec, Tag("contrastive")]
    | Annotated[SfrsSpec, Tag("sfrs")]
    | Annotated[PddmSpec, Tag("pddm")]
    | Annotated[BatchTripletSpec, Tag("batch-triplet")]
    | Annotated[RegisteredLossSpec, Tag("registered")],
    Discriminator(_which),
]
