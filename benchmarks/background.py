"""Write `placemap/calibration/background.npz`: descriptors of every other database view of Cambridge, train.

python benchmarks/background.py DATA
"""

import argparse
from pathlib import Path

import numpy as np

from placeprint.datasets import from_table
from placeprint.descriptors import open_descriptor
from placeprint.placemap.calibration import background
from provenance import machine


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, default=Path(background.__file__).with_name(background.FILE))
    options = parser.parse_args()
    data = from_table(options.data / "cambridge" / "photos.csv", "train")
    descriptor = open_descriptor("lite0-netvlad")
    vectors = descriptor.describe([record.path for record in data.database[::2]])
    np.savez(options.output, fingerprint=descriptor.fingerprint, vectors=vectors.astype(np.float16))
    print(
        f"{options.output}: {len(vectors)} views of cambridge train, data {data.fingerprint}, "
        f"{descriptor.name} {descriptor.fingerprint}; {machine()}"
    )


if __name__ == "__main__":
    main()
