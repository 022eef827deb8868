"""Print `placemap/prior.py`: the calibration of a map of Cambridge's split train.

python benchmarks/calibration_prior.py DATA
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from placeprint.datasets import from_table
from placeprint.placemap import PlaceMap
from placeprint.placemap.calibration.calibration import calibrate
from placeprint.placemap.calibration.holding_out import hold_out
from provenance import machine

KEPT = 20
"""Held-out answers that stand for the whole: what a prior weighs in the radii of a new map."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    data = from_table(parser.parse_args().data / "cambridge" / "photos.csv", "train")
    with tempfile.TemporaryDirectory() as folder, PlaceMap.build(data.database, Path(folder) / "m") as places:
        print(f"# cambridge train, data {data.fingerprint}, {places.descriptor.fingerprint}; {machine()}")
        for kind in ("descriptor", "verified"):
            learned = calibrate(*hold_out(places.references, kind))
            at = np.linspace(0, len(learned.scores) - 1, KEPT).round().astype(int)
            weights = [round(w, 2) for w in learned.weights]
            scores = [round(learned.scores[i], 2) for i in at]
            errors = [round(learned.errors[i], 1) for i in at]
            print(f"{kind!r}: Calibration({weights}, {scores}, {errors}, 0),")


if __name__ == "__main__":
    main()
