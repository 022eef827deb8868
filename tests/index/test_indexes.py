"""Every registered index keeps the contract, by its short text."""

import numpy as np
import pytest
from index_conformance import check_contract

from placeprint.errors import PlaceprintError
from placeprint.index import INDEXES, make_index

SPECS = ["exact", "exact,metric=ip", "faiss", "faiss:IVF8,Flat", "faiss:HNSW16", "faiss:Flat,metric=ip"]


@pytest.mark.parametrize("spec", SPECS)
def test_it_keeps_the_contract(spec, tmp_path):
    if spec.startswith("faiss"):
        pytest.importorskip("faiss")
    check_contract(lambda dim: make_index(spec, dim), tmp_path / "index.npz")


def test_every_registered_index_is_tested():
    assert {spec.partition(":")[0].partition(",")[0] for spec in SPECS} == set(INDEXES)


def test_parameters_reach_faiss():
    pytest.importorskip("faiss")
    vectors = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    index = make_index("faiss:IVF20,Flat", 8)
    with pytest.raises(PlaceprintError, match="not been trained"):
        index.add(np.arange(400), vectors)
    index.train(vectors)
    index.add(np.arange(400), vectors)
    all_of_it = make_index("exact", 8)
    all_of_it.add(np.arange(400), vectors)
    expected = all_of_it.search(vectors, 5)[1]
    assert (index.search(vectors, 5, nprobe=20)[1] == expected).all()
    assert (index.search(vectors, 5, nprobe=1)[1] != expected).any()
    with pytest.raises(PlaceprintError, match="efSearch"):
        index.search(vectors, 5, efSearch=8)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("exac", "mean 'exact'"),
        ("exact,metric=cosine", "'cosine' is not l2 or ip"),
        ("exact,chunk=3", "no option 'chunk'"),
        ("faiss:Nonsense", "has no index"),
    ],
)
def test_mistakes_are_said(spec, said):
    with pytest.raises(PlaceprintError, match=said):
        make_index(spec, 8)
