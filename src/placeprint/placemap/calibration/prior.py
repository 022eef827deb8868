"""The calibration of a map that has not been calibrated yet, learned on Cambridge's train split.

Printed by `benchmarks/calibration_prior.py` (cambridge train, lite0-netvlad 7ec6690d8d36f9d4). A map's
own held-out photos refine it, and soon outweigh it.
"""

from placeprint.placemap.calibration.calibration import Calibration

# fmt: off
PRIOR = {
    "descriptor": Calibration(
        [2.7, 3.86, -1.67],
        [-1.4, -1.03, -0.7, -0.38, 0.22, 0.74, 1.45, 2.05, 2.46, 2.74,
         2.97, 3.14, 3.33, 3.45, 3.65, 3.81, 4.06, 4.27, 4.53, 7.16],
        [458.2, 113.7, 300.3, 19.4, 5.3, 12.2, 4.3, 5.0, 2.9, 9.2,
         7.1, 2.3, 4.4, 3.3, 2.8, 3.0, 2.8, 3.7, 7.0, 10.0],
        0,
    ),
    "verified": Calibration(
        [1.72, 1.7, 0.17, 0.34, -1.24],
        [-1.19, -0.78, -0.0, 0.55, 0.85, 1.29, 1.59, 1.92, 2.49, 2.71,
         2.98, 3.25, 3.52, 3.74, 4.05, 4.56, 5.09, 5.81, 6.62, 17.19],
        [148.8, 500.8, 5.3, 21.6, 4.3, 7.1, 33.0, 2.8, 3.0, 3.2,
         10.3, 2.9, 10.7, 5.2, 10.0, 11.0, 3.1, 2.1, 4.8, 8.8],
        0,
    ),
}
# fmt: on
