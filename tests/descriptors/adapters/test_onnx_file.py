import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from descriptor_conformance import check_card, check_descriptor, scenes
from onnx import TensorProto, helper, numpy_helper

from placeprint.descriptors import open_descriptor
from placeprint.errors import FormatError, PlaceprintError
from placeprint.photos import load, resize

KERNEL = np.random.default_rng(0).normal(size=(5, 3, 4, 4)).astype(np.float32)
FLOAT16, UINT8 = TensorProto.FLOAT16, TensorProto.UINT8


def write(path, layout="nchw", dtype=TensorProto.FLOAT, sides=("h", "w"), metadata=None, tail="vector"):
    """A convolution and the mean of its map; `tail` breaks the output on purpose."""
    shape = ["n", 3, *sides] if layout == "nchw" else ["n", *sides, 3]
    images = helper.make_tensor_value_info("images", dtype, shape)
    nodes, x = [], "images"
    if dtype != TensorProto.FLOAT:
        nodes, x = [helper.make_node("Cast", [x], ["floats"], to=1)], "floats"
    if layout == "nhwc":
        nodes.append(helper.make_node("Transpose", [x], ["nchw"], perm=[0, 3, 1, 2]))
        x = "nchw"
    nodes.append(helper.make_node("Conv", [x, "kernel"], ["map"], strides=[4, 4]))
    out = ["n", 5]
    if tail == "map":
        nodes[-1].output[0], out = "out", ["n", 5, "r", "c"]
    elif tail == "nan":
        nodes.append(helper.make_node("GlobalAveragePool", ["map"], ["m"]))
        nodes += [helper.make_node("Flatten", ["m"], ["f"]), helper.make_node("Sqrt", ["f"], ["out"])]
    else:
        nodes.append(helper.make_node("GlobalAveragePool", ["map"], ["out"]))
        out = ["n", 5, 1, 1]
    kernel = numpy_helper.from_array(KERNEL, "kernel")
    given = [images]
    output = helper.make_tensor_value_info("out", TensorProto.FLOAT, out)
    graph = helper.make_graph(nodes, "g", given, [output], [kernel])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is not None:
        helper.set_model_props(model, {"placeprint": metadata})
    onnx.save(model, path)
    return path


def expected(photo, rule="area:480", divisor=None, change=None):
    """The same by loops over the positions."""
    x = resize(load(photo), rule, divisor).astype(np.float64)
    if change is not None:
        x = change(x)
    total = np.zeros(5)
    rows, columns = x.shape[0] // 4, x.shape[1] // 4
    for i in range(rows):
        for j in range(columns):
            patch = x[4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
            total += np.einsum("kchw,hwc->k", KERNEL.astype(np.float64), patch)
    return total / np.linalg.norm(total)


def imagenet(x):
    return (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_it_conforms_with_defaults(tmp_path, layout):
    descriptor = open_descriptor(f"onnx:{write(tmp_path / 'net.onnx', layout)}")
    check_descriptor(descriptor, tmp_path)
    check_card(descriptor)
    assert (descriptor.name, descriptor.dim) == ("net", 5)
    assert descriptor.recipe | {"model": "", "runtime": ""} == {
        "runtime": "",
        "model": "",
        "input": "area:480",
        "divisor": 16,
        "pixels": {
            "scale": 255.0,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "order": "RGB",
        },
        "layout": layout,
        "dtype": "float32",
        "dim": 5,
    }
    photo = scenes()[3]
    np.testing.assert_allclose(descriptor.describe([photo])[0], expected(photo, change=imagenet), atol=1e-5)


def test_what_the_model_tells_and_what_is_stated(tmp_path):
    photo = scenes()[1]
    fixed = open_descriptor(f"onnx:{write(tmp_path / 'fixed.onnx', 'nhwc', UINT8, (40, 72))}")
    assert fixed.recipe["input"] == "exact:72x40"
    assert fixed.recipe["pixels"] == "RGB"
    np.testing.assert_allclose(fixed.describe([photo])[0], expected(photo, "exact:72x40"), atol=1e-5)

    said = {
        "size": "shortest:48",
        "divisor": 8,
        "scale": 1,
        "mean": [9, 8, 7],
        "std": [2, 2, 4],
        "order": "BGR",
    }
    metadata = json.dumps(said | {"license": "MIT", "name": "town", "training": "Town 9"})
    stated = write(tmp_path / "stated.onnx", dtype=FLOAT16, metadata=metadata)
    descriptor = open_descriptor(f"onnx:{stated}")
    assert (descriptor.name, descriptor.license) == ("town", "MIT")
    assert descriptor.recipe["dtype"] == "float16"
    wanted = expected(photo, "shortest:48", 8, lambda x: (x[:, :, ::-1] - [9, 8, 7]) / [2, 2, 4])
    np.testing.assert_allclose(descriptor.describe([photo])[0], wanted, atol=2e-3)

    (tmp_path / "stated.json").write_text(json.dumps({"size": "exact:32x32"}))
    beside = open_descriptor(f"onnx:{stated}")
    assert beside.name == "stated"
    assert beside.recipe["input"] == "exact:32x32"
    assert beside.fingerprint != descriptor.fingerprint


def test_weights_in_a_file_beside_are_taken_in(tmp_path):
    path = write(tmp_path / "net.onnx")
    alone = open_descriptor(f"onnx:{path}")
    model = onnx.load(path)
    far = tmp_path / "far" / "net.onnx"
    far.parent.mkdir()
    onnx.save(model, far, save_as_external_data=True, location="net.data", size_threshold=0)
    assert (far.parent / "net.data").is_file()
    beside = open_descriptor(f"onnx:{far}")
    beside.save(tmp_path / "saved.npz")
    (far.parent / "net.data").rename(tmp_path / "gone")
    again = open_descriptor(tmp_path / "saved.npz")
    np.testing.assert_array_equal(again.describe(scenes()), alone.describe(scenes()))
    with pytest.raises(FormatError, match="not a complete ONNX model"):
        open_descriptor(f"onnx:{far}")


def test_the_fingerprint_covers_model_and_card_but_not_what_is_said(tmp_path):
    path = write(tmp_path / "net.onnx")
    prints = {open_descriptor(f"onnx:{path}").fingerprint}
    for change in ({"size": "area:64"}, {"scale": 1.0}, {"order": "BGR"}, {"divisor": 8}, {"std": [1, 1, 1]}):
        path.with_suffix(".json").write_text(json.dumps(change))
        prints.add(open_descriptor(f"onnx:{path}").fingerprint)
    assert len(prints) == 6
    path.with_suffix(".json").write_text(json.dumps({"license": "MIT", "name": "n", "training": "t"}))
    prints.add(open_descriptor(f"onnx:{path}").fingerprint)
    assert len(prints) == 6
    path.with_suffix(".json").write_text(json.dumps({"licence": "MIT"}))  # as the first version spelled it
    assert open_descriptor(f"onnx:{path}").license == "MIT"
    content = path.read_bytes()
    value = KERNEL[2, 1, 0, 3].tobytes()
    assert content.count(value) == 1
    path.write_bytes(content.replace(value, np.float32(KERNEL[2, 1, 0, 3] + 1e-3).tobytes()))
    prints.add(open_descriptor(f"onnx:{path}").fingerprint)
    assert len(prints) == 7


def test_mistakes_are_said_plainly(tmp_path):
    path = write(tmp_path / "net.onnx")
    for text in ("{", '{"color": 1}', "[1]", '{"layout": "hwc"}'):
        path.with_suffix(".json").write_text(text)
        with pytest.raises(FormatError, match=r"net\.json does not say how photos are read"):
            open_descriptor(f"onnx:{path}")
    path.with_suffix(".json").write_text('{"size": "huge"}')
    with pytest.raises(PlaceprintError, match="not a resize rule"):
        open_descriptor(f"onnx:{path}").describe(scenes())
    path.with_suffix(".json").write_text('{"layout": "nhwc"}')
    with pytest.raises(PlaceprintError, match="does not accept photos as nhwc"):
        open_descriptor(f"onnx:{path}").describe(scenes())
    with pytest.raises(PlaceprintError, match=r"returns \(5, \d+, \d+\) per photo"):
        open_descriptor(f"onnx:{write(tmp_path / 'map.onnx', tail='map')}").describe(scenes())
    with pytest.raises(PlaceprintError, match="nan returns numbers that are not finite"):
        open_descriptor(f"onnx:{write(tmp_path / 'nan.onnx', tail='nan')}").describe(scenes())
    path.with_suffix(".json").unlink()
    with pytest.raises(PlaceprintError, match=r"net has no option precision"):
        open_descriptor(f"onnx:{path}#precision=bfloat16")
    with pytest.raises(PlaceprintError, match=r"first 3 dimensions of .* are not the most important"):
        open_descriptor(f"onnx:{path}@3")
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match=r"cut\.onnx"):
        open_descriptor(f"onnx:{cut}")
    with pytest.raises(FormatError, match="is not a file"):
        open_descriptor("onnx:absent.onnx")


def test_torch_is_not_needed(tmp_path):
    path = write(tmp_path / "net.onnx")
    code = (
        "import sys; sys.modules['torch'] = None; import numpy as np;"
        "from placeprint.descriptors import open_descriptor;"
        f"d = open_descriptor('onnx:{path}');"
        "assert d.describe([np.zeros((64, 64, 3), np.uint8)]).shape == (1, 5)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
