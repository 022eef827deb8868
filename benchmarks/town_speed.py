"""Frames a second of the synthetic town's renderer on one core: python benchmarks/town_speed.py

Prints the seed, the machine, and the rate by wall clock and by processor time (the latter does not
suffer from other work on the machine). The first pass, which paints the facades, is not counted.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

from placeprint.datasets.town import Conditions, Lens, Town
from provenance import machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=100)
    options = parser.parse_args()
    lens = Lens(320, 240)
    town = Town(options.seed)
    views = town.views(lens=lens)
    views = [views[i * len(views) // options.frames] for i in range(options.frames)]
    print(f"seed {options.seed}, {len(views)} frames of {lens.width}x{lens.height}, one core of", machine())
    for conditions in (Conditions(), Conditions("night", "rain"), Conditions(weather="fog", traffic=1)):
        start = time.perf_counter()
        for view in views:
            town.render(view, conditions)
        first = time.perf_counter() - start
        start, used = time.perf_counter(), time.process_time()
        for view in views:
            town.render(view, conditions)
        wall, used = time.perf_counter() - start, time.process_time() - used
        print(
            f"{conditions.time_of_day}, {conditions.weather}: {len(views) / wall:.1f} frames/s by clock, "
            f"{len(views) / used:.1f} by processor time (first pass, with painting: {first:.1f} s)"
        )


if __name__ == "__main__":
    main()
