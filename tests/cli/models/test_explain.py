"""`placeprint explain` as a user types it."""

import json

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from placeprint import descriptors
from placeprint.cli.models.explain import explain
from placeprint.descriptors import Lite0NetVLAD
from placeprint.errors import PhotoError, PlaceprintError
from placeprint.explain import explain_match
from placeprint.photos import load

app = typer.Typer()
app.command()(explain)


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two photos of which only the left halves are alike."""
    rng = np.random.default_rng(0)
    query = np.kron(rng.integers(0, 256, (8, 12, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    reference = query.copy()
    reference[:, 120:] = rng.integers(0, 256, (160, 120, 3))
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / "query.png", folder / "reference.png"]
    for path, pixels in zip(paths, (query, reference), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


def test_a_picture_and_the_hottest_regions(photos, tmp_path):
    done = run(*photos, "-o", tmp_path / "why.png")
    assert done.exit_code == 0, done.output
    assert "netvlad" in done.output
    assert f"Wrote {tmp_path / 'why.png'}" in done.output
    assert done.output.count("of what supports the match") >= 2
    with Image.open(tmp_path / "why.png") as picture:
        assert picture.size[0] == 640 + 8 + 640
        upper = np.array(picture)[:427, :640].astype(int)
    with Image.open(photos[0]) as photo:
        assert np.abs(upper - np.array(photo.resize((640, 427)))).mean() < 5
    signed = run(*photos, "-o", tmp_path / "signed.png", "--signed")
    assert signed.exit_code == 0
    assert (tmp_path / "signed.png").read_bytes() != (tmp_path / "why.png").read_bytes()


def test_json_says_how_alike_they_are_and_where(photos):
    said = json.loads(run(*photos, "--json").stdout)
    descriptor = Lite0NetVLAD.pretrained()
    vectors = descriptor.describe(photos)
    expected = explain_match(descriptor, *photos).photos
    assert said["similarity"] == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-5)
    assert said["distance"] == pytest.approx(float(np.linalg.norm(vectors[0] - vectors[1])), abs=1e-5)
    assert (said["descriptor"], said["method"]) == ("lite0-netvlad", "netvlad")
    for role, path, photo in zip(("query", "reference"), photos, expected, strict=True):
        assert said[role]["path"] == str(path)
        assert {name: said[role][name] for name in ("regions", "clusters")} == photo.to_dict()
        shares = [region["share"] for region in said[role]["regions"]]
        assert shares[0] > shares[-1] > 0
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1  # apart from one another, parts of what supports the match
        assert len(said[role]["clusters"]) == 5


def test_one_photo_is_explained_by_itself(photos, tmp_path):
    said = json.loads(run(photos[0], "-o", tmp_path / "one.png", "--json").stdout)
    assert said["similarity"] == pytest.approx(1.0, abs=1e-5)
    assert "reference" not in said
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size[0] == 640


class Colors:
    """Mean colors of the left and of the right half."""

    name, dim, fingerprint, recipe = "colors", 6, "0", {}

    def describe(self, photos):
        halves = [np.split(load(photo), [120], axis=1) for photo in photos]
        rows = np.array([[half.mean(axis=(0, 1)) for half in pair] for pair in halves]).reshape(-1, 6)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_another_descriptor_is_explained_by_occlusion(photos, monkeypatch):
    asked = []
    monkeypatch.setattr(descriptors, "open_descriptor", lambda source: asked.append(source) or Colors())
    said = json.loads(run(*photos, "--descriptor", "own.npz", "--json", "-q").stdout)
    assert asked == ["own.npz"]
    assert (said["descriptor"], said["method"]) == ("colors", "occlusion")
    done = run(*photos, "--descriptor", "own.npz", "--method", "netvlad")
    assert isinstance(done.exception, PlaceprintError)
    assert "Use the method occlusion" in str(done.exception)


def test_mistakes_are_named(photos, tmp_path):
    done = run(photos[0], tmp_path / "nowhere.jpg", "-o", tmp_path / "why.png")
    assert isinstance(done.exception, PhotoError)
    assert "nowhere.jpg: does not exist" in str(done.exception)
    assert not (tmp_path / "why.png").exists()
    done = run(*photos, "-o", tmp_path / "why.jpg")
    assert "Use a name ending in .png" in str(done.exception)
    assert "Example:" in run("--help").output
