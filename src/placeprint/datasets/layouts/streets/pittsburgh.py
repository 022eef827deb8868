"""Pittsburgh 30k and 250k (Torii et al., CVPR 2013; splits of Arandjelović et al., CVPR 2016)."""

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.streets.dbstruct_folder import StructFolder

ZONE = 17
DATABASE = ("images", ".", "Pittsburgh/images", "Pittsburgh")
QUERIES = ("queries_real", "queries", "Pittsburgh/queries_real", "Pittsburgh/queries")
ORIGIN = "Photos: data.ciirc.cvut.cz/public/projects/2015netVLAD/Pittsburgh250k; lists: netvlad_v100_datasets"


def panorama(name: str) -> str:
    """`000/000000` from `000/000000_pitch1_yaw1.jpg`: 24 views, with 2 pitches and 12 yaws."""
    return name.partition("_")[0]


def query_panorama(name: str) -> str:
    """Queries were taken years later: the same number does not mean the same panorama."""
    return f"queries/{panorama(name)}"


def _folder(size: str) -> StructFolder:
    return StructFolder(
        f"pitts{size}",
        {split: f"pitts{size}_{split}" for split in ("train", "val", "test")},
        DATABASE,
        QUERIES,
        ZONE,
        panorama,
        query_panorama,
    )


PITTS30K, PITTS250K = _folder("30k"), _folder("250k")
LAYOUTS = (
    register(
        Layout(
            name="pitts30k",
            title="Pittsburgh 30k",
            origin=ORIGIN,
            splits=PITTS30K.splits,
            read=PITTS30K.read,
            published={"train": (10_000, 7_416), "val": (10_000, 7_608), "test": (10_000, 6_816)},
            guess=10,
        )
    ),
    register(
        Layout(
            name="pitts250k",
            title="Pittsburgh 250k",
            origin=ORIGIN,
            splits=PITTS250K.splits,
            read=PITTS250K.read,
            published={"train": (91_464, 7_824), "val": (78_648, 7_608), "test": (83_952, 8_280)},
            guess=11,
        )
    ),
)
