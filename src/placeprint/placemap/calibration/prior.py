"""The calibration of a map that has not been calibrated yet, learned on Cambridge's train split.

Printed by `benchmarks/calibration_prior.py` (cambridge train 79bb0a07e96d778c, the shipped descriptor before
its training 3946183d387dfd6c, parts of 1 to 259 panoramas, four of five queries strangers). A map's own
held-out photos refine it, and soon outweigh it.
"""

from placeprint.placemap.calibration.calibration import Calibration

# fmt: off
PRIOR = {
    "descriptor": Calibration(
        [4.25, 4.08, -1.91],
        [-3.96, -2.78, -2.58, -2.39, -2.24, -2.01, -1.82, -1.58, -1.26, -1.0,
         -0.55, 0.05, 0.92, 1.74, 2.42, 2.94, 3.38, 3.88, 4.67, 6.01],
        [9.8, 21.0, 31.2, 24.9, 21.3, 14.1, 27.9, 12.2, 23.6, 17.2,
         9.1, 33.4, 5.2, 15.8, 10.1, 2.7, 9.6, 11.2, 3.1, 4.0],
        0,
    ),
    "verified": Calibration(
        [3.15, 2.41, 0.3, 0.46, -1.81],
        [-3.33, -2.49, -2.29, -2.16, -2.02, -1.87, -1.76, -1.53, -1.25, -0.64,
         0.16, 0.88, 1.65, 2.5, 3.58, 4.13, 4.76, 5.61, 6.93, 10.67],
        [9.8, 24.6, 20.5, 32.3, 12.0, 66.5, 18.0, 21.1, 13.5, 9.1,
         6.0, 5.5, 17.2, 10.5, 8.0, 7.0, 18.5, 5.3, 7.1, 4.4],
        0,
    ),
}
# fmt: on
