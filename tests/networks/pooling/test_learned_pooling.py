"""CosPlace, Conv-AP, MixVPR, SALAD and BoQ, written out from their formulas."""

import math

import numpy as np
import pytest

from placeprint.errors import PlaceprintError

torch = pytest.importorskip("torch")
from placeprint.networks.pooling import SALAD, BoQ, ConvAP, CosPlace, MixVPR  # noqa: E402
from placeprint.networks.pooling.salad import transport  # noqa: E402

MAPS = np.random.default_rng(0).normal(size=(2, 6, 3, 4)).astype(np.float32)


def unit(x, axis=-1):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def run(layer, *inputs):
    with torch.no_grad():
        return layer.eval()(*(torch.from_numpy(x) for x in inputs)).numpy()


def randomized(layer):
    """No parameter at an initial value that would hide it."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return layer


def state(layer):
    return {name: value.double().numpy() for name, value in layer.state_dict().items()}


def shapes(layer):
    return {name: tuple(value.shape) for name, value in layer.state_dict().items()}


def norm(x, weight, bias):
    centered = x - x.mean(axis=-1, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def test_cosplace():
    layer = randomized(CosPlace(6, 5))
    s = state(layer)
    lengths = unit(MAPS, axis=1).astype(float)
    p = float(s["1.p"][0])
    pooled = (np.maximum(lengths, 1e-6) ** p).mean(axis=(2, 3)) ** (1 / p)
    expected = unit(pooled @ s["3.weight"].T + s["3.bias"])
    np.testing.assert_allclose(run(layer, MAPS), expected, atol=1e-5)
    assert CosPlace(6).state_dict()["1.p"].tolist() == [3.0]


def test_convap():
    layer = randomized(ConvAP(6, 5, (2, 3)))
    s = state(layer)
    mixed = np.einsum("oc,ncyx->noyx", s["channel_pool.weight"][:, :, 0, 0], MAPS)
    mixed = mixed + s["channel_pool.bias"][:, None, None]
    # Cells of an adaptive average begin at floor(i n / m) and end at ceil((i + 1) n / m).
    cells = [
        mixed[:, :, y:y_end, x:x_end].mean(axis=(2, 3))
        for y, y_end in ((0, 2), (1, 3))
        for x, x_end in ((0, 2), (1, 3), (2, 4))
    ]
    expected = unit(np.stack(cells, axis=2).reshape(2, -1))
    np.testing.assert_allclose(run(layer, MAPS), expected, atol=1e-5)


def test_mixvpr():
    layer = randomized(MixVPR(6, (3, 4), out_channels=5, out_rows=2, depth=3, ratio=2))
    s = state(layer)
    out = []
    for one in MAPS.astype(float):
        rows = one.reshape(6, 12)
        for block in range(3):
            weights = [s[f"mix.{block}.mix.{i}.{kind}"] for i in (0, 1, 3) for kind in ("weight", "bias")]
            gain, offset, w1, b1, w2, b2 = weights
            mixed = np.zeros_like(rows)
            for c, row in enumerate(rows):
                hidden = np.maximum(w1 @ norm(row, gain, offset) + b1, 0)
                mixed[c] = row + w2 @ hidden + b2
            rows = mixed
        z = np.zeros((5, 2))
        for o, r in np.ndindex(5, 2):
            channel = s["channel_proj.weight"][o] @ rows + s["channel_proj.bias"][o]
            z[o, r] = channel @ s["row_proj.weight"][r] + s["row_proj.bias"][r]
        out.append(unit(z.ravel()))
    np.testing.assert_allclose(run(layer, MAPS), np.stack(out), atol=1e-5)
    fresh = MixVPR(6, (5, 20), depth=1, out_channels=2).mix[0].mix
    assert float(fresh[1].weight.detach().std()) == pytest.approx(0.02, rel=0.1)
    assert not fresh[1].bias.any()
    with pytest.raises(PlaceprintError, match="3 × 4 positions, not 4 × 3"):
        layer(torch.zeros(1, 6, 4, 3))


def sinkhorn(scores, dust_bin, iterations):
    """Row and column scaling of exp(S), the textbook way."""
    clusters, positions = scores.shape
    p = np.exp(np.vstack([scores, np.full(positions, dust_bin)]))
    targets = [1.0] * clusters + [positions - clusters]
    if positions <= clusters:
        targets = [positions / (clusters + 1)] * (clusters + 1)
    for _ in range(iterations):
        for row, target in enumerate(targets):
            p[row] *= target / sum(p[row])
        for column in range(positions):
            p[:, column] /= sum(p[:, column])
    return p, targets


@pytest.mark.parametrize("positions", [1, 3, 4, 5, 9])
def test_transport_against_loops(positions):
    scores = np.random.default_rng(positions).normal(size=(2, 4, positions)) * 2
    for iterations in (3, 500):
        p = transport(torch.from_numpy(scores), torch.tensor(0.7), iterations).numpy()
        for one, s in zip(p, scores, strict=True):
            expected, targets = sinkhorn(s, np.float32(0.7), iterations)
            np.testing.assert_allclose(one, expected, rtol=1e-6)
            np.testing.assert_allclose(one.sum(axis=0), 1)
            if iterations == 500:
                np.testing.assert_allclose(one.sum(axis=1), targets, atol=1e-4)


def test_transport_survives_large_scores():
    scores = torch.tensor([[[300.0, -300.0, 5.0], [-300.0, 300.0, 0.0]]])
    p = transport(scores, torch.tensor(1.0))
    assert torch.isfinite(p).all()
    torch.testing.assert_close(p.sum(dim=1), torch.ones(1, 3))


def test_salad():
    layer = randomized(SALAD(6, 4, cluster_dim=3, token_dim=5))
    s = state(layer)
    token = np.random.default_rng(3).normal(size=(2, 6)).astype(np.float32)

    def perceptron(name, last, x):
        w1, w2 = (s[f"{name}.{i}.weight"].reshape(-1, s[f"{name}.{i}.weight"].shape[1]) for i in (0, last))
        return w2 @ np.maximum(w1 @ x + s[f"{name}.0.bias"], 0) + s[f"{name}.{last}.bias"]

    def expected(tokens):
        for one, t in zip(MAPS.astype(float), tokens, strict=True):
            columns = one.reshape(6, -1).T
            scores = np.stack([perceptron("score", 3, x) for x in columns], axis=1)
            p, _ = sinkhorn(scores, s["dust_bin"], 3)
            clusters = np.zeros((3, 4))
            for i, x in enumerate(columns):
                clusters += np.outer(perceptron("cluster_features", 3, x), p[:4, i])
            g = perceptron("token_features", 2, t)
            yield unit(np.concatenate([unit(g), unit(clusters, axis=0).ravel()]))

    np.testing.assert_allclose(run(layer, MAPS, token), np.stack(list(expected(token))), atol=1e-5)
    means = MAPS.mean(axis=(2, 3))
    np.testing.assert_allclose(run(layer, MAPS), np.stack(list(expected(means))), atol=1e-5)


def attention(s, name, heads, q, k):
    """softmax(Q Kᵀ / √d) V for each head, then the output projection."""
    side = q.shape[-1] // heads
    (wq, wk, wv), (bq, bk, bv) = (np.split(s[f"{name}.in_proj_{kind}"], 3) for kind in ("weight", "bias"))
    queries, keys, values = q @ wq.T + bq, k @ wk.T + bk, k @ wv.T + bv
    out = []
    for head in range(heads):
        part = slice(head * side, (head + 1) * side)
        logits = np.exp(queries[:, part] @ keys[:, part].T / math.sqrt(side))
        out.append(logits / logits.sum(axis=1, keepdims=True) @ values[:, part])
    return np.concatenate(out, axis=1) @ s[f"{name}.out_proj.weight"].T + s[f"{name}.out_proj.bias"]


def test_boq():
    layer = randomized(BoQ(6, 128, queries=5, blocks=2, out_rows=3))
    with torch.no_grad():
        layer.proj_c.weight.mul_(0.3)
    s = state(layer)
    out = []
    for one in MAPS.astype(float):
        padded = np.pad(one, ((0, 0), (1, 1), (1, 1)))
        x = np.zeros((12, 128))
        for position, (y, c) in enumerate(np.ndindex(3, 4)):
            seen = padded[:, y : y + 3, c : c + 3]
            x[position] = (s["proj_c.weight"] * seen).sum(axis=(1, 2, 3)) + s["proj_c.bias"]
        x = norm(x, s["norm_input.weight"], s["norm_input.bias"])
        answers = []
        for block in ("boqs.0", "boqs.1"):
            b = {name.removeprefix(f"{block}."): v for name, v in s.items() if name.startswith(block)}

            def normed(name, x, b=b):
                return norm(x, b[f"{name}.weight"], b[f"{name}.bias"])

            x = normed("encoder.norm1", x + attention(b, "encoder.self_attn", 2, x, x))
            hidden = np.maximum(x @ b["encoder.linear1.weight"].T + b["encoder.linear1.bias"], 0)
            x = normed(
                "encoder.norm2", x + hidden @ b["encoder.linear2.weight"].T + b["encoder.linear2.bias"]
            )
            q = b["queries"][0]
            q = normed("norm_q", q + attention(b, "self_attn", 2, q, q))
            answers.append(normed("norm_out", attention(b, "cross_attn", 2, q, x)))
        rows = s["fc.weight"] @ np.concatenate(answers) + s["fc.bias"][:, None]
        out.append(unit(rows.T.ravel()))
    np.testing.assert_allclose(run(layer, MAPS), np.stack(out), atol=1e-5)


def test_states_have_the_published_names_and_shapes():
    with torch.device("meta"):
        cosplace, convap, mixvpr = CosPlace(2048, 2048), ConvAP(2048, 1024), MixVPR()
        salad, boq = SALAD(), BoQ()
        assert [layer.out_dim for layer in (cosplace, convap, mixvpr, salad, boq)] == [
            2048,
            4096,
            4096,
            8448,
            16384,
        ]
        assert BoQ(768, 384).out_dim == 12288
    assert shapes(cosplace) == {"1.p": (1,), "3.weight": (2048, 2048), "3.bias": (2048,)}
    assert shapes(convap) == {"channel_pool.weight": (1024, 2048, 1, 1), "channel_pool.bias": (1024,)}
    mixers = {}
    for i in range(4):
        mixers |= {f"mix.{i}.mix.0.{kind}": (400,) for kind in ("weight", "bias")}
        for j in (1, 3):
            mixers |= {f"mix.{i}.mix.{j}.weight": (400, 400), f"mix.{i}.mix.{j}.bias": (400,)}
    assert shapes(mixvpr) == mixers | {
        "channel_proj.weight": (1024, 1024),
        "channel_proj.bias": (1024,),
        "row_proj.weight": (4, 400),
        "row_proj.bias": (4,),
    }
    assert shapes(salad) == {
        "dust_bin": (),
        "token_features.0.weight": (512, 768),
        "token_features.0.bias": (512,),
        "token_features.2.weight": (256, 512),
        "token_features.2.bias": (256,),
        "cluster_features.0.weight": (512, 768, 1, 1),
        "cluster_features.0.bias": (512,),
        "cluster_features.3.weight": (128, 512, 1, 1),
        "cluster_features.3.bias": (128,),
        "score.0.weight": (512, 768, 1, 1),
        "score.0.bias": (512,),
        "score.3.weight": (64, 512, 1, 1),
        "score.3.bias": (64,),
    }
    block = {"queries": (1, 64, 512)}
    for part in ("encoder.self_attn", "self_attn", "cross_attn"):
        block |= {
            f"{part}.in_proj_weight": (1536, 512),
            f"{part}.in_proj_bias": (1536,),
            f"{part}.out_proj.weight": (512, 512),
            f"{part}.out_proj.bias": (512,),
        }
    for part in ("encoder.norm1", "encoder.norm2", "norm_q", "norm_out"):
        block |= {f"{part}.weight": (512,), f"{part}.bias": (512,)}
    block |= {
        "encoder.linear1.weight": (2048, 512),
        "encoder.linear1.bias": (2048,),
        "encoder.linear2.weight": (512, 2048),
        "encoder.linear2.bias": (512,),
    }
    assert shapes(boq) == {f"boqs.{i}.{name}": shape for i in range(2) for name, shape in block.items()} | {
        "proj_c.weight": (512, 1024, 3, 3),
        "proj_c.bias": (512,),
        "norm_input.weight": (512,),
        "norm_input.bias": (512,),
        "fc.weight": (32, 128),
        "fc.bias": (32,),
    }
    assert boq.boqs[0].cross_attn.num_heads == 8
