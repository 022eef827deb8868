"""What confidence and radii mean on a map, learned from its own photos held out."""

from placeprint.placemap.calibration.calibration import TOLERANCE as TOLERANCE
from placeprint.placemap.calibration.calibration import Calibration as Calibration
from placeprint.placemap.calibration.calibration import calibrate as calibrate

__all__ = ["TOLERANCE", "Calibration", "calibrate"]
