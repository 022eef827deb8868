"""A pipeline as one line of text."""

import shlex

import pytest

from placeprint.errors import PlaceprintError
from placeprint.rerank import Geometry
from placeprint.retrieval import PipelineSpec, parse_pipeline


@pytest.mark.parametrize(
    "text",
    [
        "lite0-netvlad",
        "lite0-netvlad@256+geometry:20",
        "rootsift-vlad+exact,metric=ip+k-reciprocal:50,preset=openibl+geometry:10,weight=0.2",
        "hub:OWNER/REPO:ENTRY:pretrained=True,dim=4#size=area:480@128+geometry:5",
        "onnx:nets/town.onnx+faiss:IVF64,Flat+geometry:30",
        "+geometry:20",
    ],
)
def test_text_comes_back_and_needs_no_quoting(text):
    spec = parse_pipeline(text)
    assert str(spec) == text
    assert parse_pipeline(str(spec)) == spec
    assert shlex.quote(text) == text or "#" in text  # a word with a # inside is no comment
    assert shlex.split(f"build {text}", comments=False) == ["build", text]


def test_parts():
    spec = parse_pipeline("city.npz+faiss:HNSW32+geometry:20")
    assert (spec.descriptor, spec.index, spec.rerankers) == ("city.npz", "faiss:HNSW32", (Geometry(20),))
    assert spec.needs == {"local"}
    assert spec.stages == "+faiss:HNSW32+geometry:20"
    assert PipelineSpec.of("city.npz", "faiss:HNSW32", "geometry:20") == spec
    assert parse_pipeline("x+exact").stages == ""  # exact search is what there is without a word


def test_a_file_with_a_plus_in_its_name_is_taken_whole(tmp_path):
    (tmp_path / "a+b.npz").touch()
    spec = parse_pipeline(f"{tmp_path}/a+b.npz+geometry:7")
    assert (spec.descriptor, spec.rerankers) == (f"{tmp_path}/a+b.npz", (Geometry(7),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lite0-netvlad+magic", "'magic' is neither an index"),
        ("lite0-netvlad+geometry:x", "'x' is not int"),
        ("lite0-netvlad+geometry:5,speed=9", "no option 'speed'"),
        ("lite0-netvlad+geometry+exact", "must come right after"),
        ("lite0-netvlad+exact+faiss", "must come right after"),
        ("lite0-netvlad+", "'' is neither"),
    ],
)
def test_mistakes_are_said(text, said):
    with pytest.raises(PlaceprintError, match=said):
        parse_pipeline(text)
