import dataclasses
import sys
import threading

import numpy as np
import pytest

from placeprint.errors import MissingExtraError, PhotoError, PlaceprintError
from placeprint.photos import load, resize

torch = pytest.importorskip("torch")
from dataclasses import replace  # noqa: E402

from descriptor_conformance import check_card, check_descriptor, scene, scenes  # noqa: E402
from small_networks import Mean, architecture, small_descriptor  # noqa: E402

from placeprint.descriptors import describe_with, descriptor_of  # noqa: E402
from placeprint.descriptors.network.descriptor import HELD, size_batches  # noqa: E402
from placeprint.descriptors.network.weights import arrays_of  # noqa: E402
from placeprint.descriptors.network.whitened import truncated  # noqa: E402
from placeprint.networks.backbones import LITE0_PIXELS, Preprocessing  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("saved", ["saved.npz", "folder", "gem_pca8.town"])
def test_a_network_of_ours_conforms(tmp_path, saved):
    descriptor = small_descriptor()
    check_descriptor(descriptor, tmp_path, saved)
    check_card(descriptor)


@pytest.mark.parametrize("rule", ["none", "exact:61x47", "shortest:48", "fit:64x64"])
def test_the_oracle_is_one_photo_after_the_other(rule):
    descriptor = small_descriptor(size_rule=rule, pooling="netvlad", clusters=3)
    network, divisor = descriptor.network, descriptor.network.backbone.divisor
    assert divisor == 4
    keeps = rule == "none" or rule.startswith("exact")
    expected = []
    for photo in scenes():
        pixels = resize(load(photo), rule, None if keeps else divisor)
        with torch.no_grad():
            expected.append(network(descriptor.card.preprocessing(pixels[None]))[0].numpy())
    np.testing.assert_allclose(descriptor.describe(scenes()), expected, atol=1e-5)
    assert descriptor.recipe["divisor"] == (1 if keeps else 4)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_batches_hold_each_photo_once_and_few_wait(batch):
    rng = np.random.default_rng(batch)
    photos = [np.full((side, 2, 3), i, np.uint8) for i, side in enumerate(rng.integers(1, 12, 80))]
    begun = 0

    def coming():
        nonlocal begun
        for begun, photo in enumerate(photos, 1):  # noqa: B007
            yield photo

    seen = []
    for numbers, pixels in size_batches(coming(), batch):
        assert 1 <= len(numbers) <= batch
        for number, image in zip(numbers, pixels, strict=True):
            np.testing.assert_array_equal(image, photos[number])
        seen += numbers
        assert begun - len(seen) <= HELD * batch
    assert sorted(seen) == list(range(80))


def test_equal_sizes_go_together():
    calls = []

    class Counting(Mean):
        def forward(self, images):
            calls.append(len(images))
            return super().forward(images)

    descriptor = describe_with(Counting(), "none", batch=3)
    assert descriptor.dim == 12
    calls.clear()
    descriptor.describe([scene(i, (32 + 16 * (i % 2), 48)) for i in range(10)])
    assert sorted(calls) == [2, 2, 3, 3]


def test_the_fingerprint_covers_every_number_and_the_recipe_and_nothing_else():
    descriptor = small_descriptor("netvlad", clusters=2)
    prints = {descriptor.fingerprint}
    count = 1
    for name, tensor in descriptor.network.state_dict().items():
        if tensor.numel():
            kept = tensor.clone()
            tensor.view(-1)[-1] += 1
            prints.add(dataclasses.replace(descriptor).fingerprint)
            tensor.copy_(kept)
            count += 1
            assert len(prints) == count, name
    for fields in (
        {"size_rule": "area:80"},
        {"size_rule": "exact:64x64"},
        {"divisor": 8},
        {"preprocessing": LITE0_PIXELS},
        {"preprocessing": Preprocessing(255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "BGR")},
        {"precision": "bfloat16"},
        {"architecture": architecture("netvlad", clusters=2, intra=False)},
    ):
        prints.add(descriptor.adjusted(**fields).fingerprint)
        count += 1
        assert len(prints) == count, fields
    said = {"name": "other", "license": "other", "training": "other", "source": "", "notes": ("x",)}
    said["whitening"] = {"photos": 3}
    assert descriptor.adjusted(**said).fingerprint == descriptor.fingerprint
    assert dataclasses.replace(descriptor, batch=1).fingerprint == descriptor.fingerprint
    pixels = descriptor.card.preprocessing
    whole = descriptor.adjusted(preprocessing=dataclasses.replace(pixels, scale=float(pixels.scale)))
    assert whole.fingerprint == descriptor.fingerprint


def test_weights_of_half_precision_count_too():
    module = Mean().bfloat16()
    plain = describe_with(module).card
    first = arrays_of(module)["convolution.weight"]
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, module.convolution.weight.detach().float().numpy())
    assert plain.recipe() == describe_with(Mean()).card.recipe()


def test_the_first_dimensions_are_of_unit_length_again():
    descriptor = small_descriptor()
    rows, short = descriptor.describe(scenes()), truncated(descriptor, 3)
    expected = rows[:, :3] / np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
    np.testing.assert_allclose(short.describe(scenes()), expected, atol=1e-5)
    assert (short.dim, short.card.architecture.whitening, short.recipe["dim"]) == (3, 3, 3)
    assert short.fingerprint != descriptor.fingerprint
    assert descriptor.dim == 8
    for dim in (0, 9):
        with pytest.raises(PlaceprintError, match=f"8 dimensions, not {dim}"):
            truncated(descriptor, dim)
    with pytest.raises(PlaceprintError, match="not whitened"):
        truncated(small_descriptor(whitening=None), 3)


def test_bfloat16_is_near_and_still_of_unit_length():
    descriptor = small_descriptor()
    rows = descriptor.describe(scenes())
    rough = descriptor.adjusted(precision="bfloat16").describe(scenes())
    np.testing.assert_allclose(np.linalg.norm(rough, axis=1), 1, atol=1e-5)
    assert (rough != rows).any()
    assert (rough * rows).sum(axis=1).min() > 0.98


def test_training_mode_is_left_and_stays_left():
    module = Mean().train()
    descriptor = describe_with(module, "none")
    rows = descriptor.describe(scenes())
    module.train()
    np.testing.assert_array_equal(descriptor.describe(scenes()), rows)
    assert not module.training
    assert module.norm.num_batches_tracked == 0


def test_from_many_threads_as_from_one():
    descriptor = small_descriptor()
    photos, found = scenes(), {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: descriptor.describe([photos[i]])[0]}))
        for i in range(len(photos))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose([found[i] for i in range(len(photos))], descriptor.describe(photos), atol=1e-5)


class Gives(torch.nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, images):
        return self.output(images.mean(dim=(2, 3)))


def test_odd_outputs():
    photos = scenes()
    tuples = describe_with(Gives(lambda x: (x, "attention")), "none").describe(photos)
    np.testing.assert_allclose(
        tuples, describe_with(Gives(lambda x: 7 * x), "none").describe(photos), atol=1e-6
    )
    huge = describe_with(Gives(lambda x: 1e30 * x), "none").describe(photos)
    np.testing.assert_allclose(huge, tuples, atol=1e-6)
    zeros = describe_with(Gives(lambda x: 0 * x), "none").describe(photos[:1])
    np.testing.assert_array_equal(zeros, [[1, 0, 0]])
    for output in (lambda x: x[:, :, None], lambda x: {"vector": x}, lambda x: x.long(), lambda x: ()):
        with pytest.raises(PlaceprintError, match="instead of one vector per photo"):
            describe_with(Gives(output), "none").describe(photos)
    with pytest.raises(PlaceprintError, match="instead of one vector per photo"):
        describe_with(Gives(lambda x: x[:1]), "exact:9x9", batch=2).describe(photos)
    for number in (float("nan"), float("inf")):
        with pytest.raises(PlaceprintError, match="Gives returns numbers that are not finite") as error:
            describe_with(Gives(lambda x, number=number: x + number), "none").describe(photos)
        assert not isinstance(error.value, PhotoError)  # which a map would pass over


def test_mistakes_are_said_plainly(tmp_path, monkeypatch):
    descriptor = small_descriptor()
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        descriptor.describe([*scenes(), broken])
    with pytest.raises(PlaceprintError, match="not a resize rule"):
        describe_with(Mean(), "huge:9")
    with pytest.raises(PlaceprintError, match="'gpu' is not a device"):
        describe_with(Mean(), device="gpu").describe(scenes())
    if not torch.cuda.is_available():
        with pytest.raises(PlaceprintError, match="no GPU"):
            describe_with(Mean(), device="cuda").describe(scenes())
    with pytest.raises(PlaceprintError, match="code of the running program and cannot be saved"):
        describe_with(Mean()).save(tmp_path / "mean.npz")
    assert describe_with(Mean()).license == "unknown: ask its authors"
    with pytest.raises(ValueError, match="batch must be at least 1, not 0"):
        describe_with(Mean(), batch=0)
    monkeypatch.setitem(sys.modules, "torch", None)
    from placeprint.descriptors import open_descriptor

    for source in ("lite0_gem", "hub:a/b:c", "timm:a", "transformers:a", str(tmp_path)):
        with pytest.raises(MissingExtraError, match=r"placeprint\[torch\]"):
            open_descriptor(source)


def test_published_networks_get_their_names():
    built = architecture("netvlad", 8, clusters=3)
    from placeprint.networks.backbones import OPENIBL

    descriptor = descriptor_of(built.build(), built, OPENIBL, "fit:640x480", "Pitts30k", ["converted"])
    assert descriptor.name == "lite0_netvlad3_pca8.pitts30k"
    assert descriptor.license == "CC-BY"
    assert descriptor.provenance == {
        "whitening": {"source": OPENIBL.source},
        "training": "Pitts30k",
        "learnt_from": [],
        "license": "CC-BY",
        "source": OPENIBL.source,
        "notes": ["converted"],
    }
    assert descriptor.recipe["pixels"]["mean"] == list(OPENIBL.preprocessing.mean)
    assert descriptor.recipe["network"]["pooling"] == {"name": "netvlad", "options": {"clusters": 3}}


def test_the_runtime_is_what_was_asked_for_from_the_first_photo_on(caplog):
    pytest.importorskip("onnxscript")
    caplog.set_level("INFO", "placeprint")
    eager, fastest = small_descriptor(), replace(small_descriptor(), runtime="fastest")
    many = [*scenes()] * 60
    expected, found = eager.describe(many), fastest.describe(many)
    assert [r.message for r in caplog.records if "runtime: " in r.message] == [caplog.records[0].message]
    assert eager._quickest is None
    assert "torch" not in fastest._quickest.name
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for descriptor, rows in ((eager, expected), (fastest, found)):  # to the bit, however many came before
        np.testing.assert_array_equal(descriptor.describe(scenes()), rows[: len(scenes())])
        np.testing.assert_array_equal(rows[-len(scenes()) :], rows[: len(scenes())])
    assert eager.fingerprint == fastest.fingerprint


def test_third_party_code_runs_in_eager_torch_alone():
    descriptor = replace(describe_with(Mean(), size="none"), runtime="fastest")
    with pytest.raises(PlaceprintError, match="third-party code, which runs in eager torch"):
        descriptor.describe(scenes())
