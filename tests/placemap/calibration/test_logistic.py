"""The fit against SciPy's bounded minimizer and scikit-learn."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from placeprint.placemap.calibration.logistic import fit_logistic, logistic


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_minimum_within_the_bounds(seed):
    rng = np.random.default_rng(seed)
    n, c = int(rng.integers(3, 300)), int(rng.integers(1, 7))
    inputs = np.column_stack([rng.normal(size=(n, c)) * rng.uniform(0.1, 20, c), np.ones(n)])
    labels = (rng.random(n) < expit(inputs @ rng.normal(size=c + 1))).astype(float)
    weight, center = rng.uniform(0.01, 3, n), rng.normal(size=c + 1)
    center[:-1] = np.maximum(center[:-1], 0)
    stiffness = rng.uniform(0.05, 5, c + 1)

    def loss(v):
        score = inputs @ v
        value = weight @ (np.logaddexp(0, score) - labels * score) + 0.5 * stiffness @ (v - center) ** 2
        return value, inputs.T @ (weight * (expit(score) - labels)) + stiffness * (v - center)

    bounds = [(0, None)] * c + [(None, None)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000}
    best = minimize(loss, center, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    found = fit_logistic(inputs, labels, weight, center, stiffness)
    assert (found[:-1] >= 0).all()
    assert loss(found)[0] <= best.fun + 1e-9 * max(1.0, abs(best.fun))
    np.testing.assert_allclose(found, best.x, atol=2e-4)


def test_without_bounds_that_bind_it_is_ridge_regression():
    rng = np.random.default_rng(0)
    cues = rng.normal(size=(400, 2))
    labels = (rng.random(400) < expit(cues @ [2.0, 1.0])).astype(float)
    reference = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10).fit(cues, labels).coef_[0]
    inputs = np.column_stack([cues, np.zeros(400)])
    found = fit_logistic(inputs, labels, np.ones(400), np.zeros(3), np.full(3, 2.0))
    np.testing.assert_allclose(found, [*reference, 0], atol=1e-5)


def test_separable_and_extreme_cues_stay_finite():
    inputs = np.column_stack([[1e4, 2e4, -1e4], np.ones(3)])
    found = fit_logistic(inputs, np.array([1.0, 1, 0]), np.ones(3), np.array([50.0, -3]), np.full(2, 1e-3))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(logistic([-800, 0, 800]), [0, 0.5, 1])
