"""The calibration of a map that has not calibrated itself: learnt on another map, of another town."""

from placeprint.placemap.calibration import Calibration

PRIOR = {
    "descriptor": Calibration([0.5, 6.0, 2.0, -1.5], [], [], 0),
    "verified": Calibration([0.5, 4.0, 2.0, 0.5, 0.5, -3.0], [], [], 0),
}
