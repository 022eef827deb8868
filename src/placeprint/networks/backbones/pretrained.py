"""A network whose weights come from a published file."""

from pathlib import Path
from typing import Self

from torch import nn

from placeprint.networks.backbones.preprocessing import Preprocessing
from placeprint.networks.backbones.weights import RANDOM, PretrainedWeights, fill, load_weights


class Pretrained(nn.Module):
    """A network that knows its weights, and so the pixels it expects; random until `load`.

    `own_prefix` is the prefix of all its parameter names; `unused` are the prefixes of names in a published
    file that it does not use.
    """

    weights: PretrainedWeights = RANDOM
    own_prefix: str = ""
    unused: tuple[str, ...] = ()

    @property
    def preprocessing(self) -> Preprocessing:
        """What the weights expect of the pixels."""
        return self.weights.preprocessing

    @property
    def license(self) -> str:
        """The license of the weights."""
        return self.weights.license

    def load(self, path: Path, weights: PretrainedWeights, prefix: str | None = None) -> Self:
        """Load a state dict and switch to evaluation mode; `weights` says what the file is.

        Every parameter must be in the file, with the right shape. Without `prefix`, the names are the
        published ones and an unknown name is an error. With it, only names that start with it are read, and
        it replaces `own_prefix`: "" for OpenIBL's VGG16, "encoder." for pytorch-NetVlad's. Raises
        `FormatError` for an unreadable file, `PlaceprintError` for a file of another network.
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
    """Normal convolution weights with variance 2 / fan-out, no bias (He et al., ICCV 2015, section 2.2)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
