"""NetVLAD by matrix products against the textbook form that expands all residuals.

    python benchmarks/netvlad_layer.py [--threads 1]

Forward and backward of 16 maps of 512 × 30 × 40, as VGG16 makes of photos of 480 × 640, with 64
clusters. Each form runs in a process of its own; "memory" is what its peak resident size rises by
above the maps and the layer (Linux). Needs about 12 GB and `placeprint[torch]`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from placeprint.networks.pooling import NetVLAD
from provenance import machine

MAPS, CHANNELS, CLUSTERS, ROWS, COLUMNS = 16, 512, 64, 30, 40
SEED, ROUNDS = 0, 3


def expanded(layer: NetVLAD, features: Tensor) -> Tensor:
    """The textbook form: an (n, K, D, positions) array of residuals."""
    x = functional.normalize(features.flatten(2), dim=1)
    soft = torch.softmax(layer.assignment @ x, dim=1)
    residuals = x[:, None] - layer.centers[:, :, None]
    sums = (soft[:, :, None] * residuals).sum(dim=3)
    return functional.normalize(functional.normalize(sums, dim=2).flatten(1), dim=1)


def peak() -> int:
    """The largest resident size so far, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(form: str, threads: int, out: Path) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    layer = NetVLAD(CHANNELS, CLUSTERS)
    with torch.no_grad():
        layer.assignment.copy_(30 * layer.centers)
    features = torch.randn(MAPS, CHANNELS, ROWS, COLUMNS, requires_grad=True)
    weights = torch.randn(MAPS, layer.out_dim)
    run: Callable[[torch.Tensor], torch.Tensor] = layer if form == "products" else partial(expanded, layer)
    torch.autograd.backward(run(features[:1, :, :2, :2]).sum())
    layer.zero_grad()
    features.grad = torch.zeros_like(features)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before, seconds = peak(), []
    for _ in range(ROUNDS if form == "products" else 1):
        layer.zero_grad()
        features.grad.zero_()
        start = time.perf_counter()
        rows = run(features)
        torch.autograd.backward((rows * weights).sum())
        seconds.append(time.perf_counter() - start)
    rise = peak() - before
    torch.save([rows.detach(), features.grad, layer.assignment.grad, layer.centers.grad], out)
    print(json.dumps({"seconds": min(seconds), "bytes": rise}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--form", choices=["expanded", "products"], help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.form:
        measure(options.form, options.threads, options.out)
        return
    found, tensors = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for form in ("products", "expanded"):
            out = Path(folder, form)
            command = [sys.executable, __file__, "--form", form, "--out", str(out)]
            command += ["--threads", str(options.threads)]
            found[form] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            tensors[form] = torch.load(out, weights_only=True)
    print(f"{machine()}, PyTorch {torch.__version__}, {options.threads} threads, seed {SEED}")
    print(f"{MAPS} maps of {CHANNELS} × {ROWS} × {COLUMNS}, {CLUSTERS} clusters, forward and backward")
    for form, one in found.items():
        print(f"{form:10s} {one['seconds']:8.2f} s {one['bytes'] / 1e6:8.0f} MB")
    ours, theirs = found["products"], found["expanded"]
    print(f"{theirs['seconds'] / ours['seconds']:.1f} times faster")
    print(f"{theirs['bytes'] / ours['bytes']:.1f} times less memory")
    names = ("vectors", "gradient of the maps", "gradient of w", "gradient of c")
    for name, a, b in zip(names, tensors["products"], tensors["expanded"], strict=True):
        print(f"{name}: largest difference {(a - b).abs().max():.1e} of {b.abs().max():.1e}")


if __name__ == "__main__":
    main()
