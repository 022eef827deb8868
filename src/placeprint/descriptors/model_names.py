"""Names of networks: `<backbone>_<pooling><number>_pca<dim>.<training data>`, as in timm."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placeprint.networks.architecture import Architecture

UNTRAINED = ("gem", "mac", "spoc", "crow", "rmac", "average", "netvlad")
"""Pooling layers whose weights need no training; NetVLAD is initialized from photos."""

PUBLISHED_BACKBONES = ("lite0",)
"""Backbones whose weights are installed by a package."""

EXAMPLES = "lite0_gem, lite0_gem_pca256, lite0_netvlad64_pca512 (backbone, pooling, clusters, whitening)"

_NAME = re.compile(
    r"(?P<backbone>[a-z0-9-]+)_(?P<pooling>[a-z]+(?:-[a-z]+)*)(?P<number>\d*)(?:_pca(?P<pca>\d+))?(?:\.(?P<training>.+))?"
)


@dataclass(frozen=True)
class ModelName:
    """`number`: clusters of NetVLAD, CRN and SALAD; output dimension of other pooling layers that let one
    choose it.

    vgg16_netvlad64_pca4096.pitts30k: VGG16, 64 clusters, whitened to 4,096 dimensions, trained on Pitts30k.
    """

    backbone: str
    pooling: str
    number: int | None = None
    pca: int | None = None
    training: str = ""

    def __str__(self) -> str:
        number = "" if self.number is None else self.number
        pca = "" if self.pca is None else f"_pca{self.pca}"
        return f"{self.backbone}_{self.pooling}{number}{pca}" + (f".{self.training}" if self.training else "")

    @property
    def can_be_built(self) -> bool:
        """Whether the backbone's weights are installed and nothing else needs training."""
        number = self.pooling == "netvlad"
        if self.backbone not in PUBLISHED_BACKBONES or self.pooling not in UNTRAINED or self.training:
            return False
        return number == (self.number is not None) and 0 not in (self.number, self.pca)

    @property
    def needs_photos(self) -> bool:
        """Whether clusters or a whitening have to be learned first."""
        return self.pooling == "netvlad" or self.pca is not None


def parse_name(text: str) -> ModelName | None:
    """None if the text does not have this form."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    number, pca = (None if not found[key] else int(found[key]) for key in ("number", "pca"))
    return ModelName(found["backbone"], found["pooling"], number, pca, found["training"] or "")


def name_of(architecture: "Architecture", pooled_dim: int, training: str = "") -> str:
    """The name of an architecture whose pooling gives `pooled_dim` numbers.

    `training` is written in lower case with hyphens; for a transformers model, the last part of its source is
    the backbone's name.
    """
    backbone, pooling = architecture.backbone, architecture.pooling
    first = PurePath(backbone.source).name if backbone.source else backbone.name
    number: int | None = pooled_dim
    if pooling.name in ("netvlad", "gated-netvlad", "crn", "salad"):
        number = int(pooling.options.get("clusters", 64))
    elif pooling.name in UNTRAINED:
        number = None
    return str(ModelName(_slug(first), pooling.name, number, architecture.whitening, _slug(training)))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
