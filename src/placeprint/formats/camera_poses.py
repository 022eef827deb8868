"""Camera poses as written by COLMAP and hloc, and the plane in which cameras lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Float64


@dataclass(frozen=True, eq=False)
class CameraPoses:
    """For each named photo x_camera = R x_world + t: R as the quaternion w, x, y, z (n, 4), t (n, 3).

    Raises `ValueError` for a pose that is not finite or whose quaternion is zero.
    """

    names: Sequence[str]
    quaternions: Float64
    translations: Float64

    def __post_init__(self) -> None:
        if not (np.isfinite(self.quaternions).all() and np.isfinite(self.translations).all()):
            raise ValueError("a pose is not finite")
        if not np.square(self.quaternions).sum(axis=1).all():
            raise ValueError("a rotation is zero")

    def centers(self) -> Float64:
        """(n, 3) world positions of the cameras: C = -Rᵀ t."""
        if not len(self.names):
            return np.zeros((0, 3))
        unit = self._unit_quaternions()
        w, axis = unit[:, :1], unit[:, 1:]
        # Rᵀ t rotates t by the opposite angle: t - 2 w (u x t) + 2 u x (u x t)
        cross = np.cross(axis, self.translations)
        return np.asarray(-(self.translations - 2.0 * w * cross + 2.0 * np.cross(axis, cross)))

    def lines(self) -> list[str]:
        """Each pose as text, `qw qx qy qz tx ty tz` with all digits and |q| = 1, as COLMAP needs it."""
        rows = np.hstack([self._unit_quaternions(), self.translations]).tolist()
        return [" ".join(map(repr, row)) for row in rows]

    def _unit_quaternions(self) -> Float64:
        return np.asarray(self.quaternions / np.linalg.norm(self.quaternions, axis=1, keepdims=True))


def plane_axes(centers: Float64) -> Float64:
    """(2, 3) orthonormal axes of the plane that best preserves the distances between the cameras.

    It is the plane of the two leading principal components. Its normal is rotated onto the nearest world axis
    by the smallest rotation, and the other two axes are kept: level cameras in an east-north-up frame get
    east and north (unless all of them are on one line, which leaves the plane undetermined). `centers @
    axes.T` are the coordinates.
    """
    spread = np.linalg.qr(centers - centers.mean(axis=0), mode="r")  # 3 x 3, however many cameras
    normal = np.linalg.svd(spread)[2][2]
    axis = int(np.argmax(np.abs(normal)))
    normal = normal * np.sign(normal[axis])
    # Rodrigues: the rotation that takes `normal` to `axis`; its cosine is 1/√3 at least
    v = np.cross(normal, np.eye(3)[axis])
    cross = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    rotation = np.eye(3) + cross + cross @ cross / (1.0 + normal[axis])
    return np.delete(rotation, axis, axis=0)
