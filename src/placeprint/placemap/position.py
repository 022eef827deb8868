"""From candidates to one position: where do the reference photos that look alike agree?

Each candidate votes for its own position with a weight that falls with its distance in descriptor
space and rises with geometric evidence. The estimate is the highest mode of the votes' kernel
density, found by mean shift (Comaniciu & Meer, PAMI 2002): a mode, not a mean, so two far-apart
groups of candidates never average into the river between them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

UNRELATED = 2.0
"""Squared distance of two unrelated photos: whitened unit descriptors are then about orthogonal."""

TEMPERATURE = 0.06
"""Squared descriptor distance over which a vote falls by 1/e."""


@dataclass(frozen=True)
class Estimate:
    """A position in metres with the evidence for it.

    `metres` (2,): east, north. `votes` (k,): support of each candidate's own position. `here` (k,):
    which candidates lie at the place. `cues`: what `calibration` learns from, each larger for better
    evidence (see `estimate`).
    """

    metres: Float
    votes: Float
    here: NDArray[np.bool_]
    cues: Float


def estimate(positions: Float, squared: Float, bandwidth: float, inliers: Float | None = None) -> Estimate:
    """The position on which candidates agree.

    positions (k, 2): metres. squared (k,): squared descriptor distances. bandwidth: metres within
    which two reference photos show the same place. inliers (k,): verified inliers, NaN where a
    candidate was not verified; None where nothing was.

    cues: closeness 2 - min d² at the place; margin, by which the best candidate elsewhere is farther;
    agreement, the share of the votes at the place; and with `inliers` log(1 + inliers) of the place
    and its lead over any other place.
    """
    weights = np.exp(-(squared - squared.min()) / TEMPERATURE)
    strength = np.zeros(len(squared))
    if inliers is not None:
        strength = np.log1p(np.nan_to_num(inliers))
        weights = weights * np.expm1(np.minimum(strength, 6.0)) if strength.any() else weights
    votes = _kernel(positions, positions, bandwidth) @ weights
    mode = positions[int(votes.argmax())]
    for _ in range(20):
        pull = _kernel(mode[None], positions, bandwidth)[0] * weights
        mode = pull @ positions / pull.sum()
    here = np.hypot(*(positions - mode).T) <= 2.0 * bandwidth
    best_here = squared[here].min()
    best_elsewhere = min(squared[~here].min(initial=UNRELATED), UNRELATED)
    cues = [
        max(UNRELATED - best_here, 0.0),
        max(best_elsewhere - best_here, -0.5),
        float(weights[here].sum() / weights.sum()),
    ]
    if inliers is not None:
        cues += [strength[here].max(), max(strength[here].max() - strength[~here].max(initial=0.0), 0.0)]
    return Estimate(mode, votes, here, np.array(cues))


def _kernel(centres: Float, positions: Float, bandwidth: float) -> Float:
    squared = ((centres[:, None] - positions[None]) ** 2).sum(-1)
    return np.asarray(np.exp(-0.5 * squared / bandwidth**2))
