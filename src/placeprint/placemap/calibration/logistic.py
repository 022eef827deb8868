"""Logistic regression with non-negative weights and a Gaussian prior: a convex problem."""

import numpy as np
from numpy.typing import ArrayLike

from placeprint.arrays import Float64

STEPS = 200
ACCURACY = 1e-10
"""Tolerance for the gradient, per unit of sample weight."""

NEAR = 1e-6
"""A weight this near to 0 is moved separately, so that Newton's step for the others does not rely on it."""


def logistic(score: ArrayLike) -> Float64:
    """1 / (1 + e^{-s}), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(score, np.float64))))


def fit_logistic(
    inputs: Float64, labels: Float64, weight: Float64, center: Float64, stiffness: Float64
) -> Float64:
    """argmin Σ_i w_i [log(1 + e^{s_i}) - y_i s_i] + ½ Σ_j κ_j (v_j - c_j)², s = X v; v_j >= 0 but the last.

    `inputs` X (n, c), `labels` y (n,) in [0, 1], `weight` w (n,), `center` c and `stiffness` κ > 0 (c,).
    Newton's method on the free weights, gradient steps on those near 0 that would decrease, both projected
    onto the bounds and shortened until the value decreases enough (Bertsekas, "Projected Newton methods
    for optimization problems with simple constraints", SIAM Journal on Control and Optimization 1982).
    """
    bounded = np.arange(len(center)) < len(center) - 1

    def value(v: Float64) -> float:
        score = inputs @ v
        return float(
            weight @ (np.logaddexp(0.0, score) - labels * score) + 0.5 * stiffness @ (v - center) ** 2
        )

    v = np.where(bounded, np.maximum(center, 0.0), center)
    best = value(v)
    for _ in range(STEPS):
        chance = logistic(inputs @ v)
        gradient = inputs.T @ (weight * (chance - labels)) + stiffness * (v - center)
        held = bounded & (v <= NEAR) & (gradient > 0.0)
        steepest = float(np.abs(gradient[~held]).max())
        if steepest <= ACCURACY * max(float(weight.sum()), 1.0) and not v[held].any():
            break
        curvature = (inputs.T * (weight * chance * (1.0 - chance))) @ inputs + np.diag(stiffness)
        curvature[held] = curvature[:, held] = 0.0
        curvature[held, held] = stiffness[held]
        step = np.linalg.solve(curvature, gradient)
        length = 1.0
        while True:
            moved = v - length * step
            moved = np.where(bounded, np.maximum(moved, 0.0), moved)
            new = value(moved)
            if new <= best - 1e-4 * float(gradient @ (v - moved)) or length < 1e-12:
                break
            length /= 2
        if np.array_equal(moved, v) or length < 1e-12:
            break
        v, best = moved, new
    return np.asarray(v)
