"""The hardest quadruplet of a labeled batch."""

import torch
from torch import Tensor


def hard_quadruplet(scores: Tensor, labels: Tensor) -> tuple[int, int, int, int] | None:
    """(i, j, k, l): the least similar positive pair, and the most similar negative of each of the two.

    (i, j) = argmin S over pairs with the same label, i ≠ j; k = argmax S_ik and l = argmax S_jl over photos
    with other labels (Huang, Loy & Tang, NIPS 2016, section 3: one quadruplet per batch). `scores` (n, n) are
    any real numbers, higher meaning more alike; `labels` (n,). Returns None if no two photos share a label,
    or all do. Ties go to the first pair in row order. Excluded pairs are set to infinity rather than 0,
    because 0 would win where all scores are negative. Raises `ValueError` if the shapes do not match.
    """
    n = len(labels)
    if labels.shape != (n,) or scores.shape != (n, n):
        raise ValueError(f"scores {tuple(scores.shape)} and labels {tuple(labels.shape)} do not match")
    same = labels[:, None] == labels
    positive = same & ~torch.eye(n, dtype=torch.bool, device=same.device)
    if not positive.any() or same.all():
        return None
    i, j = divmod(int(scores.masked_fill(~positive, torch.inf).argmin()), n)
    k, l = scores[[i, j]].masked_fill(same[[i, j]], -torch.inf).argmax(dim=1).tolist()  # noqa: E741
    return i, j, k, l
