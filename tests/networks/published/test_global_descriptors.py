"""CosPlace, EigenPlaces, MixVPR, Conv-AP, BoQ, SALAD, MegaLoc."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from placeprint.errors import PlaceprintError  # noqa: E402
from placeprint.networks.backbones import Hypercolumn  # noqa: E402
from placeprint.networks.published import (  # noqa: E402
    dinov2,
    read_boq,
    read_convap,
    read_cosplace,
    read_megaloc,
    read_mixvpr,
    read_published,
    read_salad,
)

IMAGES = torch.Generator().manual_seed(1)


def under(prefix, tensors):
    return {f"{prefix}{name}": x for name, x in tensors.items()}


@pytest.mark.parametrize("prefix", ["", "module."])
def test_cosplace_and_eigenplaces(prefix, by_hand, write, images, tmp_path):
    tensors = by_hand.resnet18(2)
    weight, bias = by_hand.random(32, 128), by_hand.random(32, scale=0.1)
    named = under("backbone.", by_hand.numbered(tensors)) | {"aggregation.1.p": torch.tensor([3.4])}
    named |= {"aggregation.3.weight": weight, "aggregation.3.bias": bias}
    published = read_cosplace(write(tmp_path, under(prefix, named)))
    features = by_hand.resnet18_forward(tensors, images).numpy()
    pooled = by_hand.gem(features / np.linalg.norm(features, axis=1, keepdims=True), 3.4)
    by_hand.assert_same(published, by_hand.unit(pooled @ weight.numpy().T + bias.numpy()), images)
    assert published.architecture.pooling.options == {"out_dim": 32}


def test_cosplace_on_vgg16_ends_before_the_relu(vgg16, by_hand, write, images, tmp_path):
    weight, bias = by_hand.random(8, 512), torch.zeros(8)
    named = under("backbone.", vgg16) | {"aggregation.1.p": torch.tensor([3.0])}
    named |= {"aggregation.3.weight": weight, "aggregation.3.bias": bias}
    features = by_hand.vgg_forward(vgg16, images).numpy()
    pooled = by_hand.gem(features / np.linalg.norm(features, axis=1, keepdims=True), 3)
    published = read_published(write(tmp_path, named))
    by_hand.assert_same(published, by_hand.unit(pooled @ weight.numpy().T), images)


def mixvpr_layer(by_hand, side, channels, out=6, rows=2, depth=2, hidden=5):
    positions = side**2
    layer = {}
    for n in range(depth):
        layer |= {
            f"mix.{n}.mix.0.weight": 1 + by_hand.random(positions, seed=n, scale=0.1),
            f"mix.{n}.mix.0.bias": by_hand.random(positions, seed=n + 1, scale=0.1),
            f"mix.{n}.mix.1.weight": by_hand.random(hidden, positions, seed=n + 2, scale=0.5),
            f"mix.{n}.mix.1.bias": by_hand.random(hidden, seed=n + 3, scale=0.1),
            f"mix.{n}.mix.3.weight": by_hand.random(positions, hidden, seed=n + 4, scale=0.5),
            f"mix.{n}.mix.3.bias": by_hand.random(positions, seed=n + 5, scale=0.1),
        }
    for name, shape in (("channel_proj", (out, channels)), ("row_proj", (rows, positions))):
        layer |= {
            f"{name}.weight": by_hand.random(*shape),
            f"{name}.bias": by_hand.random(shape[0], scale=0.1),
        }
    return layer


def test_mixvpr(by_hand, write, tmp_path):
    tensors, layer = by_hand.resnet18(3), mixvpr_layer(by_hand, 3, 256)
    images = by_hand.random(2, 3, 48, 48)
    x = by_hand.resnet18_forward(tensors, images).flatten(2)
    for n in range(2):
        weights = [layer[f"mix.{n}.mix.{part}"] for part in ("0.weight", "0.bias", "1.weight", "1.bias")]
        hidden = F.linear(F.layer_norm(x, (9,), *weights[:2]), *weights[2:])
        x = x + F.linear(F.relu(hidden), layer[f"mix.{n}.mix.3.weight"], layer[f"mix.{n}.mix.3.bias"])
    x = torch.einsum("oc,ncl,rl->nor", layer["channel_proj.weight"], x, layer["row_proj.weight"])
    offset = layer["channel_proj.bias"][:, None] * layer["row_proj.weight"].sum(dim=1)
    x = (x + offset + layer["row_proj.bias"]).flatten(1).numpy()
    path = write(tmp_path, under("backbone.model.", tensors) | under("aggregator.", layer))
    published = read_mixvpr(path)
    with torch.no_grad():
        np.testing.assert_allclose(published.network(images), by_hand.unit(x), rtol=1e-3, atol=1e-4)
    assert published.size_rule == "exact:48x48"
    assert published.architecture.backbone.cut == "layer3"
    assert read_published(path).weights.source == "GSV-Cities"
    with pytest.raises(PlaceprintError, match=r"lacks aggregator\.channel_pool\.weight"):
        read_convap(path)
    odd = mixvpr_layer(by_hand, 3, 256) | {"mix.0.mix.1.weight": torch.zeros(5, 8)}
    with pytest.raises(PlaceprintError, match="8 positions, which is not a square number"):
        read_mixvpr(write(tmp_path, under("backbone.model.", tensors) | under("aggregator.", odd)))


def test_the_published_mixvpr_has_400_positions(by_hand, write, tmp_path):
    tensors, layer = by_hand.resnet18(3), mixvpr_layer(by_hand, 20, 256, hidden=400, depth=4)
    path = write(tmp_path, under("backbone.model.", tensors) | under("aggregator.", layer))
    published = read_mixvpr(path)
    assert published.size_rule == "exact:320x320"
    options = published.architecture.pooling.options
    assert options == {"out_channels": 6, "out_rows": 2, "depth": 4, "ratio": 1}
    assert published.network.pooling.size == (20, 20)


def test_convap(by_hand, write, images, tmp_path):
    tensors = by_hand.resnet18(2)
    weight, bias = by_hand.random(5, 128, 1, 1), by_hand.random(5, scale=0.1)
    layer = {"channel_pool.weight": weight, "channel_pool.bias": bias}
    path = write(tmp_path, under("backbone.model.", tensors) | under("aggregator.", layer))
    x = F.conv2d(by_hand.resnet18_forward(tensors, images), weight, bias).numpy()  # 6 × 8 positions
    cells = [x[:, :, r : r + 3, c : c + 4].mean(axis=(2, 3)) for r in (0, 3) for c in (0, 4)]
    by_hand.assert_same(read_convap(path), by_hand.unit(np.stack(cells, axis=2).reshape(2, -1)), images)
    assert read_published(path).size_rule == "exact:320x320"


def boq_layer(channels):
    """PyTorch's own layers under the published names."""
    torch.manual_seed(3)
    block = {
        "encoder": nn.TransformerEncoderLayer(64, 1, 256, dropout=0.0, batch_first=True),
        "self_attn": nn.MultiheadAttention(64, 1, batch_first=True),
        "norm_q": nn.LayerNorm(64),
        "cross_attn": nn.MultiheadAttention(64, 1, batch_first=True),
        "norm_out": nn.LayerNorm(64),
    }
    layer = nn.ModuleDict(
        {
            "proj_c": nn.Conv2d(channels, 64, 3, padding=1),
            "norm_input": nn.LayerNorm(64),
            "boqs": nn.ModuleList([nn.ModuleDict(block)]),
            "fc": nn.Linear(4, 3),
        }
    ).eval()
    return layer, dict(layer.state_dict()) | {"boqs.0.queries": torch.randn(1, 4, 64)}


def boq_forward(layer, queries, features):
    x = layer["norm_input"](layer["proj_c"](features).flatten(2).transpose(1, 2))
    block = layer["boqs"][0]
    x = block["encoder"](x)
    q = queries.repeat(len(x), 1, 1)
    q = block["norm_q"](q + block["self_attn"](q, q, q)[0])
    out = block["norm_out"](block["cross_attn"](q, x, x)[0])
    return layer["fc"](out.transpose(1, 2)).flatten(1).detach().numpy()


def test_boq_on_resnet(by_hand, write, images, tmp_path):
    tensors = by_hand.resnet18(3)
    layer, named = boq_layer(256)
    path = write(tmp_path, under("backbone.net.", by_hand.numbered(tensors)) | under("aggregator.", named))
    features = by_hand.resnet18_forward(tensors, images)
    expected = by_hand.unit(boq_forward(layer, named["boqs.0.queries"], features))
    by_hand.assert_same(read_boq(path), expected, images)
    assert read_published(path).size_rule == "exact:384x384"


def vit(blocks=2, width=64, side=2):
    """DINOv2's names, 64 channels a head, for images of 28 × 28 pixels."""
    generator = torch.Generator().manual_seed(2)

    def numbers(*shape, scale=0.1):
        return scale * torch.randn(shape, generator=generator)

    tensors = {
        "cls_token": numbers(1, 1, width),
        "mask_token": numbers(1, width),
        "pos_embed": numbers(1, 1 + side**2, width),
        "patch_embed.proj.weight": numbers(width, 3, 14, 14),
        "patch_embed.proj.bias": numbers(width),
        "norm.weight": 1 + numbers(width),
        "norm.bias": numbers(width),
    }
    for n in range(blocks):
        shapes = {"attn.qkv": (3 * width, width), "attn.proj": (width, width)}
        shapes |= {"mlp.fc1": (4 * width, width), "mlp.fc2": (width, 4 * width)}
        for name, shape in shapes.items():
            tensors |= {
                f"blocks.{n}.{name}.weight": numbers(*shape),
                f"blocks.{n}.{name}.bias": numbers(shape[0]),
            }
        for norm in ("norm1", "norm2"):
            tensors |= {
                f"blocks.{n}.{norm}.weight": 1 + numbers(width),
                f"blocks.{n}.{norm}.bias": numbers(width),
            }
        tensors |= {f"blocks.{n}.ls1.gamma": 1 + numbers(width), f"blocks.{n}.ls2.gamma": 1 + numbers(width)}
    return tensors


def vit_forward(tensors, images, last_norm=True):
    """The authors' architecture: (n, 1 + positions, width). Two heads of 32 would give other numbers."""
    patches = F.conv2d(
        images, tensors["patch_embed.proj.weight"], tensors["patch_embed.proj.bias"], stride=14
    )
    x = patches.flatten(2).transpose(1, 2)
    x = torch.cat([tensors["cls_token"].expand(len(x), -1, -1), x], dim=1) + tensors["pos_embed"]
    width = x.shape[2]

    def norm(x, name):
        return F.layer_norm(x, (width,), tensors[f"{name}.weight"], tensors[f"{name}.bias"], 1e-6)

    def linear(x, name):
        return F.linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    for at in sorted({name.rsplit(".norm1", 1)[0] for name in tensors if ".norm1." in name}):
        q, k, v = linear(norm(x, f"{at}.norm1"), f"{at}.attn.qkv").split(width, dim=2)
        attention = torch.softmax(q @ k.transpose(1, 2) / 64**0.5, dim=2) @ v
        x = x + tensors[f"{at}.ls1.gamma"] * linear(attention, f"{at}.attn.proj")
        hidden = F.gelu(linear(norm(x, f"{at}.norm2"), f"{at}.mlp.fc1"))
        x = x + tensors[f"{at}.ls2.gamma"] * linear(hidden, f"{at}.mlp.fc2")
    return norm(x, "norm") if last_norm else x


@pytest.fixture
def small_dinov2(monkeypatch):
    pytest.importorskip("transformers", reason="the extra `transformers` is not installed")
    monkeypatch.setitem(dinov2.FAMILY, (64, 2), "tiny")


def salad_layer(by_hand, clusters=3, dim=4, token=5):
    layer = {"dust_bin": torch.tensor(0.7)}
    for name, out in (("cluster_features", dim), ("score", clusters), ("token_features", token)):
        tail = () if name == "token_features" else (1, 1)
        last = 2 if name == "token_features" else 3
        for number, shape in ((0, (512, 64)), (last, (out, 512))):
            seed = len(layer)
            layer[f"{name}.{number}.weight"] = by_hand.random(*shape, *tail, seed=seed, scale=0.1)
            layer[f"{name}.{number}.bias"] = by_hand.random(shape[0], seed=seed, scale=0.1)
    return layer


def salad_forward(layer, tokens):
    """Sinkhorn's algorithm in plain numbers."""
    rows = []
    for token, *positions in tokens.double().numpy():
        x = np.array(positions)

        def perceptron(x, name, last=3):
            parts = [
                layer[f"{name}.{n}.{kind}"].double().numpy() for n in (0, last) for kind in ("weight", "bias")
            ]
            w1, b1, w2, b2 = (part.reshape(len(part), -1) for part in parts)
            return np.maximum(x @ w1.T + b1[:, 0], 0) @ w2.T + b2[:, 0]

        scores = np.vstack([perceptron(x, "score").T, np.full(len(x), float(layer["dust_bin"]))])
        mass = np.ones(len(scores))
        mass[-1] = len(x) - (len(scores) - 1)
        p = np.exp(scores)
        for _ in range(3):
            p *= (mass / p.sum(axis=1))[:, None]
            p /= p.sum(axis=0)
        clusters = perceptron(x, "cluster_features").T @ p[:-1].T  # dim × clusters
        clusters /= np.linalg.norm(clusters, axis=0)
        head = perceptron(token, "token_features", last=2)
        rows.append([*(head / np.linalg.norm(head)), *clusters.ravel()])
    return np.array(rows)


def test_salad(small_dinov2, by_hand, write, tmp_path):
    tensors, layer = vit(), salad_layer(by_hand)
    path = write(tmp_path, under("backbone.model.", tensors) | under("aggregator.", layer))
    images = by_hand.random(2, 3, 28, 28)
    published = read_salad(path)
    expected = by_hand.unit(salad_forward(layer, vit_forward(tensors, images)))
    by_hand.assert_same(published, expected, images)
    assert published.architecture.backbone.source == "tiny"
    assert "GPL-3.0" in read_published(path).weights.license


def test_megaloc_ends_with_a_linear_layer(small_dinov2, by_hand, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    tensors, layer = vit(), salad_layer(by_hand, dim=6)
    weight, bias = by_hand.random(11, 5 + 3 * 6), by_hand.random(11, scale=0.1)
    named = under("backbone.model.", tensors) | under("aggregator.agg.", layer)
    named |= {"aggregator.linear.weight": weight, "aggregator.linear.bias": bias}
    path = tmp_path / "model.safetensors"
    safetensors.save_file(named, path)
    images = by_hand.random(2, 3, 28, 28)
    pooled = by_hand.unit(salad_forward(layer, vit_forward(tensors, images)))
    expected = by_hand.unit(pooled @ weight.numpy().T + bias.numpy())
    by_hand.assert_same(read_megaloc(path), expected, images)
    assert read_published(path).weights.source == "MegaLoc"


@pytest.mark.parametrize("norm", [False, True])
def test_boq_on_dinov2_takes_the_map_before_the_last_norm(norm, small_dinov2, by_hand, write, tmp_path):
    tensors = vit()
    layer, named = boq_layer(64)
    images = by_hand.random(2, 3, 28, 28)
    tokens = vit_forward(tensors, images, last_norm=False)[:, 1:]
    features = tokens.transpose(1, 2).reshape(2, 64, 2, 2)
    expected = by_hand.unit(boq_forward(layer, named["boqs.0.queries"], features))
    kept = {name: x for name, x in tensors.items() if norm or not name.startswith("norm.")}
    published = read_boq(write(tmp_path, under("backbone.dino.", kept) | under("aggregator.", named)))
    by_hand.assert_same(published, expected, images)
    assert isinstance(published.network.backbone, Hypercolumn)
    assert published.network.backbone.backbone.weights == published.weights


def test_other_transformers_are_told_from_it(small_dinov2, by_hand, write, tmp_path):
    layer = under("aggregator.", salad_layer(by_hand))

    def read(tensors):
        return read_salad(write(tmp_path, under("backbone.model.", tensors) | layer))

    with pytest.raises(PlaceprintError, match="unsupported DINOv2, of 64 channels and 3 blocks"):
        read(vit(3))
    strange = {"register_tokens": torch.zeros(1, 4, 64), "blocks.0.mlp.w12.weight": torch.zeros(2, 64)}
    lacking = vit()
    del lacking["blocks.1.attn.proj.weight"]
    with pytest.raises(PlaceprintError) as caught:
        read(lacking | strange)
    assert (
        "not recognized; it lacks blocks.1.attn.proj.weight; it has unknown blocks.0.mlp.w12.weight, "
        "register_tokens. "
    ) in str(caught.value)
