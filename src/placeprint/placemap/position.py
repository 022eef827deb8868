"""From candidates to one position: where do the most similar reference photos agree?

Each candidate votes for its own position with a weight that decreases with its distance in descriptor
space and increases with its geometric evidence. The estimate is the highest mode of the votes' kernel
density, found by mean shift (Comaniciu & Meer, PAMI 2002): a mode, not a mean, so that two distant
groups of candidates are never averaged into the river between them.
"""

from dataclasses import dataclass

import numpy as np

from placeprint.arrays import Bool, Float64

UNRELATED = 2.0
"""Squared distance of two unrelated photos, whose whitened unit descriptors are about orthogonal."""

TEMPERATURE = 0.06
"""Squared descriptor distance over which a vote falls to 1/e. Chosen on Cambridge's train split."""

CHANCE = 12.0
"""Median score of the best of several unrelated photos, on Cambridge's train split."""

MEAN_SHIFTS = 20

GEOMETRY = 1.5
"""Natural logarithm of a vote's factor for one unit of √score; chosen likewise, flat from 1 to 2.5."""


@dataclass(frozen=True)
class Rivals:
    """Photos that are not where the answer may be: if one looks as much like the query, nothing is proven.

    squared (r,): squared descriptor distances. scores (r,): of geometric verification, NaN for one that was
    not compared.
    """

    squared: Float64
    scores: Float64


NO_RIVALS = Rivals(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Estimate:
    """A position in meters with the evidence for it.

    `meters` (2,): east, north. `here` (k,): which candidates are at the place. `cues`: what `calibration`
    learns from, each larger for better evidence (see `estimate`). `rival`: squared distance of the nearest.
    """

    meters: Float64
    here: Bool
    cues: Float64
    rival: float = np.inf


def estimate(
    positions: Float64,
    squared: Float64,
    bandwidth: float,
    scores: Float64 | None = None,
    rivals: Rivals = NO_RIVALS,
) -> Estimate:
    """The position on which candidates agree.

    positions (k, 2): meters. squared (k,): squared descriptor distances. bandwidth: meters within which two
    reference photos show the same place. scores (k,): of geometric verification, NaN for a candidate that was
    not compared; None if none was. rivals: photos that cannot be the answer, such as those of the background
    set; they vote for elsewhere.

    vote_i = exp(-squared_i / TEMPERATURE + GEOMETRY √score_i); density(x) = Σ vote_i exp(-‖x - x_i‖² / 2
    bandwidth²); the place is everything within two bandwidths of its highest mode. A rival that was not
    compared votes as if its score were `CHANCE`.

    cues: margin, by how much the squared distance to the best candidate elsewhere or rival exceeds that to
    the best candidate here (at most by `UNRELATED`); agreement, the share of the votes cast here; and with
    `scores`, by how much the best √score here exceeds √CHANCE (at least 0), and by how much it exceeds both
    that and the best elsewhere (negative if geometry proves nothing). Without anything elsewhere to compare
    with, margin and agreement are 0: a likeness that nothing is held against is no evidence.
    """
    roots = np.zeros(len(squared)) if scores is None else np.sqrt(np.nan_to_num(scores))
    logarithms = GEOMETRY * roots - squared / TEMPERATURE
    top = logarithms.max()
    votes = np.exp(logarithms - top)
    mode = positions[int((_kernel(positions, positions, bandwidth) @ votes).argmax())]
    for _ in range(MEAN_SHIFTS):
        pull = _kernel(mode[None], positions, bandwidth)[0] * votes
        mode = pull @ positions / pull.sum()
    here = np.hypot(*(positions - mode).T) <= 2.0 * bandwidth
    away = np.concatenate([squared[~here], rivals.squared])
    chance = float(np.sqrt(CHANCE))
    compared = np.isfinite(rivals.scores)
    rooted = np.sqrt(np.where(compared, rivals.scores, CHANCE)) * (scores is not None)
    against = float(np.exp(np.minimum(GEOMETRY * rooted - rivals.squared / TEMPERATURE - top, 700.0)).sum())
    margin = min(away.min(initial=UNRELATED), UNRELATED) - squared[here].min()
    agreement = float(votes[here].sum() / (votes.sum() + against))
    cues = [margin, agreement] if len(away) else [0.0, 0.0]
    if scores is not None:
        rival = rooted[compared].max(initial=chance)
        best_away = roots[~here].max(initial=rival)
        cues += [max(roots[here].max() - chance, 0.0), roots[here].max() - best_away]
    return Estimate(mode, here, np.array(cues), float(rivals.squared.min(initial=np.inf)))


def _kernel(centers: Float64, positions: Float64, bandwidth: float) -> Float64:
    squared = ((centers[:, None] - positions[None]) ** 2).sum(-1)
    return np.asarray(np.exp(-0.5 * squared / bandwidth**2))
