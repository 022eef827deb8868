"""Learn clusters and whitening of `lite0-netvlad` on the published ImageNet trunk.

    python benchmarks/learn_default_head.py CAMBRIDGE [--output FILE]

CAMBRIDGE is a folder with `photos.csv` (path, lat, lon, heading, panorama, split, role). Every photo
of the split `train` is used: database, query and extra views. The result depends on nothing but
those photos and the seed. `python -m placeprint.descriptors.ship FILE` then makes the folder that the package
ships. Needs `placeprint[torch]`.
"""

import argparse
import csv
import hashlib
from pathlib import Path

from placeprint.descriptors.lite0.descriptor import TRUNK_BLOCKS, Lite0NetVLAD
from placeprint.descriptors.lite0.trunk import imagenet_trunk


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("lite0_netvlad.npz"))
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with (options.folder / "photos.csv").open(newline="") as file:
        photos = [options.folder / row["path"] for row in csv.DictReader(file) if row["split"] == "train"]
    digest = hashlib.sha256()
    for photo in photos:
        digest.update(photo.read_bytes())
    provenance = {
        "data": f"street views of Cambridge (UK), 480 x 480, split train; SHA-256 {digest.hexdigest()[:16]}",
        "command": f"{Path(__file__).name} CAMBRIDGE --dim {options.dim} --seed {options.seed}",
    }
    trunk = imagenet_trunk(TRUNK_BLOCKS)
    descriptor = Lite0NetVLAD.learn(photos, options.dim, options.seed, provenance=provenance, trunk=trunk)
    descriptor.save(options.output)
    size = options.output.stat().st_size / 1e6
    print(
        f"{options.output}: {len(photos)} photos, {descriptor.dim}-D, {size:.1f} MB, {descriptor.fingerprint}"
    )


if __name__ == "__main__":
    main()
