"""San Francisco Landmarks: buildings by carto id, reference poses in UTM, names that carry a position."""

from pathlib import Path

import numpy as np
import pytest

from placeprint.datasets.layouts.streets.san_francisco import LAYOUTS
from placeprint.errors import FormatError, PlaceprintError
from placeprint.geo import GeoPoint, point_to_utm

LAYOUT = LAYOUTS[0]
QUERIES = "BuildingQueryImagesCartoIDCorrected-Upright"
NAMES = [
    "00011000_00012000/PCI_sp_11841_37.789727_-122.386935_937762214_0_727224067_246.264_-37.8198.jpg",
    "00011000_00012000/PCI_sp_11841_37.789727_-122.386935_937762214_1_671172717_-6.264_12.5.jpg",
    "00012000_00013000/PCI_sp_12000_37.789900_-122.387000_937762215_0_727224067_0_0.jpg",
]
EAST, NORTH = point_to_utm(GeoPoint(37.789727, -122.386935))[:2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    others = [
        "00011000_00012000/PFI_sp_11841_37.789727_-122.386935_937762214_0_727224067_246.264_-37.8198.jpg",
        "00011000_00012000/PCI_sp_11841_37.7_-122.3_1_0_727224067_246.264.jpg",
        "00011000_00012000/PCI_sp_11841_97.7_-122.3_1_0_727224067_246.264_1.jpg",
        f"{QUERIES}/0000.jpg", f"{QUERIES}/0001.jpg", f"{QUERIES}/0003.jpg",
    ]  # fmt: skip
    for name in reversed(NAMES + others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / QUERIES / "0000.gps").write_text("37.78 -122.39\n")
    (tmp_path / QUERIES / "0001.gps").write_text("unknown\n")
    return tmp_path


def test_landmarks(folder: Path) -> None:
    assert LAYOUT.splits(folder) == ()
    truth = folder / "Evaluation_Package" / "cartoid_groundTruth.txt"
    truth.parent.mkdir()
    truth.write_text(
        "0000 671172717\n0001 727224067 x671172717 12\n\n0003 727224067 671172717 727224067\n727224067 12\n"
    )
    assert LAYOUT.splits(folder) == ("landmarks",)
    found = LAYOUT.read(folder, "landmarks")
    assert found.name == "san-francisco/landmarks"
    assert [photo.path for photo in found.database] == [folder / name for name in NAMES]
    assert [photo.path.name for photo in found.queries] == [
        "0000.jpg",
        "0001.jpg",
        "0003.jpg",
        "727224067.jpg",
    ]
    assert all(photo.path.exists() for photo in list(found.queries)[:3])
    assert [rows.tolist() for rows in found.listed["positive"]] == [[1], [0, 2], [0, 1, 2], []]
    assert found.listed["positive"][0].dtype == np.int64
    assert [photo.point for photo in found.queries] == [GeoPoint(37.78, -122.39), None, None, None]
    first, second, third = found.database
    assert (first.point, first.heading, first.panorama) == (
        GeoPoint(37.789727, -122.386935),
        246.264,
        "11841",
    )
    assert (second.heading, third.panorama) == (pytest.approx(353.736), "12000")
    assert found.database.labels is not None
    assert found.database.labels.tolist() == ["727224067", "671172717", "727224067"]
    assert found.notes == ["2 photos left out: their names are not of the form PCI_sp_..."]
    assert found.database.meters is None


def test_the_corrected_list_is_preferred(folder: Path) -> None:
    (folder / "cartoid_groundTruth.txt").write_text("0000 1\n")
    (folder / "cartoid_groundTruth_2014_04.txt").write_text("0000 671172717\n0001 1\n")
    found = LAYOUT.read(folder, "landmarks")
    assert [rows.tolist() for rows in found.listed["positive"]] == [[1], []]


def test_poses(folder: Path) -> None:
    """A query 25 m from the first place, within a micrometer; the photo of the other place is 20 m off it."""
    lines = '# ["0 <image name> <1x4 quaternion> <1x3 camera position>"] x 2 images. \n'
    for name, east in (("0003", EAST + 24.999), ("0000", EAST + 25.001)):
        lines += f"0 {name} 0.5 0.5 0.5 0.5 {east:.16f} {NORTH:.16f} 31.5\n"
    (folder / "reference_poses_598").mkdir()
    (folder / "reference_poses_598" / "reference_poses_addTM_all_598.txt").write_text(lines)
    assert LAYOUT.splits(folder) == ("poses",)
    found = LAYOUT.read(folder, "poses")
    assert found.name == "san-francisco/poses"
    assert [photo.path for photo in found.queries] == [
        folder / QUERIES / f"{n}.jpg" for n in ("0003", "0000")
    ]
    assert found.database.meters is not None
    assert found.queries.meters is not None
    assert found.database.meters[0] == pytest.approx([EAST, NORTH], abs=1e-9)
    assert found.queries.meters[1].tolist() == [EAST + 25.001, NORTH]
    for photo, place in zip(found.queries, found.queries.meters, strict=True):
        assert photo.point is not None
        assert point_to_utm(photo.point)[:2] == pytest.approx(place, abs=1e-3)
    assert [rows.tolist() for rows in found.within(25.0)] == [[0, 1], []]


def test_errors_name_the_file(folder: Path) -> None:
    with pytest.raises(PlaceprintError, match="none of reference_poses_addTM_all_598"):
        LAYOUT.read(folder, "poses")
    with pytest.raises(PlaceprintError, match=r"none of 'train' is there\. Splits: landmarks, poses"):
        LAYOUT.read(folder, "train")
    for content in ("0 0003 0.5\n", "0 0003 1 2 3 4 east north 5\n", "0 0003 1 2 3 4 nan 1 5\n"):
        (folder / "reference_poses_addTM_all_598.txt").write_text(content)
        with pytest.raises(FormatError, match=r"reference_poses_addTM_all_598\.txt: "):
            LAYOUT.read(folder, "poses")
    for name in NAMES:
        (folder / name).unlink()
    with pytest.raises(PlaceprintError, match=r"no photos PCI_sp_\*\.jpg"):
        LAYOUT.read(folder, "poses")
