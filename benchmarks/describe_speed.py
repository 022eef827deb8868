"""Ways to run `lite0-netvlad`, in one run, as ratios to eager PyTorch.

    python benchmarks/describe_speed.py PHOTOS [--count 64] [--rounds 3]

PHOTOS is a folder of photos of one size, such as 480 x 480. Every way runs in every round, in turn,
so that other load on the machine falls on all of them; the best round counts. "cosine" is the mean
product with the float32 result. The last lines include decoding. Needs `placeprint[torch]`.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from placeprint.arrays import Pixels
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.lite0.graph import descriptor_graph
from placeprint.descriptors.lite0.in_torch import torch_network
from placeprint.networks.place_network import PlaceNetwork
from placeprint.parallel import cores
from placeprint.photos import load, resize

Way = Callable[[Pixels], NDArray[np.float32]]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def torch_way(network: PlaceNetwork, batch: int, channels_last: bool, half: bool) -> Way:
    layout = torch.channels_last if channels_last else torch.contiguous_format

    def run(pixels: Pixels) -> NDArray[np.float32]:
        network.to(memory_format=layout)  # type: ignore[call-overload]
        rows = []
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            for part in batches(pixels, batch):
                photos = network.backbone.preprocessing(part).contiguous(memory_format=layout)
                rows.append(network(photos).float().numpy())
        return np.concatenate(rows)

    return run


def onnx_way(model: bytes, batch: int, threads: int, workers: int = 1) -> Way:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(pixels: Pixels) -> NDArray[np.float32]:
        with ThreadPoolExecutor(workers) as pool:
            rows = pool.map(lambda part: session.run(None, {"photos": part})[0], batches(pixels, batch))
            return np.concatenate(list(rows))

    return run


def batches(pixels: Pixels, size: int) -> Iterator[Pixels]:
    return (pixels[start : start + size] for start in range(0, len(pixels), size))


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, pixels: Pixels) -> None:
        self.parts = batches(pixels, 1)

    def get_next(self) -> dict[str, Any] | None:
        part = next(self.parts, None)
        return None if part is None else {"photos": part}


def quantized(model: bytes, pixels: Pixels) -> bytes:
    """Static int8 quantization of the convolutions, calibrated on `pixels`; NetVLAD stays float32."""
    with tempfile.TemporaryDirectory() as folder:
        whole, prepared, small = (str(Path(folder, name)) for name in ("whole", "prepared", "small"))
        Path(whole).write_bytes(model)
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            small,
            Calibration(pixels),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Clip", "Add"],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )
        return Path(small).read_bytes()


def rate(way: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    way()
    return count / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    paths = sorted(p for p in options.photos.rglob("*") if p.suffix.lower() in SUFFIXES)[: options.count]
    descriptor = Lite0NetVLAD.pretrained()
    pixels = np.stack([resize(load(path), "area:480") for path in paths])
    network = torch_network(descriptor)
    torch.set_num_threads(cores())
    model = descriptor_graph(descriptor.trunk, descriptor.trunk_blocks, descriptor.head, descriptor.whitening)
    small = quantized(model, pixels[:: max(len(pixels) // 24, 1)])
    n = cores()
    ways: dict[str, Way] = {
        "PyTorch eager, batch 1": torch_way(network, 1, False, False),
        "PyTorch eager, batch 8": torch_way(network, 8, False, False),
        "PyTorch channels-last, batch 8": torch_way(network, 8, True, False),
        "PyTorch bfloat16, batch 8": torch_way(network, 8, False, True),
        "PyTorch bfloat16 channels-last, batch 8": torch_way(network, 8, True, True),
        "ONNX Runtime, 1 thread, batch 1": onnx_way(model, 1, 1),
        **{f"ONNX Runtime, {n} threads, batch {b}": onnx_way(model, b, n) for b in (1, 4, 8)},
        f"ONNX Runtime, {n} photos side by side": onnx_way(model, 1, 1, n),
        f"ONNX Runtime int8, {n} threads, batch 1": onnx_way(small, 1, n),
        f"ONNX Runtime int8, {n} photos side by side": onnx_way(small, 1, 1, n),
    }
    truth = ways["ONNX Runtime, 1 thread, batch 1"](pixels)
    cosines = {name: float(np.mean(np.sum(way(pixels) * truth, axis=1))) for name, way in ways.items()}
    decode = {
        "decoding and resizing alone, side by side": lambda: list(
            ThreadPoolExecutor(n).map(lambda path: resize(load(path), "area:480"), paths)
        ),
        "describe(paths): decoding and everything": lambda: descriptor.describe(paths),
    }
    best = dict.fromkeys([*ways, *decode], 0.0)
    for _ in range(options.rounds):
        for name, way in ways.items():
            best[name] = max(best[name], rate(partial(way, pixels), len(pixels)))
        for name, task in decode.items():
            best[name] = max(best[name], rate(task, len(paths)))
    base = best["PyTorch eager, batch 1"]
    print(f"{len(paths)} photos, {pixels.shape[2]} x {pixels.shape[1]}, {n} of {os.cpu_count()} cores")
    print(f"{'way':46s} photos/s  ratio  cosine")
    for name, speed in best.items():
        print(f"{name:46s} {speed:8.1f} {speed / base:6.2f}  {cosines.get(name, float('nan')):.4f}")


if __name__ == "__main__":
    main()
