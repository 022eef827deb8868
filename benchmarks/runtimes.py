"""Ways to run place networks on the processor, in one run, as ratios to eager torch in float32.

    python benchmarks/runtimes.py PHOTOS [--networks lite0 resnet50 vgg16] [--threads 1] [--compile]

lite0 is the shipped descriptor, EfficientNet-Lite0 + NetVLAD + whitening; resnet50 is ResNet50 + GeM and
vgg16 is VGG16 + NetVLAD, with random weights: their speed is that of trained ones, their int8 differences
are not. Photos are resized by exact:640x480. Every way runs in every round, in turn, so that other load on
the machine falls on all of them; the best round counts. On a busy machine compare with `--threads 1` and by
"CPU", processor time: torch's threads wait for each other, and one that is held up holds up all. "apart" is
the largest length of a difference between two unit vectors, "entry" of one between two of their numbers. The
limit of float32 is the speed of torch's matrix product over the operations of a photo: no runtime that
multiplies as often can be quicker. Needs `placeprint[torch,openvino]`.
"""

import argparse
import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from placeprint.arrays import Pixels
from placeprint.descriptors.lite0.descriptor import Lite0NetVLAD
from placeprint.descriptors.lite0.in_torch import in_torch
from placeprint.descriptors.runtimes.eager_torch import torch_runtime
from placeprint.descriptors.runtimes.openvino import openvino_runtime
from placeprint.descriptors.runtimes.runtime import Runtime, onnx_runtime
from placeprint.errors import PlaceprintError
from placeprint.networks.backbones import IMAGENET_PIXELS, VGG16, Preprocessing, ResNet
from placeprint.networks.onnx.export import export_onnx
from placeprint.networks.place_network import PlaceNetwork
from placeprint.networks.pooling import GeM, NetVLAD
from placeprint.parallel import cores
from placeprint.photos import find, load, resize
from provenance import machine

SIZE = (640, 480)


@dataclass
class Measured:
    """Of the best round: photos a second, and seconds of processor time a photo."""

    speed: float = 0.0
    cpu: float = float("inf")


def networks() -> dict[str, Callable[[], tuple[PlaceNetwork, Preprocessing]]]:
    def lite0() -> tuple[PlaceNetwork, Preprocessing]:
        descriptor = in_torch(Lite0NetVLAD.pretrained())
        assert isinstance(descriptor.network, PlaceNetwork)
        return descriptor.network, descriptor.card.preprocessing

    return {
        "lite0": lite0,
        "resnet50": lambda: (PlaceNetwork(ResNet(50), GeM(2048)), IMAGENET_PIXELS),
        "vgg16": lambda: (PlaceNetwork(VGG16(), NetVLAD(512)), IMAGENET_PIXELS),
    }


def compiled(network: PlaceNetwork, pixels: Preprocessing) -> Callable[[Pixels], NDArray[np.float32]]:
    quick = torch.compile(network)

    def run(photos: Pixels) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.concatenate([quick(pixels(photo[None])).numpy() for photo in photos])

    return run


def eager(
    network: PlaceNetwork, pixels: Preprocessing, batch: int = 1
) -> Callable[[Pixels], NDArray[np.float32]]:
    def run(photos: Pixels) -> NDArray[np.float32]:
        parts = [photos[start : start + batch] for start in range(0, len(photos), batch)]
        with torch.inference_mode():
            return np.concatenate([network(pixels(part)).numpy() for part in parts])

    return run


def ways_of(
    network: PlaceNetwork, pixels: Preprocessing, photos: Pixels, threads: int, with_compile: bool
) -> dict[str, Callable[[Pixels], NDArray[np.float32]]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "graph.onnx")
        start = time.perf_counter()
        export_onnx(network, path, pixels, SIZE)
        print(f"exported in {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        model = path.read_bytes()
        try:
            export_onnx(network, path, pixels, SIZE, precision="int8", calibration=list(photos[:, None]))
            small = path.read_bytes()
        except PlaceprintError as error:
            small = None
            print(f"no int8: {error}")
    ways: dict[str, Callable[[Pixels], NDArray[np.float32]]] = {
        "torch, photo by photo": eager(network, pixels),
        f"torch, {len(photos)} photos at once": eager(network, pixels, len(photos)),
    }
    if with_compile:
        ways["torch.compile"] = compiled(network, pixels)
    runtimes: list[Callable[[], Runtime]] = [
        lambda: torch_runtime(network, pixels, "float32", "cpu", threads),
        lambda: torch_runtime(network, pixels, "bfloat16", "cpu", threads),
        lambda: onnx_runtime(model, threads),
        lambda: openvino_runtime(model, threads),
        lambda: openvino_runtime(model, threads, "bfloat16"),
    ]
    if small is not None:
        runtimes += [lambda: onnx_runtime(small, threads), lambda: openvino_runtime(small, threads)]
    for make in runtimes:
        try:
            runtime = make()
        except PlaceprintError as error:
            print(error)
        else:
            ways[runtime.name] = runtime
    return ways


def gemm_speed() -> float:
    """Operations a second of torch's float32 matrix product on all cores."""
    a, b = torch.randn(1536, 1536), torch.randn(1536, 1536)
    best = 0.0
    for _ in range(10):
        start = time.perf_counter()
        a @ b
        best = max(best, 2 * 1536**3 / (time.perf_counter() - start))
    return best


def operations(network: PlaceNetwork, pixels: Preprocessing, photo: Pixels) -> int:
    with FlopCounterMode(display=False) as counter, redirect_stdout(io.StringIO()), torch.inference_mode():
        network(pixels(photo[None]))
    return int(counter.get_total_flops())


def measure(
    ways: dict[str, Callable[[Pixels], NDArray[np.float32]]], photos: Pixels, rounds: int
) -> dict[str, Measured]:
    best = {name: Measured() for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way(photos)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            found = best[name]
            found.speed, found.cpu = max(found.speed, len(photos) / wall), min(found.cpu, cpu / len(photos))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--networks", nargs="+", choices=list(networks()), default=list(networks()))
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores(), help="default: all cores")
    parser.add_argument("--compile", action="store_true", help="torch.compile too; it takes minutes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    paths = [record.path for record in find(options.photos, positions=False).photos]
    chosen = np.linspace(0, len(paths) - 1, min(options.count, len(paths))).astype(int)
    photos = np.stack([resize(load(paths[i]), "exact:{}x{}".format(*SIZE)) for i in chosen])
    print(f"{machine()}; torch {torch.__version__}; {len(photos)} photos of {SIZE[0]}x{SIZE[1]}")
    for name in options.networks:
        torch.manual_seed(0)
        network, pixels = networks()[name]()
        network.eval()
        print(f"\n{name}")
        ways = ways_of(network, pixels, photos, options.threads, options.compile)
        outputs = {way: run(photos) for way, run in ways.items()}
        truth = outputs["torch, photo by photo"]
        limit = gemm_speed() / (work := operations(network, pixels, photos[0]))
        best = measure(ways, photos, options.rounds)
        limit = max(limit, gemm_speed() / work)
        print(f"{work / 1e9:.1f} GFLOP a photo; limit of float32 {limit:.2f} photos/s")
        print(f"{'way':44s} photos/s  ratio  CPU s/photo  ratio    apart    entry   cosine")
        base = best["torch, photo by photo"]
        for way, found in best.items():
            apart = np.linalg.norm(outputs[way] - truth, axis=1).max()
            entry, cosine = np.abs(outputs[way] - truth).max(), np.sum(outputs[way] * truth, axis=1).min()
            print(
                f"{way:44s} {found.speed:8.2f} {found.speed / base.speed:6.2f} {found.cpu:12.4f} "
                f"{base.cpu / found.cpu:6.2f}  {apart:.1e}  {entry:.1e}  {cosine:.5f}"
            )


if __name__ == "__main__":
    main()
