"""Tokyo 24/7 (Torii et al., CVPR 2015): 12 views of each of 6,332 panoramas, 315 photos from phones."""

from dataclasses import replace
from itertools import product
from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.streets.dbstruct_folder import StructFolder
from placeprint.datasets.place_dataset import PlaceDataset

BASES = (".", "tokyo247", "Tokyo247", "247_Tokyo_GSV_Perspective")
DATABASE = ("images", "database_gsv_vga", ".")
QUERIES = ("query", "queries", "247query_subset_v2", "247query_v3")
NESTED = ("247query_subset_v2/247query_subset_v2", "queries/247query_subset_v2", "queries/247query_v3")


def panorama(name: str) -> str:
    """The folder: `03814/...` holds one folder of 12 views for each panorama."""
    return name.rpartition("/")[0]


TOKYO247 = StructFolder(
    "tokyo247",
    {"test": "tokyo247"},
    [f"{base}/{name}" for base, name in product(BASES, DATABASE)],
    [f"{base}/{name}" for base, name in product(BASES, (*QUERIES, *NESTED))],
    54,
    panorama,
)


def _read(folder: Path, split: str) -> PlaceDataset:
    found = TOKYO247.read(folder, split)
    if not any(photo.path.parent.name == "247query_v3" for photo in found.queries):
        return found
    said = "queries are those of 247query_v3; the published numbers are for 247query_subset_v2"
    return replace(found, notes=[*found.notes, said])


LAYOUT = register(
    Layout(
        name="tokyo247",
        title="Tokyo 24/7",
        origin="Photos: data.ciirc.cvut.cz/public/projects/2015netVLAD/Tokyo247; list: netvlad_v100_datasets",
        splits=TOKYO247.splits,
        read=_read,
        published={"test": (75_984, 315)},
        guess=20,
    )
)
