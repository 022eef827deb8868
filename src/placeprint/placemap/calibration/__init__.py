"""What confidence and radii mean on a map, learned by holding out its own photos."""

from placeprint.placemap.calibration.calibration import TOLERANCE as TOLERANCE
from placeprint.placemap.calibration.calibration import Calibration as Calibration
from placeprint.placemap.calibration.calibration import calibrate as calibrate

__all__ = ["TOLERANCE", "Calibration", "calibrate"]
