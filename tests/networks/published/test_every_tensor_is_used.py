"""A checkpoint of every source, and the same with one tensor more: it is refused, and the tensor named."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from scipy.io import savemat  # noqa: E402

from placeprint.errors import FormatError, PlaceprintError  # noqa: E402
from placeprint.networks.architecture import PoolingSpec  # noqa: E402
from placeprint.networks.backbones import ResNet  # noqa: E402
from placeprint.networks.published import (  # noqa: E402
    dinov2,
    read_cirtorch,
    read_dirtorch,
    read_matconvnet,
    read_openibl,
    read_published,
)
from placeprint.networks.published.recognize import SOURCES  # noqa: E402

PIXELS = {"mean": [0.4, 0.5, 0.6], "std": [0.1, 0.2, 0.3]}
CRN = {3: 32, 5: 32, 7: 20}
BENCHMARK = "the geo-localization benchmark"


def under(prefix, tensors):
    return {f"{prefix}{name}": x for name, x in tensors.items()}


def pooling(name, channels, **options):
    """Layers whose state has the names of the published weights."""
    return PoolingSpec(name=name, options=options).build(channels).state_dict()


def linear(prefix, out, into):
    return {f"{prefix}weight": torch.zeros(out, into), f"{prefix}bias": torch.zeros(out)}


def netvlad(channels, clusters=2):
    return {
        "conv.weight": torch.zeros(clusters, channels, 1, 1),
        "centroids": torch.zeros(clusters, channels),
    }


def vit(width=64, blocks=1):
    """DINOv2 by its authors' names."""
    shapes = {"cls_token": (1, 1, width), "mask_token": (1, width), "pos_embed": (1, 5, width)}
    shapes |= {"patch_embed.proj.weight": (width, 3, 14, 14), "patch_embed.proj.bias": (width,)}
    tall = {"attn.qkv": (3 * width, width), "attn.proj": (width, width)}
    tall |= {"mlp.fc1": (4 * width, width), "mlp.fc2": (width, 4 * width)}
    for n in range(blocks):
        for name, shape in tall.items():
            shapes |= {f"blocks.{n}.{name}.weight": shape, f"blocks.{n}.{name}.bias": shape[:1]}
        for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "ls1.gamma", "ls2.gamma"):
            shapes[f"blocks.{n}.{name}"] = (width,)
    shapes |= {"norm.weight": (width,), "norm.bias": (width,)}
    return {name: torch.zeros(shape) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def checkpoints(by_hand):
    """What a file of each source holds: the weights, and what else by name."""
    alexnet, resnet = by_hand.alexnet_chain(), ResNet(18, "layer1").state_dict()
    numbered, dinov2_names = by_hand.numbered(resnet), vit()
    p, out = torch.tensor([3.0]), 4
    benchmark = under("backbone.", numbered)
    made = {
        "OpenIBL (NetVLAD, SARE, SFRS)": under("base_model.base.", alexnet)
        | under("net_vlad.", netvlad(256))
        | {"pca_layer.weight": torch.zeros(out, 512, 1, 1), "pca_layer.bias": torch.zeros(out)},
        "pytorch-NetVlad or Patch-NetVLAD": under("encoder.", alexnet)
        | under("pool.", netvlad(256))
        | {"WPCA.0.weight": torch.zeros(out, 512, 1, 1), "WPCA.0.bias": torch.zeros(out)},
        f"{BENCHMARK} (NetVLAD)": benchmark | under("aggregation.", netvlad(64)),
        f"{BENCHMARK} (NetVLAD and a linear layer)": benchmark
        | under("aggregation.0.", netvlad(64))
        | linear("aggregation.1.", out, 128),
        f"{BENCHMARK} (GeM)": benchmark | {"aggregation.1.p": p},
        f"{BENCHMARK} (GeM and a linear layer)": benchmark
        | {"aggregation.0.1.p": p}
        | linear("aggregation.1.", out, 64),
        "CNN Image Retrieval in PyTorch": under("features.", numbered)
        | {"pool.p": p}
        | linear("whiten.", out, 64),
        "Deep Image Retrieval": resnet | {"adpool.p": p} | linear("fc.", out, 64),
        "CosPlace or EigenPlaces": benchmark | {"aggregation.1.p": p} | linear("aggregation.3.", out, 64),
        "MixVPR": under("backbone.model.", resnet)
        | under("aggregator.", pooling("mixvpr", 64, size=(2, 2), out_channels=4, out_rows=2, depth=1)),
        "Conv-AP": under("backbone.model.", resnet)
        | under("aggregator.", pooling("convap", 64, out_channels=4)),
        "SALAD": under("backbone.model.", dinov2_names)
        | under("aggregator.", pooling("salad", 64, clusters=2, cluster_dim=3, token_dim=4)),
        "MegaLoc": under("backbone.model.", dinov2_names)
        | under("aggregator.agg.", pooling("salad", 64, clusters=2, cluster_dim=3, token_dim=4))
        | linear("aggregator.linear.", out, 10),
        "BoQ on ResNet-50": under("backbone.net.", numbered)
        | under("aggregator.", pooling("boq", 64, projected=64, queries=2, blocks=1, out_rows=2)),
        "BoQ on DINOv2": under("backbone.dino.", dinov2_names)
        | under("aggregator.", pooling("boq", 64, projected=64, queries=2, blocks=1, out_rows=2)),
    }
    rest = {
        "CNN Image Retrieval in PyTorch": {"meta": PIXELS | {"pooling": "gem"}},
        "Deep Image Retrieval": {"model_options": {"pooling": "gem"}},
    }
    return {name: (tensors, rest.get(name, {})) for name, tensors in made.items()}


@pytest.fixture
def checkpoint(checkpoints, monkeypatch):
    def of(source):
        tensors, rest = checkpoints[source]
        if "backbone.model.cls_token" in tensors or "backbone.dino.cls_token" in tensors:
            pytest.importorskip("transformers", reason="the extra `transformers` is not installed")
            monkeypatch.setitem(dinov2.FAMILY, (64, 1), "tiny")
        return tensors, rest

    return of


@pytest.mark.parametrize("source", [source.name for source in SOURCES])
def test_one_tensor_more_is_refused_and_named(source, checkpoint, write, tmp_path):
    tensors, rest = checkpoint(source)

    def read(**more):
        return read_published(write(tmp_path, tensors | more, "state_dict", **rest))

    read()
    with pytest.raises(
        FormatError, match=r"(does not know:|it has unknown) \S*classifier\.weight, \S*surprise\."
    ):
        read(**{"classifier.weight": torch.zeros(2, 2), "surprise": torch.zeros(1)})
    parents = {name.rpartition(".")[0] for name in tensors if not name.startswith(("backbone", "base_model"))}
    wholes = {name.split(".")[0] for name in tensors} - {"layer1", "conv1", "bn1"}
    for parent in sorted(parents | wholes | {"backbone.model", "backbone.net", "backbone.dino"}):
        # Some under placeprint's name.
        with pytest.raises(FormatError, match="surprise"):
            read(**{f"{parent}.surprise": torch.zeros(1)})


def test_the_benchmarks_crn_is_no_netvlad(checkpoint, write, tmp_path):
    """It has all that NetVLAD has, and a context of which nothing would be left."""
    for source, prefix in (("NetVLAD", ""), ("NetVLAD and a linear layer", "0.")):
        tensors, _ = checkpoint(f"{BENCHMARK} ({source})")
        context = {"acc_w.weight": torch.ones(1, 84, 1, 1), "acc_w.bias": torch.zeros(1)}
        for side, filters in CRN.items():
            context[f"filter_{side}_{side}.weight"] = torch.zeros(filters, 64, side, side)
            context[f"filter_{side}_{side}.bias"] = torch.zeros(filters)
        crn = tensors | under(f"aggregation.{prefix}crn.", context)
        with pytest.raises(FormatError) as caught:
            read_published(write(tmp_path, crn, "model_state_dict"))
        told = f"weights that placeprint does not know: aggregation.{prefix}crn.acc_w.weight, "
        assert told in str(caught.value)
        assert "and 3 more. Without them it would be another network" in str(caught.value)


def test_what_the_caller_does_without_is_known(checkpoint, write, tmp_path):
    """Another whitening, or none: the layer of the file may stand unused, but nothing else beside it."""
    for source, reader, layer in (
        ("OpenIBL (NetVLAD, SARE, SFRS)", read_openibl, "pca_layer"),
        ("CNN Image Retrieval in PyTorch", read_cirtorch, "whiten"),
    ):
        tensors, rest = checkpoint(source)
        assert reader(write(tmp_path, tensors, "state_dict", **rest)).architecture.whitening == 4
        assert reader(write(tmp_path, tensors, "state_dict", **rest), "none").architecture.whitening is None
        more = write(tmp_path, tensors | {f"{layer}.scale": torch.ones(1)}, "state_dict", **rest)
        with pytest.raises(FormatError, match=rf"does not know: {layer}\.scale\."):
            reader(more, "none")
    tensors, rest = checkpoint("Deep Image Retrieval")
    options = {"model_options": rest["model_options"] | {"without_fc": True}}
    assert read_dirtorch(write(tmp_path, tensors, "state_dict", **options)).network.out_dim == 64
    with pytest.raises(FormatError, match=r"does not know: fc\.scale\."):
        read_dirtorch(write(tmp_path, tensors | {"fc.scale": torch.ones(1)}, "state_dict", **options))


def test_pca_parameters_of_openibl(checkpoint, write, tmp_path):
    h5py = pytest.importorskip("h5py")
    tensors, _ = checkpoint("OpenIBL (NetVLAD, SARE, SFRS)")
    path, parameters = write(tmp_path, tensors), tmp_path / "pca.h5"
    axes = np.eye(512, 3)
    said = {"U": axes, "lams": np.ones(3), "mu": np.zeros((512, 1)), "Utmu": np.zeros((3, 1))}
    for more in ({}, {"power": np.ones(3)}):
        with h5py.File(parameters, "w") as file:
            for name, array in (said | more).items():
                file[name] = array
        if more:
            with pytest.raises(FormatError, match="it has unknown power"):
                read_openibl(path, parameters)
        else:
            assert read_openibl(path, parameters).architecture.whitening == 3


def matlab_cells(*values):
    cells = np.empty((1, len(values)), object)
    cells[0, :] = values
    return cells


@pytest.mark.parametrize("number", range(6))
def test_weights_in_a_matlab_layer_that_has_none_are_refused(number, tmp_path):
    """conv relu normalize vlad normalize l2: those that have weights may not have more of them."""
    numbers = np.zeros((1, 1, 64, 2), "f4")
    normalize = {"type": "normalize", "name": "n", "param": [128, 1e-12, 1, 0.5]}
    convolution = matlab_cells(np.zeros((3, 3, 3, 64), "f4"), np.zeros((1, 64), "f4"))
    layers = [
        {"type": "conv", "name": "c", "weights": convolution, "stride": [1, 1], "pad": [1, 1, 1, 1]},
        {"type": "relu", "name": "r", "leak": 0},
        normalize,
        {"type": "custom", "name": "vlad:core", "weights": matlab_cells(numbers, numbers)},
        normalize,
        {"type": "custom", "name": "postL2"},
    ]

    def read():
        net = {
            "layers": matlab_cells(*layers),
            "meta": {"normalization": {"averageImage": np.zeros((1, 1, 3))}},
        }
        savemat(tmp_path / "net.mat", {"net": net})
        return read_matconvnet(tmp_path / "net.mat")

    read()
    own = layers[number].get("weights", matlab_cells())
    more = matlab_cells(*own.ravel(), *([np.ones(2)] * (1 if own.size != 2 or number == 0 else 2)))
    layers[number] = layers[number] | {"weights": more}
    with pytest.raises(PlaceprintError, match="not supported"):
        read()
    if number == 0:
        layers[0] = layers[0] | {"weights": convolution, "filters": convolution[0, 0]}
        with pytest.raises(PlaceprintError, match="both weights and filters or biases"):
            read()
