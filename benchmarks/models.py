"""Every descriptor that can be built here, under one protocol: the table of docs/models.md.

    python benchmarks/models.py CAMBRIDGE [--only lite0_gem,lite0_mac] [--cache FOLDER]

Split `val`, protocol `cambridge-streets`, R@1/5/10 in per cent with the 95 % interval of R@1 over places.
What needs photos (NetVLAD's clusters, whitenings, vocabularies) is learned on split `train`, seed 0.
Networks in torch are exported to ONNX first, which is how they run quickest; their vectors are compared with
torch's on the way. Photos a second: decoding and describing 96 of the queries again, on this machine.
"""

import argparse
import tempfile
import time
from pathlib import Path

from placeprint.datasets import from_table, load_protocol
from placeprint.descriptors import (
    Descriptor,
    NetworkDescriptor,
    learn_descriptor,
    needs_photos,
    open_descriptor,
)
from placeprint.descriptors.export import export_graph
from placeprint.evaluation import Method, evaluate
from provenance import machine

POOLINGS = ("average", "mac", "spoc", "crow", "gem", "rmac")
NAMES = (
    "lite0-netvlad",
    "lite0-netvlad@256",
    "lite0-netvlad@128",
    "rootsift-vlad",
    "lite0_netvlad64",
    *(f"lite0_{pooling}" for pooling in POOLINGS),
)
TIMED = 96


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default=",".join(NAMES))
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    data = from_table(options.folder / "photos.csv", "val", "cambridge/val")
    train = from_table(options.folder / "photos.csv", "train")
    photos = [photo.path for photo in (*train.database, *train.queries)]
    protocol = load_protocol("cambridge-streets")
    print(f"{protocol.name} {protocol.fingerprint}, {data.name} {data.fingerprint}", end="")
    print(f"; learned on {train.name} {train.fingerprint}")
    print("| name | numbers | parameters | photos/s | R@1 | R@5 | R@10 | fingerprint |")
    print("|---|---|---|---|---|---|---|---|")
    graphs = Path(tempfile.mkdtemp())
    for name in options.only.split(","):
        base, _, _ = name.partition("@")
        descriptor = learn_descriptor(base, photos) if needs_photos(base) else open_descriptor(name)
        size = parameters(descriptor)
        if isinstance(descriptor, NetworkDescriptor):
            graph = graphs / f"{name}.onnx"
            export_graph(descriptor, graph, size=(480, 480))
            descriptor = open_descriptor(f"onnx:{graph}")
        scores = evaluate(data, [Method(name, descriptor)], protocol, cache=options.cache).results[0].scores
        first = scores["R@1"]
        row = [f"`{name}`", str(descriptor.dim), size, f"{rate(descriptor, data):.0f}"]
        row.append(f"{100 * first.value:.1f} [{100 * first.low:.0f}, {100 * first.high:.0f}]")
        row += [f"{100 * scores[f'R@{n}'].value:.1f}" for n in (5, 10)]
        print(f"| {' | '.join([*row, descriptor.fingerprint])} |", flush=True)
    print(machine())


def parameters(descriptor: Descriptor) -> str:
    """Of the network in torch, in millions."""
    if not isinstance(descriptor, NetworkDescriptor):
        return ""
    return f"{sum(p.numel() for p in descriptor.network.parameters()) / 1e6:.1f} M"


def rate(descriptor: Descriptor, data) -> float:  # type: ignore[no-untyped-def]
    paths = [photo.path for photo in data.queries[:TIMED]]
    descriptor.describe(paths[:8])
    start = time.perf_counter()
    descriptor.describe(paths)
    return len(paths) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
