import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.losses import (  # noqa: E402
    GENERATION_TEMPERATURES,
    hardest_region,
    region_similarity,
    soft_cross_entropy,
)


def unit_regions(*shape, seed=0):
    x = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return x / x.norm(dim=-1, keepdim=True)


def test_similarities_equal_loops():
    query, others = unit_regions(2, 9, 5), unit_regions(2, 3, 9, 5, seed=1)
    s = region_similarity(query, others)
    assert s.shape == (2, 3, 9, 9)
    for b, m, r, t in np.ndindex(2, 3, 9, 9):
        assert s[b, m, r, t].item() == pytest.approx((query[b, r] @ others[b, m, t]).item())
    torch.testing.assert_close(region_similarity(query[:, :1], others)[:, :, 0], s[:, :, 0])


def test_similarities_are_not_rounded_under_autocast():
    query, others = unit_regions(1, 9, 64).float(), unit_regions(1, 2, 9, 64, seed=1).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        s = region_similarity(query, others)
    torch.testing.assert_close(s, region_similarity(query, others))


def test_hardest_region_is_the_one_most_like_the_query():
    query, negatives = unit_regions(2, 5), unit_regions(2, 4, 9, 5, seed=1).requires_grad_()
    query.requires_grad_()
    chosen = hardest_region(query, negatives)
    best = np.zeros((2, 4), int)
    for b, n in np.ndindex(2, 4):
        dots = [(query[b] @ negatives[b, n, r]).item() for r in range(9)]
        best[b, n] = int(np.argmax(dots))
        torch.testing.assert_close(chosen[b, n], negatives[b, n, best[b, n]])
    assert len(np.unique(best)) > 3
    weights = torch.randn(2, 4, 5, dtype=torch.float64)
    (chosen * weights).sum().backward()
    assert query.grad is None
    for b, n, r in np.ndindex(2, 4, 9):
        wanted = weights[b, n] if r == best[b, n] else torch.zeros(5, dtype=torch.float64)
        torch.testing.assert_close(negatives.grad[b, n, r], wanted)


def naive(student, teacher, hot, cold, mask):
    losses = []
    for s, t, c in zip(student.numpy(), teacher.numpy(), mask.numpy(), strict=True):
        if c.any():
            s, t = np.exp(s[c].ravel() / cold), np.exp(t[c].ravel() / hot)
            losses.append(-np.sum(t / t.sum() * np.log(s / s.sum())))
    return np.mean(losses)


def scores(seed, b=3, m=4):
    return torch.rand(b, m, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) - 0.5


def test_soft_cross_entropy_equals_loops():
    student, teacher = scores(0), scores(1)
    mask = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]).bool()
    every = torch.ones_like(mask)
    for hot, cold in ((0.05, 0.07), (0.06, 0.2)):
        for c in (mask, every):
            ours = soft_cross_entropy(student, teacher, hot, cold, c)
            assert ours.item() == pytest.approx(naive(student, teacher, hot, cold, c))
        assert soft_cross_entropy(student, teacher, hot, cold).item() == pytest.approx(
            naive(student, teacher, hot, cold, every)
        )
    assert soft_cross_entropy(student, teacher, 0.05).item() == pytest.approx(
        naive(student, teacher, 0.05, 0.07, every)
    )


def test_gradient_is_the_difference_of_the_two_distributions():
    student, teacher = scores(0).requires_grad_(), scores(1).requires_grad_()
    mask = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]).bool()
    with torch.no_grad():
        student[1, 1] = torch.nan
        teacher[2] = torch.inf
    soft_cross_entropy(student, teacher, 0.06, mask=mask).backward()
    assert teacher.grad is None
    for b, c in enumerate(mask):
        p = torch.softmax(teacher[b][c].flatten().detach() / 0.06, 0)
        q = torch.softmax(student[b][c].flatten().detach() / 0.07, 0)
        torch.testing.assert_close(student.grad[b][c].flatten(), (q - p) / 0.07 / 2)
        assert not student.grad[b][~c].any()


def test_without_positives_it_is_0_with_a_graph():
    student = scores(0).requires_grad_()
    with torch.no_grad():
        student[0, 0] = torch.nan
    value = soft_cross_entropy(student, scores(1), 0.07, mask=torch.zeros(3, 4, dtype=torch.bool))
    value.backward()
    assert value.item() == 0
    assert not student.grad.any()
    assert soft_cross_entropy(student[:, :0], scores(1)[:, :0], 0.07).item() == 0
    with pytest.raises(ValueError, match="teacher scores"):
        soft_cross_entropy(student, scores(1, 2), 0.07)
    with pytest.raises(ValueError, match="mask"):
        soft_cross_entropy(student, scores(1), 0.07, mask=torch.ones(3, 3, dtype=torch.bool))


def test_least_where_student_and_teacher_agree():
    teacher = scores(1)
    entropy = soft_cross_entropy(teacher, teacher, 0.07)
    for seed in range(2, 6):
        assert soft_cross_entropy(scores(seed), teacher, 0.07) > entropy
    assert GENERATION_TEMPERATURES == (0.07, 0.07, 0.06, 0.05)
