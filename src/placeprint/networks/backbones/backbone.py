"""The interface of a backbone: preprocessed images in, a feature map out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Self

from torch import Tensor, nn

from placeprint.networks.backbones.pretrained import Pretrained
from placeprint.registry import Registry


@dataclass(frozen=True)
class Window:
    """How a convolution or pooling changes the length of a side; `padding` None is TensorFlow's SAME."""

    kernel: int
    stride: int
    padding: int | None

    def positions(self, side: int) -> int:
        """Number of output positions along a side of `side` input positions."""
        if self.padding is None:
            return -(-side // self.stride)
        return max((side + 2 * self.padding - self.kernel) // self.stride + 1, 0)


@dataclass(frozen=True)
class Layer:
    """A feature map that a backbone can return: its channels, and the windows that lead to it.

    Windows of stride 1 that keep the size may be left out.
    """

    channels: int
    windows: tuple[Window, ...] = ()

    @property
    def stride(self) -> int:
        """Pixels between neighboring positions."""
        return prod(window.stride for window in self.windows)

    def positions(self, side: int) -> int:
        """Rows for an image of this height, or columns for an image of this width."""
        for window in self.windows:
            side = window.positions(side)
        return side

    def then(self, channels: int, *windows: Window) -> "Layer":
        """The layer that follows after these windows, with `channels` channels."""
        return Layer(channels, self.windows + windows)


class Backbone(Pretrained):
    """Float images (n, 3, height, width), as produced by `preprocessing`, to maps (n, channels, rows,
    columns).

    `layers` names the maps it can return, in order of computation; the last one is the output. Images may
    have any size that leaves at least one position; sides that are multiples of `divisor` keep the grid
    aligned with the pixels. In evaluation mode, each row depends only on its own image.
    """

    layers: Mapping[str, Layer]
    _frozen: tuple[str, ...] = ()

    def stages(self) -> Mapping[str, nn.Module]:
        """The parts that have parameters, by name, in execution order."""
        raise NotImplementedError

    @property
    def output(self) -> Layer:
        """The layer that is the output."""
        return self.layers[self.cut]

    @property
    def cut(self) -> str:
        """The name of the layer that is the output."""
        return list(self.layers)[-1]

    @property
    def channels(self) -> int:
        """Channels of the output."""
        return self.output.channels

    @property
    def stride(self) -> int:
        """Pixels between neighboring positions of the output."""
        return self.output.stride

    @property
    def divisor(self) -> int:
        """Image sides should be multiples of this; see the class."""
        return self.stride

    def map_size(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the output for an image of this size; 0 if it is too small."""
        return self.output.positions(height), self.output.positions(width)

    def forward(self, images: Tensor) -> Tensor:
        """The output map (n, channels, rows, columns)."""
        return self.maps(images, [self.cut])[0]

    def maps(self, images: Tensor, names: Iterable[str]) -> list[Tensor]:
        """The maps of these layers, in one pass that stops at the last of them."""
        wanted = list(names)
        unknown = [name for name in wanted if name not in self.layers]
        if unknown or not wanted:
            raise ValueError(f"no layer {unknown}; the layers are {', '.join(self.layers)}")
        if images.ndim != 4 or images.shape[1] != 3 or not images.is_floating_point():
            raise ValueError(f"not float (n, 3, height, width): {images.dtype} {tuple(images.shape)}")
        found = self._run(images, set(wanted))
        return [found[name] for name in wanted]

    def _run(self, images: Tensor, wanted: set[str]) -> dict[str, Tensor]:
        x, found = images, {}
        for name, stage in self.stages().items():
            x = stage(x)
            if name in wanted:
                found[name] = x
            if len(found) == len(wanted):
                break
        return found

    def continue_from(self, stage: str, x: Tensor) -> Tensor:
        """The output, from the map that is the input of `stage`; see `before`."""
        names = list(self.stages())
        for name in names[names.index(stage) :]:
            x = self.stages()[name](x)
        return x

    def before(self, stage: str) -> str:
        """The stage whose output is the input of `stage`. Raises ValueError if there is none."""
        names = list(self.stages())
        if stage not in names[1:]:
            raise ValueError(f"nothing precedes {stage!r}; the stages are {', '.join(names)}")
        return names[names.index(stage) - 1]

    def train_from(self, stage: str | None) -> Self:
        """Freeze all stages before this one: no gradients, and norms and dropout as in evaluation mode.

        None freezes the whole backbone. NetVLAD trains VGG16 from `conv5_1` and AlexNet from `conv2`.
        """
        names = list(self.stages())
        if stage is not None and stage not in names:
            raise ValueError(f"no stage {stage!r}; the stages are {', '.join(names)}")
        self._frozen = tuple(names if stage is None else names[: names.index(stage)])
        self.requires_grad_(stage is not None)
        stages = self.stages()
        for name in self._frozen:
            stages[name].requires_grad_(False)
        return self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As in torch, except that frozen stages stay in evaluation mode."""
        super().train(mode)
        stages = self.stages() if self._frozen else {}
        for name in self._frozen:
            stages[name].eval()
        return self


BACKBONES: Registry[Any] = Registry("backbone", "placeprint.networks.backbones", "placeprint.backbones")
"""Backbones by the names that recipes and model names use; each takes `cut`, the layer whose map is taken."""
