"""From the pixels of photos to the numbers a network was trained on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from placeprint.arrays import UInt8
from placeprint.networks.lite0_blocks import PIXEL_MEAN, PIXEL_SCALE

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """x = (pixel / scale - mean) / std, channel by channel.

    `mean` and `std` are in the network's own channel order, `order`.
    """

    scale: float
    mean: Channels
    std: Channels
    order: Literal["RGB", "BGR"] = "RGB"

    def __call__(self, photos: UInt8 | Tensor) -> Tensor:
        """RGB photos (n, height, width, 3), uint8, to float32 (n, 3, height, width).

        Grayscale photos are (n, height, width, 1); their channel is repeated. A tensor stays on its device.
        """
        pixels = photos if isinstance(photos, Tensor) else torch.from_numpy(np.array(photos, order="C"))
        if pixels.dtype != torch.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
            raise ValueError(f"not uint8 (n, height, width, 3): {pixels.dtype} {tuple(pixels.shape)}")
        rgb = pixels.expand(-1, -1, -1, 3)
        x = (rgb.flip(3) if self.order == "BGR" else rgb).permute(0, 3, 1, 2).contiguous().float()
        mean, std = (x.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return (x / self.scale - mean) / std


IMAGENET_PIXELS = Preprocessing(255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""torchvision's."""
MATCONVNET_PIXELS = Preprocessing(1, (123.68, 116.779, 103.939), (1, 1, 1))
"""That of the VGG authors, and of NetVLAD's and SARE's MATLAB code."""
OPENIBL_PIXELS = Preprocessing(
    255, (0.48501960784313836, 0.4579568627450961, 0.4076039215686255), (1 / 255, 1 / 255, 1 / 255)
)
"""MatConvNet's values as OpenIBL writes them, for pixels in 0..1."""
LITE0_PIXELS = Preprocessing(1, (PIXEL_MEAN,) * 3, (PIXEL_SCALE,) * 3)
"""EfficientNet-Lite's: (x - 127) / 128."""
