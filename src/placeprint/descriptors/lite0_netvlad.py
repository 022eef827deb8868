"""The default descriptor `lite0-netvlad`: EfficientNet-Lite0, NetVLAD, PCA whitening, on ONNX Runtime.

A working image (longest side 1024) is resized to an area of about 480 x 480 with sides that are
multiples of 16; the trunk with its published ImageNet weights gives 112 channels at stride 16;
NetVLAD with 64 clusters, initialised by k-means with the paper's alpha (Arandjelović et al., CVPR
2016), gives 7,168 numbers, index k * D + d; PCA whitening gives `dim`. Nothing is trained by
gradients. NetVLAD's authors pool VGG16's conv5_3 and train through it; here the trunk stays as
published.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placeprint import artifact
from placeprint.descriptors.bounded_map import bounded_map, cores
from placeprint.descriptors.descriptor import Photo
from placeprint.descriptors.lite0_graph import descriptor_graph
from placeprint.descriptors.torch_file import read_state_dict
from placeprint.descriptors.whitening import Whitening
from placeprint.encoders.netvlad import NetVLAD, initialise
from placeprint.errors import PlaceprintError
from placeprint.networks.lite0_blocks import PIXEL_MEAN, PIXEL_SCALE, STRIDE_16_BLOCKS, published_weights
