"""Choosing the fastest installed runtime that gives the same vectors."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from placeprint.arrays import Float32
from placeprint.descriptors.runtimes.eager_torch import torch_runtime
from placeprint.descriptors.runtimes.graph_facts import GraphFacts, graph_facts
from placeprint.descriptors.runtimes.openvino import openvino_runtime
from placeprint.descriptors.runtimes.runtime import Runtime, SideBySide, onnx_runtime
from placeprint.descriptors.runtimes.torch_device import Precision
from placeprint.errors import FormatError, PlaceprintError

if TYPE_CHECKING:
    from torch import nn

    from placeprint.descriptors.network.card import ModelCard
    from placeprint.networks.backbones import Preprocessing
    from placeprint.networks.onnx.label import GraphLabel

LOG = logging.getLogger(__name__)

USUAL = (640, 480)
"""Width and height of a typical photo, for graphs with a fixed size."""

TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1, "int8": 0.1}
"""Largest allowed length of the difference between two vectors of a noise photo; 0.1 is a cosine of 0.995."""


@dataclass(frozen=True)
class Choice:
    """`passed_over` are the faster runtimes that were not chosen, each with the reason."""

    runtime: Runtime
    passed_over: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """A one-line summary."""
        rest = "; ".join(self.passed_over)
        return f"runtime: {self.runtime.name}" + (f" (not {rest})" if rest else "")


ORT = "onnxruntime"
Way = tuple[str, Callable[[], Runtime]]
"""The name of a runtime, and how it is opened."""


def choose_runtime(
    network: "nn.Module",
    preprocessing: "Preprocessing",
    size: tuple[int, int],
    *,
    precision: Precision = "float32",
    threads: int | None = None,
    device: str = "auto",
    label: "GraphLabel | None" = None,
    graph: Path | None = None,
) -> Choice:
    """The first known runtime, fastest first, that works here; in the end eager torch.

    A runtime works if it is installed and its vector for a noise photo of `size` (width, height) agrees with
    that of eager torch within `TOLERANCE`. Nothing is timed; the order is that of `benchmarks/runtimes.py`.
    On a GPU it is always torch. `bfloat16`, which gives different vectors, is known to OpenVINO and torch;
    for int8 see `placeprint export`.

    Exporting takes seconds to a minute; with `graph` it is done only once. That file is used if its
    fingerprint is that of `label`, else written.
    """
    eager = torch_runtime(network, preprocessing, precision, device, threads)
    if not isinstance(eager, SideBySide):
        return Choice(eager)
    try:
        model, facts = _graph(network, preprocessing, size, label, graph)
    except PlaceprintError as error:
        return Choice(eager, (f"an ONNX graph: {error.what}",))
    exact = (
        eager if precision == "float32" else torch_runtime(network, preprocessing, device="cpu", threads=1)
    )
    ways = _ways(model, facts, precision, threads)
    return _first_that_agrees(ways, exact, eager, size, TOLERANCE[precision])


def choose_graph_runtime(
    model: bytes,
    size: tuple[int, int],
    *,
    precision: Precision = "float32",
    threads: int | None = None,
) -> Choice:
    """The same for a graph from `export_onnx` alone; its vectors must agree with those of ONNX Runtime."""
    facts, last = graph_facts(model), onnx_runtime(model, threads)
    tolerance = TOLERANCE["int8" if facts.int8 else precision]
    ways = takewhile(lambda way: way[0] != ORT, _ways(model, facts, precision, threads))
    return _first_that_agrees(ways, last, last, size, tolerance)


def quicker_runtime(network: "nn.Module", card: "ModelCard", fingerprint: str) -> Runtime | None:
    """A faster runtime than eager torch for a placeprint network on the CPU, if one is installed that gives
    the same vectors. What is chosen, and why the others were not, is logged.
    """
    from placeprint.photos.resize import target_size

    size = target_size(USUAL, card.size_rule, card.step)
    label = label_of(card, fingerprint)
    choice = choose_runtime(
        network, card.preprocessing, size, precision=card.precision, device="cpu", label=label
    )
    LOG.info("%s: %s", card.name, choice.said)
    return None if choice.runtime.name.startswith("torch") else choice.runtime


def label_of(card: "ModelCard", fingerprint: str) -> "GraphLabel":
    """What an exported graph says about the network it came from."""
    from placeprint.networks.onnx.label import GraphLabel

    return GraphLabel(card.name, card.size_rule, card.divisor, card.training, card.license, fingerprint)


def _graph(
    network: "nn.Module",
    preprocessing: "Preprocessing",
    size: tuple[int, int],
    label: "GraphLabel | None",
    kept: Path | None,
) -> tuple[bytes, GraphFacts]:
    """From the kept file, if it belongs to this network; else exported."""
    from placeprint.networks.onnx.export import export_onnx
    from placeprint.networks.onnx.label import GraphLabel

    label = label or GraphLabel()
    with TemporaryDirectory() as folder:
        path = kept or Path(folder, "graph.onnx")
        if not (label.fingerprint and _fingerprint_in(path) == label.fingerprint):
            export_onnx(network, path, preprocessing, size, label=label)
        model = path.read_bytes()
    facts = graph_facts(model)
    if facts.metadata["size"] != label.size_rule:
        raise PlaceprintError(f"it accepts photos of {facts.metadata['size'].removeprefix('exact:')} only")
    return model, facts


def _fingerprint_in(path: Path) -> str | None:
    try:
        return graph_facts(path.read_bytes()).metadata.get("fingerprint")
    except (OSError, FormatError):
        return None


def _ways(model: bytes, facts: GraphFacts, precision: Precision, threads: int | None) -> list[Way]:
    """Depthwise convolutions in float32 are faster on ONNX Runtime, everything else on OpenVINO."""
    openvino: Way = ("openvino", lambda: openvino_runtime(model, threads, precision))
    if precision != "float32":
        return [openvino]
    ort: Way = (ORT, lambda: onnx_runtime(model, threads))
    return [ort, openvino] if facts.depthwise and not facts.int8 else [openvino, ort]


def _first_that_agrees(
    ways: Iterable[Way], truth: Runtime, last: Runtime, size: tuple[int, int], tolerance: float
) -> Choice:
    width, height = size
    photo = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    wanted, passed_over = truth(photo), []
    for name, way in ways:
        try:
            runtime = way()
            difference = _distance(runtime(photo), wanted)
        except PlaceprintError as error:
            passed_over.append(f"{name}: {error.what}")
        except Exception as error:  # the runtimes' errors have no common base class
            passed_over.append(f"{name}: it fails ({' '.join(str(error).split())[:100]})")
        else:
            if difference <= tolerance:
                return Choice(runtime, tuple(passed_over))
            passed_over.append(f"{name}: its vectors differ by {difference:.1g}")
    return Choice(last, tuple(passed_over))


def _distance(a: Float32, b: Float32) -> float:
    """NaN counts as infinitely far."""
    distance = float(np.linalg.norm(a - b)) if a.shape == b.shape else np.inf
    return distance if np.isfinite(distance) else np.inf
