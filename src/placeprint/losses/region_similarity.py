"""Region similarities and soft labels of SFRS (Ge et al., ECCV 2020)."""

import torch
from torch import Tensor

from placeprint.networks.pooling.unit_vectors import wide

GENERATION_TEMPERATURES = (0.07, 0.07, 0.06, 0.05)
"""The teacher's temperature in generations 0 to 3; in generation 0 the soft loss has weight 0."""

SOFT_WEIGHT = 0.5
"""λ: from generation 1 on, the loss is SARE + λ · soft cross-entropy."""


def region_similarity(query: Tensor, others: Tensor) -> Tensor:
    """S (b, m, 9, 9): dot products of each region of the query with each region of each other photo.

    `query` (b, 9, d) and `others` (b, m, 9, d) are unit vectors from `region_vlads`; the numbers of regions
    may be any. The losses need only the first row, the whole query: `region_similarity(query[:, :1],
    others)[:, :, 0]` (b, m, 9) avoids computing the rest. Computed in float32 at least, even under autocast,
    because τ amplifies rounding errors.
    """
    with torch.autocast(query.device.type, enabled=False):
        return torch.einsum("brd,bmsd->bmrs", wide(query), wide(others))


def hardest_region(query_global: Tensor, negative_regions: Tensor) -> Tensor:
    """The region of each negative that is most similar to the whole query: (b, n, d), with gradient.

    argmax over regions of the dot product with `query_global` (b, d); `negative_regions` (b, n, 9, d).
    Gradients do not flow through the choice, only through the chosen vector. Section 3.3 of the paper. The
    image-level loss is then SARE (independent, dot products at temperature 0.07) of query_global, the
    positive's global vector and the result; generation 0 uses the negatives' global vectors instead.
    """
    with torch.no_grad():
        best = region_similarity(query_global[:, None], negative_regions)[:, :, 0].argmax(dim=2)
    chosen = best[:, :, None, None].expand(-1, -1, 1, negative_regions.shape[3])
    return negative_regions.gather(2, chosen)[:, :, 0]


def soft_cross_entropy(
    student_scores: Tensor,
    teacher_scores: Tensor,
    teacher_temperature: float,
    student_temperature: float = GENERATION_TEMPERATURES[0],
    mask: Tensor | None = None,
) -> Tensor:
    """−Σ P log Q, P = softmax(teacher / τ_teacher) and Q = softmax(student / τ_student); mean over tuples.

    Scores (b, m, 9): dot products of the whole query with the regions of its m difficult positives; the
    softmax runs over all m · 9 together (section 3.2 and the authors' code). The teacher is the network at
    the end of the previous generation; it gets no gradient. `mask` (b, m) is False where the tuple has no
    such positive; tuples without any are left out of the mean, and if none has any the loss is a 0 that is
    still attached to the graph. Raises `ValueError` if the shapes do not match.
    """
    if student_scores.shape != teacher_scores.shape:
        raise ValueError(
            f"student scores {tuple(student_scores.shape)}, teacher scores {tuple(teacher_scores.shape)}"
        )
    if mask is None:
        mask = torch.ones(student_scores.shape[:2], dtype=torch.bool, device=student_scores.device)
    if mask.shape != student_scores.shape[:2]:
        raise ValueError(f"mask {tuple(mask.shape)} for scores {tuple(student_scores.shape)}")
    usable = mask.any(dim=1)
    if not usable.any():
        return student_scores.masked_fill(~mask[:, :, None], 0).sum() * 0
    absent = ~mask[usable][:, :, None].expand(-1, -1, student_scores.shape[2]).flatten(1)
    teacher, student = (
        (wide(scores)[usable].flatten(1) / temperature).masked_fill(absent, -torch.inf)
        for scores, temperature in (
            (teacher_scores.detach(), teacher_temperature),
            (student_scores, student_temperature),
        )
    )
    logs = torch.log_softmax(student, dim=1).masked_fill(absent, 0)
    return -(torch.softmax(teacher, dim=1) * logs).sum(dim=1).mean()
