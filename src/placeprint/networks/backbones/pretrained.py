"""A network whose weights come from a published file."""

from pathlib import Path
from typing import Self

from torch import nn

from placeprint.networks.backbones.preprocessing import Preprocessing
from placeprint.networks.backbones.weights import RANDOM, Weights, fill, load_weights


class Pretrained(nn.Module):
    """A network that knows its weights and so the pixels it wants; random until `load`.

    `own_prefix` starts the names of all its parameters; `unused` starts those of a published file that
    it has no use for.
    """

    weights: Weights = RANDOM
    own_prefix: str = ""
    unused: tuple[str, ...] = ()

    @property
    def preprocessing(self) -> Preprocessing:
        return self.weights.preprocessing

    @property
    def license(self) -> str:
        """Of the weights."""
        return self.weights.license

    def load(self, path: Path, weights: Weights, prefix: str | None = None) -> Self:
        """Fill from a state dict and go to evaluation mode; `weights` says what the file is.

        Every parameter must be in the file, in its shape. Without a `prefix` the names are the published
        ones and an unknown name is an error. With one, only names that start with it count, and it
        stands for `own_prefix`: "" for OpenIBL's VGG16, "encoder." for that of pytorch-NetVlad.
        Raises `FormatError` for an unreadable file, `PlaceprintError` for one of another network.
        """
        tensors = load_weights(path)
        if prefix is not None:
            tensors = {
                self.own_prefix + name.removeprefix(prefix): tensor
                for name, tensor in tensors.items()
                if name.startswith(prefix)
            }
        fill(self, tensors, path, self.unused)
        self.weights = weights
        return self.eval()


def he_initialize(network: nn.Module) -> None:
    """Normal convolution weights of variance 2 / fan-out, no bias (He et al., ICCV 2015, section 2.2)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
