import pytest

torch = pytest.importorskip("torch")
from placeprint.networks.backbones import multi_scale  # noqa: E402

SIZES = {(60, 80): [3.0, 4.0], (42, 57): [0.0, 1.0], (30, 40): [1.0, 0.0]}


def describe(images):
    """Known unit vectors by size; the second photo has them the other way round."""
    vector = torch.tensor(SIZES[tuple(images.shape[2:])])
    vector = vector / vector.norm()
    return torch.stack([vector, vector.flip(0)])


def test_the_mean_of_three_scales():
    """(0.6 + 0 + 1, 0.8 + 1 + 0) = (1.6, 1.8), over its length."""
    vectors = multi_scale(describe, torch.zeros(2, 3, 60, 80))
    expected = torch.tensor([1.6, 1.8]) / (1.6**2 + 1.8**2) ** 0.5
    torch.testing.assert_close(vectors, torch.stack([expected, expected.flip(0)]))


def test_the_generalized_mean():
    vectors = multi_scale(describe, torch.zeros(2, 3, 60, 80), power=3)
    a, b = ((0.6**3 + 1) / 3) ** (1 / 3), ((0.8**3 + 1) / 3) ** (1 / 3)
    torch.testing.assert_close(vectors[0], torch.tensor([a, b]) / (a * a + b * b) ** 0.5)
    with pytest.raises(ValueError, match="without negative numbers"):
        multi_scale(lambda images: -describe(images), torch.zeros(2, 3, 60, 80), power=3)


def test_one_scale_changes_nothing():
    seen = []
    images = torch.randn(2, 3, 60, 80)
    vectors = multi_scale(lambda x: seen.append(x) or describe(x), images, scales=[1])
    assert seen[0] is images
    torch.testing.assert_close(vectors, describe(images))


def test_sizes_are_multiples_of_the_divisor_and_half_averages():
    seen = []

    def note(images):
        seen.append(images)
        return images.mean(dim=(2, 3))

    images = torch.rand(1, 3, 224, 336)
    multi_scale(note, images, divisor=14)
    assert [tuple(x.shape[2:]) for x in seen] == [(224, 336), (154, 238), (112, 168)]
    torch.testing.assert_close(seen[2], torch.nn.functional.avg_pool2d(images, 2))
    multi_scale(note, images[:, :, :20, :5], scales=[0.1], divisor=14)
    assert seen[-1].shape[2:] == (14, 14)
