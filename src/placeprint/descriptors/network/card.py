"""What is known about a network besides its weights."""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from placeprint.descriptors.runtimes.torch_device import Precision
from placeprint.descriptors.sources import LICENSE_KEYS
from placeprint.networks.architecture import Architecture
from placeprint.networks.backbones import Preprocessing

UNKNOWN_LICENSE = "unknown: ask its authors"


class ModelCard(BaseModel):
    """How photos become the input of a network, what the network is, and where it comes from.

    `size_rule` is a rule of `photos.resize`, with sides rounded to multiples of `divisor` unless the rule is
    `exact` or `none`. `architecture` builds a placeprint network; `code` says which third-party code is run.
    `whitening`, `training`, `learnt_from` (digests of photos, see `photo_digest`), `license`, `source` and
    `notes` are provenance: they affect neither the vectors nor, like the name, the fingerprint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    size_rule: str
    divisor: int = Field(1, ge=1)
    preprocessing: Preprocessing
    precision: Precision = "float32"
    architecture: Architecture | None = None
    code: dict[str, Any] = Field(default_factory=dict)
    whitening: dict[str, Any] = Field(default_factory=dict)
    training: str = "not stated"
    learnt_from: tuple[str, ...] = ()
    license: str = Field(UNKNOWN_LICENSE, validation_alias=AliasChoices(*LICENSE_KEYS))
    source: str = ""
    notes: tuple[str, ...] = ()

    @field_validator("size_rule")
    @classmethod
    def _known_rule(cls, rule: str) -> str:
        from placeprint.photos.resize import target_size

        target_size((640, 480), rule)
        return rule

    @property
    def step(self) -> int:
        """The multiple that sides are rounded to."""
        return 1 if self.size_rule.startswith(("exact:", "none")) else self.divisor

    def recipe(self) -> dict[str, Any]:
        """JSON of everything that changes the vectors, other than weights and dimension.

        The location of a backbone's files does not, nor does a setting at its default.
        """
        pixels = self.preprocessing
        network = self.code
        if self.architecture is not None:
            said = self.architecture.model_dump(mode="json", exclude_defaults=True)
            said["backbone"].pop("source", None)
            network = said | network
        return {
            "runtime": "torch",
            "precision": self.precision,
            "input": self.size_rule,
            "divisor": self.step,
            "pixels": {
                "scale": float(pixels.scale),
                "mean": [float(value) for value in pixels.mean],
                "std": [float(value) for value in pixels.std],
                "order": pixels.order,
            },
            "network": network,
        }

    def changed(self, **fields: Any) -> "ModelCard":
        """The card with these fields replaced, and validated."""
        return ModelCard.model_validate(
            {name: getattr(self, name) for name in type(self).model_fields} | fields
        )
