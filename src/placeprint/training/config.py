"""A training run as data: everything that affects its result, validated before anything is read."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from placeprint.errors import PlaceprintError
from placeprint.networks.architecture import Architecture
from placeprint.training.assembly.loss_spec import (
    BatchTripletSpec,
    LossSpec,
    PddmSpec,
    RegisteredLossSpec,
    SfrsSpec,
)
from placeprint.training.images.augmentation import Augmentation

RECALL_AT = (1, 5, 10, 20)
CLASS_RECALL_AT = (1, 2, 4, 8, 16, 32)
"""What validation measures: for photos with positions, and for photos with class labels."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSpec(_Strict):
    """Which photos. `views` "panorama": perspective views are cut from the side faces of each panorama,
    `views_per_panorama` new ones for each epoch, with a field of view between the `field_of_view` degrees;
    "photo": photos as they are.
    """

    split: str = "train"
    validation: str = "val"
    layout: str | None = None
    views: Literal["photo", "panorama"] = "photo"
    views_per_panorama: int = Field(default=8, ge=2)
    field_of_view: tuple[float, float] = (50.0, 90.0)
    pitch: float = Field(default=4.0, ge=0, le=20, description="Standard deviation in degrees.")
    size: str = Field(default="exact:480x480", pattern=r"^exact:[1-9]\d{0,4}x[1-9]\d{0,4}$")
    validation_size: str = "area:480"
    augmentation: Augmentation = Augmentation()

    @field_validator("field_of_view")
    @classmethod
    def _seen(cls, between: tuple[float, float]) -> tuple[float, float]:
        if not 0 < between[0] <= between[1] <= 90:
            raise ValueError("give two angles in ascending order, above 0 and at most 90 degrees")
        return between

    @field_validator("validation_size")
    @classmethod
    def _known_rule(cls, rule: str) -> str:
        from placeprint.photos.resize import target_size

        try:
            target_size((640, 480), rule)
        except PlaceprintError as error:
            raise ValueError(str(error)) from error
        return rule

    @model_validator(mode="after")
    def _square(self) -> "DataSpec":
        width, height = self.size.removeprefix("exact:").split("x")
        if self.views == "panorama" and width != height:
            raise ValueError("views of panoramas are square, so size must be square too")
        return self


class NetworkSpec(_Strict):
    """What is trained. `start`: name of a descriptor, or a model folder, to start from; without it, the
    backbone of `architecture` has its published weights and NetVLAD is initialized by k-means.

    `backbone_weights`: a file with the ImageNet weights of a backbone, with the names and preprocessing of
    `weights_of`. `train_from`: the first stage of the backbone that gets gradients (None: only the pooling is
    trained). `cache_stage`: the maps that enter the first trained stage, or the pooling, are computed once
    and kept on disk, so that only what is trained is run; images are then the same in every epoch. Batch
    norms keep their statistics. `dim`: a linear layer to this many numbers, initialized as the PCA whitening
    of the start, is trained as well.
    """

    architecture: Architecture | None = None
    start: str | None = None
    backbone_weights: str | None = None
    weights_of: Literal["torchvision", "openibl"] = "torchvision"
    train_from: str | None = None
    cache_stage: bool = False
    dim: int | None = Field(default=None, ge=2)

    @model_validator(mode="after")
    def _fits(self) -> "NetworkSpec":
        if (self.architecture is None) == (self.start is None):
            raise ValueError("give either `architecture` or `start`")
        return self


class TupleMining(_Strict):
    """Tuples of a query, its best positive and its hardest negatives (NetVLAD §4, SARE §5.1).

    `beyond`: a positive must be farther away than this many meters. NetVLAD's code and deepIBL use 1, so that
    a photo of the very same spot is not a positive; OpenIBL includes such photos (None, which is "none" in
    TOML).
    """

    kind: Literal["tuples"] = "tuples"
    positive_radius: float = Field(default=10.0, gt=0)
    beyond: float | None = Field(default=None, ge=0)
    negative_radius: float = Field(default=25.0, gt=0)
    other_panorama: bool = False
    other_time: bool = False
    turn: float | None = Field(default=None, gt=0)
    negatives: str = "partial"
    pool: int = Field(default=1000, ge=1)
    remembered: int = Field(default=10, ge=0)
    count: int = Field(default=10, ge=1)
    violating_margin: float | None = None
    refresh_every: int = Field(default=1000, ge=1)

    @field_validator("beyond", mode="before")
    @classmethod
    def _none(cls, said: Any) -> Any:
        """TOML has no null, and a recipe that extends another must be able to remove a limit."""
        return None if said == "none" else said

    @model_validator(mode="after")
    def _fits(self) -> "TupleMining":
        _check_ring(self.positive_radius, self.negative_radius)
        if self.beyond is not None and self.beyond >= self.positive_radius:
            raise ValueError("`beyond` leaves nothing within `positive_radius`")
        from placeprint.training.mining.negatives import MINERS

        if self.negatives not in MINERS:
            raise ValueError(f"`negatives` is none of {', '.join(MINERS)}")
        if self.negatives == "random" and self.violating_margin is not None:
            raise ValueError("random negatives are drawn without distances: no violating_margin")
        return self


class PairMining(_Strict):
    """Batches of pairs; all photos of the batch beyond `negative_radius` are negatives of an anchor.

    `turn`: largest difference of the headings of a pair, in degrees. `positives`: any potential one; one of
    the `nearest` by the network before its first step; or one verified by at least `inliers` local features.
    `hard`: every second place of a batch is one that the network, before its first step, confuses with the
    place before it.
    """

    kind: Literal["pairs"] = "pairs"
    positive_radius: float = Field(default=15.0, gt=0)
    negative_radius: float = Field(default=25.0, gt=0)
    turn: float | None = Field(default=30.0, gt=0)
    positives: Literal["any", "nearest", "verified"] = "any"
    nearest: int = Field(default=3, ge=1)
    inliers: int = Field(default=12, ge=8)
    hard: bool = False

    @model_validator(mode="after")
    def _fits(self) -> "PairMining":
        _check_ring(self.positive_radius, self.negative_radius)
        return self


class ClassMining(_Strict):
    """Batches of classes: `run.batch` of them per step, with `per_class` photos each.

    Only `data.split` is read. The last `validation_share` of its classes, in order of their names, are for
    validation and never trained on; `data.validation` is not used.
    """

    kind: Literal["classes"] = "classes"
    per_class: int = Field(default=4, ge=2)
    validation_share: float = Field(default=0.5, gt=0, lt=1)


def _check_ring(near: float, far: float) -> None:
    if near > far:
        raise ValueError(f"positives reach {near:g} m, but negatives begin at {far:g} m")


class OptimiserSpec(_Strict):
    """`pooling_lr`, `linear_lr`, `loss_lr`: learning rates of the pooling, the linear layer and the
    parameters of the loss (PDDM), if they differ from `lr`.
    """

    kind: Literal["sgd", "adamw"] = "sgd"
    lr: float = Field(default=1e-3, gt=0)
    pooling_lr: float | None = Field(default=None, gt=0)
    linear_lr: float | None = Field(default=None, gt=0)
    loss_lr: float | None = Field(default=None, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=1e-3, ge=0)
    clip_norm: float | None = Field(default=None, gt=0)


class ScheduleSpec(_Strict):
    """`step`: times `factor` every `epochs` epochs; `cosine`: to zero at the end; both after a linear
    `warmup` from zero over that many steps.
    """

    kind: Literal["constant", "step", "cosine"] = "step"
    epochs: int = Field(default=5, ge=1)
    factor: float = Field(default=0.5, gt=0, lt=1)
    warmup: int = Field(default=0, ge=0)


class RunSpec(_Strict):
    """`batch`: tuples (or places, or classes) per step; `accumulate`: steps whose gradients are added before
    the weights are updated; `chunk`: images that go through the network at once, with gradient caching for
    larger batches (None: all). `average`: decay of the running mean of the weights, which is what is
    validated and kept (0: the weights themselves). `patience`: validations without improvement before
    training stops; `worst_drop`: how many points of recall@1 below the best count as a collapse.
    """

    epochs: int = Field(default=30, ge=1)
    steps_per_epoch: int | None = Field(default=None, ge=1)
    batch: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    chunk: int | None = Field(default=None, ge=1)
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    channels_last: bool = True
    average: float = Field(default=0.0, ge=0, lt=1)
    validate_every: int = Field(default=1, ge=1, description="Epochs.")
    select_by: Literal[1, 2, 4, 5, 8, 10, 16, 20, 32] = 5
    patience: int | None = Field(default=None, ge=1)
    worst_drop: float = Field(default=25.0, gt=0)
    keep_every: int = Field(default=200, ge=1, description="Steps between checkpoints.")


class WhiteningSpec(_Strict):
    """PCA whitening of the best network, after training, on `images` of its training images.

    `photos`: which of them: those of the "database" alone, as in `addPCA` of NetVLAD's code, or "all",
    including queries, as in OpenIBL. `refit_every`: the loss is computed on whitened vectors from the first
    step on; the whitening is not trained but refitted every so many steps, and every validation is of the
    whitened network.
    """

    dim: int = Field(default=512, ge=1)
    images: int = Field(default=4000, ge=2)
    photos: Literal["all", "database"] = "all"
    shrinkage: float = Field(default=0.0, ge=0, le=1)
    refit_every: int | None = Field(default=None, ge=1)

    @property
    def through(self) -> bool:
        """Whether the loss is computed on whitened vectors."""
        return self.refit_every is not None


class TrainingConfig(_Strict):
    """A recipe; `name` and `source` say what it reproduces."""

    name: str
    source: str = ""
    seed: int = Field(default=0, ge=0)
    data: DataSpec = DataSpec()
    network: NetworkSpec
    loss: LossSpec
    mining: Annotated[TupleMining | PairMining | ClassMining, Field(discriminator="kind")] = TupleMining()
    optimizer: OptimiserSpec = OptimiserSpec()
    schedule: ScheduleSpec = ScheduleSpec()
    run: RunSpec = RunSpec()
    whitening: WhiteningSpec | None = None

    @model_validator(mode="after")
    def _fits(self) -> "TrainingConfig":
        if isinstance(self.loss, SfrsSpec) and (self.mining.kind != "tuples" or self.network.dim is not None):
            raise ValueError('loss "sfrs" needs mining.kind "tuples" and no network.dim')
        if self.whitening is not None and self.whitening.through and self.network.dim is not None:
            raise ValueError("whitening.refit_every cannot be combined with network.dim")
        if self.whitening is not None and (self.whitening.photos, self.data.views) == (
            "database",
            "panorama",
        ):
            raise ValueError('whitening.photos "database" needs data.views "photo": views belong to no side')
        classes = isinstance(self.mining, ClassMining)
        on_classes = isinstance(self.loss, PddmSpec | BatchTripletSpec) or (
            isinstance(self.loss, RegisteredLossSpec) and self.loss.on_classes
        )
        if classes != on_classes:
            raise ValueError('mining.kind "classes" works with the losses "pddm" and "batch-triplet" only')
        if classes and (self.data.views != "photo" or self.whitening is not None or self.run.batch < 2):
            raise ValueError('classes need data.views "photo", run.batch of 2 or more, and no whitening')
        if self.run.select_by not in self.recall_at:
            raise ValueError(f"run.select_by is not one of {', '.join(map(str, self.recall_at))}")
        return self

    @property
    def recall_at(self) -> tuple[int, ...]:
        """The values of N for recall@N in validation."""
        return CLASS_RECALL_AT if isinstance(self.mining, ClassMining) else RECALL_AT

    @field_validator("mining", mode="before")
    @classmethod
    def _tuples_by_default(cls, said: Any) -> Any:
        return {"kind": "tuples"} | said if isinstance(said, dict) else said
