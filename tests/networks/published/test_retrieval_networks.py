"""CNN Image Retrieval in PyTorch and Deep Image Retrieval, whose files hold NumPy and scikit-learn."""

import inspect
import sys
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from placeprint.errors import FormatError, PlaceprintError  # noqa: E402
from placeprint.networks.backbones import Preprocessing  # noqa: E402
from placeprint.networks.pooling import CosPlace  # noqa: E402
from placeprint.networks.published import read_cirtorch, read_dirtorch, read_published  # noqa: E402

PIXELS = {"mean": [0.4, 0.5, 0.6], "std": [0.1, 0.2, 0.3]}
META = PIXELS | {"architecture": "resnet18", "pooling": "gem", "outputdim": 64}


def under(prefix, tensors):
    return {f"{prefix}{name}": x for name, x in tensors.items()}


def learned(seed, dim=5, channels=64, order="C"):
    """A whitening as cirtorch keeps it: m (D, 1), P (dim, D)."""
    generator = np.random.default_rng(seed)
    return {
        "m": generator.normal(0, 0.1, (channels, 1)),
        "P": np.asarray(generator.normal(size=(dim, channels)), np.float32, order=order),
    }


@pytest.fixture
def cirtorch(by_hand):
    """The tensors, and unit GeM vectors of the images by hand."""
    tensors = by_hand.resnet18(1)
    named = under("features.", by_hand.numbered(tensors)) | {"pool.p": torch.tensor([2.9])}

    def pooled(images):
        return by_hand.unit(by_hand.gem(by_hand.resnet18_forward(tensors, images), 2.9))

    return named, pooled


@pytest.mark.parametrize("old", [False, True])
def test_cirtorch_with_learned_whitenings(old, cirtorch, by_hand, write, images, tmp_path):
    named, pooled = cirtorch
    kept = {
        "Other": {"ss": learned(1), "ms": learned(2)},
        "retrieval-SfM-120k": {"ss": learned(3, order="F"), "ms": learned(4)},
    }
    path = write(tmp_path, named, "state_dict", old=old, meta=META | {"Lw": kept})
    if old:  # as NumPy 1 writes its names
        path.write_bytes(path.read_bytes().replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray"))
    plain = pooled(images)

    def expected(numbers):
        return by_hand.unit((plain - numbers["m"].T) @ numbers["P"].T.astype(float))

    published = read_published(path)
    by_hand.assert_same(published, expected(kept["retrieval-SfM-120k"]["ss"]), images)
    assert "retrieval-SfM-120k at one scale" in published.notes[0]
    assert published.weights.preprocessing == Preprocessing(255, (0.4, 0.5, 0.6), (0.1, 0.2, 0.3))
    assert published.size_rule == "longest:1024"
    thirty = expected(kept["Other"]["ms"])
    by_hand.assert_same(read_cirtorch(path, "Other/ms"), thirty, images)
    by_hand.assert_same(read_cirtorch(path, "none"), plain, images)
    with pytest.raises(PlaceprintError, match=r"no whitening Paris\. It has: Other/ss, "):
        read_cirtorch(path, "Paris")


def test_cirtorch_with_a_trained_whitening(cirtorch, by_hand, write, images, tmp_path):
    named, pooled = cirtorch
    weight, bias = by_hand.random(64, 64), by_hand.random(64, scale=0.1)
    named = named | {"whiten.weight": weight, "whiten.bias": bias}
    published = read_cirtorch(write(tmp_path, named, "state_dict", meta=META | {"whitening": True}))
    expected = by_hand.unit(pooled(images) @ weight.numpy().T + bias.numpy())
    by_hand.assert_same(published, expected, images)
    path = write(tmp_path, named, "state_dict", meta=META | {"Lw": {"a": {"ss": learned(1)}}})
    by_hand.assert_same(read_cirtorch(path), expected, images)
    assert "trained with the network" in read_cirtorch(path).notes[0]
    by_hand.assert_same(read_cirtorch(path, "none"), pooled(images), images)
    with pytest.raises(PlaceprintError, match="already has a trained whitening"):
        read_cirtorch(path, "a")


def test_cirtorch_poolings_without_weights_end_after_the_relu(by_hand, write, tmp_path):
    chain = by_hand.alexnet_chain()
    images = by_hand.random(2, 3, 96, 131)
    features = by_hand.alexnet_forward(chain, images, last_relu=True).numpy()
    for pooling, pooled in (("mac", features.max(axis=(2, 3))), ("spoc", features.mean(axis=(2, 3)))):
        meta = META | {"pooling": pooling, "architecture": "alexnet"}
        published = read_cirtorch(write(tmp_path, under("features.", chain), "state_dict", meta=meta))
        by_hand.assert_same(published, by_hand.unit(pooled), images)
        assert published.architecture.backbone.cut == "relu5"
        assert published.notes[0] == "not whitened"


def test_cirtorch_with_one_exponent_a_channel(cirtorch, by_hand, write, images, tmp_path):
    named, _ = cirtorch
    powers = 2 + by_hand.random(64).abs()
    path = write(tmp_path, named | {"pool.p": powers}, "state_dict", meta=META | {"pooling": "gemmp"})
    x = by_hand.resnet18_forward(by_hand.resnet18(1), images).numpy().clip(1e-6).astype(float)
    p = powers.numpy()
    expected = (x ** p[:, None, None]).mean(axis=(2, 3)) ** (1 / p)
    by_hand.assert_same(read_cirtorch(path), by_hand.unit(expected), images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooling": "rmac"}, "has pooling rmac, which is not supported"),
        ({"regional": True, "local_whitening": True}, "has local_whitening, regional, which"),
        ({"pooling": None}, "does not name its pooling"),
        ({"std": [1, 2]}, "does not state its preprocessing"),
        ({"Lw": {"a": {"ss": {"m": 1, "P": 2}}}}, "its whitening is damaged"),
        ({"Lw": 3}, r"\(CNN Image Retrieval in PyTorch\) is damaged, or has another form"),
    ],
)
def test_other_cirtorch_files_are_refused(change, message, cirtorch, write, tmp_path):
    path = write(tmp_path, cirtorch[0], "state_dict", meta=META | change)
    with pytest.raises(PlaceprintError, match=message):
        read_cirtorch(path)


@pytest.fixture
def fitted(monkeypatch):
    """scikit-learn's PCA under the name that files of 2019 have; the module is gone when they are read."""
    decomposition = pytest.importorskip("sklearn.decomposition")

    def fit(write, whiten=True):
        rows = np.random.default_rng(4).normal(size=(40, 8)) * np.geomspace(1, 0.1, 8)
        pca = decomposition.PCA(6, whiten=whiten, svd_solver="full").fit(rows)
        old = type("PCA", (), {"__module__": "sklearn.decomposition.pca"})
        module = types.ModuleType("sklearn.decomposition.pca")
        module.PCA = old
        record = old()
        record.__dict__ = pca.__dict__ | {"_sklearn_version": "0.20.2"}
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module.__name__, module)
            return pca, write({"Landmarks_clean": record})

    return fit


@pytest.fixture
def dirtorch(by_hand, write, tmp_path):
    tensors = by_hand.resnet18(1)
    fc = {"fc.weight": by_hand.random(8, 64), "fc.bias": by_hand.random(8, scale=0.5)}

    def save(pca, **options):
        named = under("module.", tensors | fc | {"adpool.p": torch.tensor([2.7])})
        rest = {"model_options": {"arch": "resnet18_rmac", "out_dim": 8, "pooling": "gem"} | options}
        rest |= {} if pca is None else {"pca": pca}
        return write(tmp_path, named, "state_dict", old=True, current_iter=296, **rest)

    def gem(images):
        return by_hand.gem(by_hand.resnet18_forward(tensors, images), 2.7)

    return save, gem, (fc["fc.weight"].numpy().astype(float), fc["fc.bias"].numpy())


@pytest.mark.skipif(
    "unit_input" not in inspect.signature(CosPlace).parameters, reason="CosPlace has no unit_input yet"
)
def test_dirtorch_as_published(dirtorch, fitted, by_hand, images):
    """fc takes means that are not of unit length; the variances have the power 1/4."""
    save, gem, (weight, bias) = dirtorch
    pca, path = fitted(save)
    assert "sklearn.decomposition.pca" not in sys.modules
    plain = by_hand.unit(gem(images) @ weight.T + bias)
    expected = by_hand.unit(((plain - pca.mean_) @ pca.components_.T) / pca.explained_variance_**0.25)
    published = read_published(path)
    by_hand.assert_same(published, expected, images)
    assert "Landmarks_clean" in published.notes[0]
    by_hand.assert_same(read_dirtorch(path, "none"), plain, images)


def test_a_pca_of_dirtorch_that_does_not_whiten_divides_by_nothing(dirtorch, fitted, by_hand, images):
    save, gem, (weight, bias) = dirtorch
    pca, path = fitted(save, whiten=False)
    plain = by_hand.unit(gem(images) @ weight.T + bias)
    published = read_dirtorch(path)
    by_hand.assert_same(published, by_hand.unit((plain - pca.mean_) @ pca.components_.T), images)
    assert published.notes[0] == "PCA learned on Landmarks_clean; no whitening"
    np.testing.assert_allclose(pca.transform(plain), (plain - pca.mean_) @ pca.components_.T)


def test_dirtorch_without_fc_and_with_normalized_means(dirtorch, fitted, by_hand, images):
    save, gem, (weight, bias) = dirtorch
    means = by_hand.unit(gem(images))
    by_hand.assert_same(read_dirtorch(save(None, without_fc=True)), means, images)
    path = save(None, norm_features=True)
    by_hand.assert_same(read_published(path), by_hand.unit(means @ weight.T + bias), images)
    _, path = fitted(lambda pca: save(pca, norm_features=True))
    with pytest.raises(PlaceprintError, match='Use the whitening "none"'):
        read_dirtorch(path)
    by_hand.assert_same(read_dirtorch(path, "none"), by_hand.unit(means @ weight.T + bias), images)


def test_other_dirtorch_files_are_refused(dirtorch):
    save, *_ = dirtorch
    with pytest.raises(PlaceprintError, match=r"center bias 0\.5"):
        read_dirtorch(save(None, center_bias=0.5))
    with pytest.raises(PlaceprintError, match=r"no whitening Paris\. It has: none"):
        read_dirtorch(save(None), "Paris")
    with pytest.raises(PlaceprintError, match="no whitening Landmarks_clean"):
        read_dirtorch(save({"Landmarks_clean": 3}))


@pytest.mark.parametrize("attribute", [("mean_", np.arange(8)), ("whiten", 1)])  # whole numbers
def test_a_damaged_pca_is_told(attribute, dirtorch, fitted, by_hand):
    save, *_ = dirtorch

    def damaged(pca):
        setattr(pca["Landmarks_clean"], *attribute)
        return save(pca, without_fc=True)

    _, path = fitted(damaged)
    with pytest.raises(FormatError, match="its PCA is damaged"):
        read_dirtorch(path)
