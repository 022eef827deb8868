"""The architecture of a place recognition network as data, as stored in a model folder."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from placeprint.errors import PlaceprintError
from placeprint.networks import pooling as layers
from placeprint.networks.backbones import (
    VGG16,
    AlexNet,
    Backbone,
    EfficientNetLite0,
    Hypercolumn,
    ResNet,
    TransformersBackbone,
)
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.networks.pooling import Pooling

BackboneName = Literal[
    "vgg16", "alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "lite0", "transformers",
]  # fmt: skip
PoolingName = Literal[
    "average", "mac", "spoc", "crow", "gem", "rmac", "netvlad", "gated-netvlad", "crn", "cosplace", "convap",
    "mixvpr", "salad", "boq",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackboneSpec(_Strict):
    """`cut`: the layer whose feature map is used (None: the backbone's usual one); `hypercolumn`: use the
    stacked maps of these layers instead; `source`: name or folder of a `transformers` model.
    """

    name: BackboneName
    cut: str | None = None
    hypercolumn: tuple[str, ...] = ()
    source: str | None = None

    def build(self) -> Backbone:
        """The backbone with random weights, except for `transformers`, which loads its own."""
        if self.name == "transformers":
            if self.source is None:
                raise PlaceprintError("a transformers backbone needs a source", "Name a model or a folder")
            return self._with_columns(TransformersBackbone(self.source))
        cut = {} if self.cut is None else {"cut": self.cut}
        backbone: Backbone
        match self.name:
            case "vgg16":
                backbone = VGG16(**cut)
            case "alexnet":
                backbone = AlexNet(**cut)
            case "lite0":
                backbone = EfficientNetLite0(**cut)
            case name:
                backbone = ResNet(int(name.removeprefix("resnet")), **cut)  # type: ignore[arg-type]
        return self._with_columns(backbone)

    def _with_columns(self, backbone: Backbone) -> Backbone:
        return Hypercolumn(backbone, self.hypercolumn) if self.hypercolumn else backbone


class PoolingSpec(_Strict):
    """`options`: keyword arguments of the layer, other than its number of channels."""

    name: PoolingName
    options: dict[str, Any] = Field(default_factory=dict)

    def build(self, channels: int) -> Pooling:
        """The layer with random weights, if it has any. Raises PlaceprintError for unknown options."""
        kinds: dict[str, type[Pooling]] = {
            "average": layers.Average, "mac": layers.MAC, "spoc": layers.SPoC, "crow": layers.CroW,
            "gem": layers.GeM, "rmac": layers.RMAC, "netvlad": layers.NetVLAD,
            "gated-netvlad": layers.GatedNetVLAD, "crn": layers.CRN,
            "cosplace": layers.CosPlace, "convap": layers.ConvAP, "mixvpr": layers.MixVPR,
            "salad": layers.SALAD, "boq": layers.BoQ,
        }  # fmt: skip
        try:
            return kinds[self.name](channels, **self.options)
        except TypeError as error:
            raise PlaceprintError(f"pooling {self.name}: {error}", "See the layer's arguments") from error


class Architecture(_Strict):
    """Backbone, pooling, and the dimension after whitening (None: no whitening)."""

    backbone: BackboneSpec
    pooling: PoolingSpec
    whitening: int | None = Field(None, ge=1)

    def build(self) -> PlaceNetwork:
        """The network with random weights, in evaluation mode."""
        backbone = self.backbone.build()
        pooling = self.pooling.build(backbone.channels)
        whitening = None if self.whitening is None else WhiteningLayer(pooling.out_dim, self.whitening)
        return PlaceNetwork(backbone, pooling, whitening).eval()
