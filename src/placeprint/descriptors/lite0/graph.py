"""The ONNX graph of the default descriptor: EfficientNet-Lite0 up to stride 16, NetVLAD, whitening.

Input `photos`: uint8 (n, height, width, 3), RGB, any n; sides that are multiples of 16 keep the
grid aligned. Output `descriptors`: float32 (n, dim), rows of unit length; without a NetVLAD head
`features`: (n, 112, height / 16, width / 16).

Batch normalization is folded into the convolution before it: with s = gamma / sqrt(var + eps),
W' = s W and b' = beta - s mean. NetVLAD is two matrix products, never an (n, K, D, positions) array.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.encoders.gated_netvlad import GatedNetVLADEncoder
from placeprint.encoders.netvlad import EPSILON, NetVLADEncoder
from placeprint.networks.lite0_blocks import (
    BATCH_NORM_EPSILON,
    BLOCKS,
    PIXEL_MEAN,
    PIXEL_SCALE,
    Block,
)
from placeprint.onnx_graph import OnnxGraph
from placeprint.whitening.whitening import Whitening

Tensors = Mapping[str, NDArray[Any]]
OPSET = 17


class _Graph(OnnxGraph):
    def floats(self, array: NDArray[Any] | float) -> str:
        return self.constant(np.asarray(array, np.float32))

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def unit(self, value: str, axis: int) -> str:
        """Divide by the Euclidean length along `axis`."""
        norm = self.node("ReduceL2", [value], axes=[axis], keepdims=1)
        return self.node("Div", [value, self.node("Max", [norm, self.floats(EPSILON)])])


def descriptor_graph(
    weights: Tensors,
    blocks: int,
    head: NetVLADEncoder | GatedNetVLADEncoder | None = None,
    whitening: Whitening | None = None,
) -> bytes:
    """Serialize the model.

    `weights` holds the published names, of which the first `blocks` blocks are used; `head` adds
    NetVLAD; `whitening` adds y = W (v - mean), divided by its length.
    """
    graph = _Graph()
    out = _trunk(graph, weights, BLOCKS[:blocks])
    shape: list[int | str] = ["n", BLOCKS[blocks - 1].channels_out, "rows", "columns"]
    if head is not None:
        out, shape = _netvlad(graph, out, head), ["n", head.dim]
    if whitening is not None:
        if whitening.power != 1.0:
            raise ValueError("the graph does not support a power law before whitening")
        out = graph.node("MatMul", [out, graph.floats(whitening.matrix.T)])
        out = graph.node("Sub", [out, graph.floats(whitening.matrix @ whitening.mean.astype(np.float64))])
        out, shape = graph.unit(out, 1), ["n", whitening.dim]
    return _serialize(graph, out, shape)


def _trunk(graph: _Graph, weights: Tensors, blocks: Sequence[Block]) -> str:
    x = graph.node("Cast", ["photos"], to=1)
    x = graph.node("Transpose", [x], perm=[0, 3, 1, 2])
    x = graph.node("Div", [graph.node("Sub", [x, graph.floats(PIXEL_MEAN)]), graph.floats(PIXEL_SCALE)])
    x = _convolution(graph, weights, x, "_conv_stem", "_bn0", stride=2)
    for number, block in enumerate(blocks):
        x = _block(graph, weights, x, f"_blocks.{number}", block)
    return x


def _block(graph: _Graph, weights: Tensors, x: str, name: str, block: Block) -> str:
    y = x
    if block.expansion > 1:
        y = _convolution(graph, weights, y, f"{name}._expand_conv", f"{name}._bn0")
    y = _convolution(
        graph, weights, y, f"{name}._depthwise_conv", f"{name}._bn1", stride=block.stride, groups=block.hidden
    )
    y = _convolution(graph, weights, y, f"{name}._project_conv", f"{name}._bn2", activation=False)
    return graph.node("Add", [y, x]) if block.shortcut else y


def _convolution(
    graph: _Graph,
    weights: Tensors,
    x: str,
    convolution: str,
    norm: str,
    stride: int = 1,
    groups: int = 1,
    activation: bool = True,
) -> str:
    """Convolution with its batch normalization folded in, TensorFlow's SAME padding, ReLU6."""
    kernel = weights[f"{convolution}.weight"].astype(np.float64)
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
    bias = weights[f"{norm}.bias"] - scale * weights[f"{norm}.running_mean"]
    inputs = [x, graph.floats(kernel * scale[:, None, None, None]), graph.floats(bias)]
    y = graph.node("Conv", inputs, auto_pad="SAME_UPPER", strides=[stride, stride], group=groups)
    return graph.node("Clip", [y, graph.floats(0.0), graph.floats(6.0)]) if activation else y


def _netvlad(graph: _Graph, features: str, gated: NetVLADEncoder | GatedNetVLADEncoder) -> str:
    head = gated.netvlad if isinstance(gated, GatedNetVLADEncoder) else gated
    clusters, channels = head.centers.shape
    x = graph.node("Reshape", [features, graph.ints(0, channels, -1)])  # (n, D, L)
    if isinstance(gated, GatedNetVLADEncoder):
        x = graph.node("MatMul", [graph.floats(gated.projection), x])
    x = graph.unit(x, 1)
    scores = graph.node("MatMul", [graph.floats(head.assignment), x])  # (n, K, L)
    soft = graph.node("Softmax", [scores], axis=1)
    if isinstance(gated, GatedNetVLADEncoder):
        soft = graph.node("Mul", [soft, _gates(graph, x, gated)])
    sums = graph.node("MatMul", [soft, graph.node("Transpose", [x], perm=[0, 2, 1])])  # (n, K, D)
    mass = graph.node("ReduceSum", [soft, graph.ints(2)], keepdims=1)
    residuals = graph.node("Sub", [sums, graph.node("Mul", [mass, graph.floats(head.centers)])])
    flat = graph.node("Reshape", [graph.unit(residuals, 2), graph.ints(0, clusters * channels)])
    return graph.unit(flat, 1)


def _gates(graph: _Graph, x: str, head: GatedNetVLADEncoder) -> str:
    """Gates (n, K, L) of unit positions (n, D, L)."""
    inner = graph.node("MatMul", [graph.floats(head.hidden), x])
    inner = graph.node("Relu", [graph.node("Add", [inner, graph.floats(head.hidden_bias[:, None])])])
    scores = graph.node("MatMul", [graph.floats(head.gate), inner])
    open_ = graph.node("Sigmoid", [graph.node("Add", [scores, graph.floats(head.gate_bias[:, None])])])
    return graph.node("Mul", [open_, graph.floats(2.0)])


def _serialize(graph: _Graph, out: str, shape: Sequence[int | str]) -> bytes:
    name = "descriptors" if len(shape) == 2 else "features"
    graph.node("Identity", [out], name)
    sides: list[int | str] = ["n", "height", "width", 3]
    return graph.model("lite0-netvlad", {"photos": (np.uint8, sides)}, {name: (np.float32, shape)}, OPSET)
