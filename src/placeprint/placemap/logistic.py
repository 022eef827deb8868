"""Logistic regression whose weights cannot be negative, with a Gaussian prior: a convex problem."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

STEPS = 200
ACCURACY = 1e-10
"""Of the gradient, per unit of weight of the samples."""


def logistic(score: ArrayLike) -> Float:
    """1 / (1 + e^{-s}), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(score, np.float64))))


def fit_logistic(inputs: Float, labels: Float, weight: Float, centre: Float, stiffness: Float) -> Float:
    """argmin Σ_i w_i [log(1 + e^{s_i}) - y_i s_i] + ½ Σ_j κ_j (v_j - c_j)², s = X v; v_j >= 0 but the last.

    `inputs` X (n, c), `labels` y (n,) in [0, 1], `weight` w (n,), `centre` c and `stiffness` κ > 0 (c,).
    Newton's method on the weights that are free, projected onto the bounds and shortened until the value
    falls enough (Bertsekas, "Projected Newton methods for optimization problems with simple
    constraints", SIAM Journal on Control and Optimization 1982).
    """
    bounded = np.arange(len(centre)) < len(centre) - 1

    def value(v: Float) -> float:
        score = inputs @ v
        return float(
            weight @ (np.logaddexp(0.0, score) - labels * score) + 0.5 * stiffness @ (v - centre) ** 2
        )

    v = np.where(bounded, np.maximum(centre, 0.0), centre)
    best = value(v)
    for _ in range(STEPS):
        chance = logistic(inputs @ v)
        gradient = inputs.T @ (weight * (chance - labels)) + stiffness * (v - centre)
        held = bounded & (v <= 0.0) & (gradient > 0.0)
        if np.abs(gradient[~held]).max() <= ACCURACY * max(float(weight.sum()), 1.0):
            break
        curvature = (inputs.T * (weight * chance * (1.0 - chance))) @ inputs + np.diag(stiffness)
        curvature[held] = curvature[:, held] = 0.0
        curvature[held, held] = 1.0
        step = np.linalg.solve(curvature, np.where(held, 0.0, gradient))
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
