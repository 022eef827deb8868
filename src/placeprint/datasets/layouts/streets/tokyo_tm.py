"""Tokyo Time Machine (Arandjelović et al., CVPR 2016): street views of a place from several years.

Queries come from the same panoramas; an answer with the query's own time stamp proves nothing.
"""

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.streets.dbstruct_folder import StructFolder

PHOTOS = ("images", "TokyoTM/images", "tokyoTM/images", "tokyoTimeMachine/images", "TokyoTM", "tokyoTM", ".")


def panorama(name: str) -> str:
    """The folder: `h1/<panorama>/_200909/...` holds the 12 views of one panorama at one time."""
    return name.rpartition("/")[0]


TOKYO_TM = StructFolder(
    "tokyo-tm",
    {split: f"tokyoTM_{split}" for split in ("train", "val")},
    PHOTOS,
    PHOTOS,
    54,
    panorama,
    panorama,
)
LAYOUT = register(
    Layout(
        name="tokyo-tm",
        title="Tokyo Time Machine",
        origin="On request from the authors of NetVLAD; lists: netvlad_v100_datasets",
        splits=TOKYO_TM.splits,
        read=TOKYO_TM.read,
        published={"train": (49_104, 7_277), "val": (49_056, 7_186)},
        guess=30,
    )
)
