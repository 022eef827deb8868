"""From candidates to one position: where do the reference photos that look alike agree?

Each candidate votes for its own position with a weight that falls with its distance in descriptor
space and rises with its geometric evidence. The estimate is the highest mode of the votes' kernel
density, found by mean shift (Comaniciu & Meer, PAMI 2002): a mode, not a mean, so two far-apart
groups of candidates never average into the river between them.
"""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Float64

UNRELATED = 2.0
"""Squared distance of two unrelated photos: whitened unit descriptors are then about orthogonal."""

TEMPERATURE = 0.06
"""Squared descriptor distance over which a vote falls by 1/e. Chosen on Cambridge's split train."""

CHANCE = 12.0
"""Score that the best of some unrelated photos reaches: half of them do, on Cambridge's split train."""

MEAN_SHIFTS = 20

GEOMETRY = 1.5
"""Natural logarithm of the vote that one unit of √score adds; chosen likewise, flat from 1 to 2.5."""


@dataclass(frozen=True)
class Estimate:
    """A position in meters with the evidence for it.

    `meters` (2,): east, north. `here` (k,): which candidates lie at the place. `cues`: what
    `calibration` learns from, each larger for better evidence (see `estimate`).
    """

    meters: Float64
    here: Bool
    cues: Float64


def estimate(
    positions: Float64, squared: Float64, bandwidth: float, scores: Float64 | None = None
) -> Estimate:
    """The position on which candidates agree.

    positions (k, 2): meters. squared (k,): squared descriptor distances. bandwidth: meters within
    which two reference photos show the same place. scores (k,): of geometric verification, NaN where
    a candidate was not compared; None where nothing was.

    vote_i = exp(-squared_i / TEMPERATURE + GEOMETRY √score_i); density(x) = Σ vote_i exp(-‖x - x_i‖² /
    2 bandwidth²); the place is everything within two bandwidths of its highest mode.

    cues: margin, by how much the squared distance to the best candidate elsewhere exceeds that to the
    best candidate here (nothing known is better than `UNRELATED`); agreement, the share of the votes
    cast here; and with `scores` by how much the best √score here exceeds √CHANCE (at least 0), and by
    how much it exceeds both that and the best elsewhere (negative where geometry proves nothing).
    """
    roots = np.zeros(len(squared)) if scores is None else np.sqrt(np.nan_to_num(scores))
    logarithms = GEOMETRY * roots - squared / TEMPERATURE
    votes = np.exp(logarithms - logarithms.max())
    mode = positions[int((_kernel(positions, positions, bandwidth) @ votes).argmax())]
    for _ in range(MEAN_SHIFTS):
        pull = _kernel(mode[None], positions, bandwidth)[0] * votes
        mode = pull @ positions / pull.sum()
    here = np.hypot(*(positions - mode).T) <= 2.0 * bandwidth
    best_elsewhere = min(squared[~here].min(initial=UNRELATED), UNRELATED)
    cues = [best_elsewhere - squared[here].min(), float(votes[here].sum() / votes.sum())]
    if scores is not None:
        chance = float(np.sqrt(CHANCE))
        cues += [max(roots[here].max() - chance, 0.0), roots[here].max() - roots[~here].max(initial=chance)]
    return Estimate(mode, here, np.array(cues))


def _kernel(centers: Float64, positions: Float64, bandwidth: float) -> Float64:
    squared = ((centers[:, None] - positions[None]) ** 2).sum(-1)
    return np.asarray(np.exp(-0.5 * squared / bandwidth**2))
