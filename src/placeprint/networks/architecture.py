"""The architecture of a place recognition network as data, as stored in a model folder."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from placeprint.errors import PlaceprintError
from placeprint.networks.backbones import BACKBONES, Backbone, Hypercolumn, TransformersBackbone
from placeprint.networks.place_network import PlaceNetwork, WhiteningLayer
from placeprint.networks.pooling import POOLINGS, Pooling


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackboneSpec(_Strict):
    """`cut`: the layer whose feature map is used (None: the backbone's usual one); `hypercolumn`: use the
    stacked maps of these layers instead; `source`: name or folder of a `transformers` model.
    """

    name: str
    cut: str | None = None
    hypercolumn: tuple[str, ...] = ()
    source: str | None = None

    @field_validator("name")
    @classmethod
    def _is_registered(cls, name: str) -> str:
        if name not in BACKBONES:
            raise ValueError(f"{name!r} is none of {', '.join(BACKBONES)}")
        return name

    def build(self) -> Backbone:
        """The backbone with random weights, except for `transformers`, which loads its own."""
        if self.name == "transformers":
            if self.source is None:
                raise PlaceprintError("a transformers backbone needs a source", "Name a model or a folder")
            return self._with_columns(TransformersBackbone(self.source))
        make: Callable[..., Backbone] = BACKBONES.find(self.name)
        return self._with_columns(make() if self.cut is None else make(cut=self.cut))

    def _with_columns(self, backbone: Backbone) -> Backbone:
        return Hypercolumn(backbone, self.hypercolumn) if self.hypercolumn else backbone


class PoolingSpec(_Strict):
    """`options`: keyword arguments of the layer, other than its number of channels."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _is_registered(cls, name: str) -> str:
        if name not in POOLINGS:
            raise ValueError(f"{name!r} is none of {', '.join(POOLINGS)}")
        return name

    def build(self, channels: int) -> Pooling:
        """The layer with random weights, if it has any. Raises PlaceprintError for unknown options."""
        layer: Callable[..., Pooling] = POOLINGS.find(self.name)
        try:
            return layer(channels, **self.options)
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
