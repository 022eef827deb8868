"""Stanford Online Products (Oh Song et al., CVPR 2016): half the products are unseen in training."""

from pathlib import Path

from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.classes.labeled import labeled, require
from placeprint.datasets.layouts.own.photo_folder import is_file
from placeprint.datasets.layouts.own.text_list import AGAIN, fields
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError

HEADER = ["image_id", "class_id", "super_class_id", "path"]


def _splits(folder: Path) -> tuple[str, ...]:
    return tuple(split for split in ("train", "test") if is_file(folder / f"Ebay_{split}.txt"))


def _read(folder: Path, split: str) -> PlaceDataset:
    require(split, _splits(folder), folder)
    file = folder / f"Ebay_{split}.txt"
    header, *rows = fields(file, 4) or [[]]
    if header != HEADER:
        raise FormatError(f"{file}: its first line is not {' '.join(HEADER)!r}", AGAIN)
    return labeled(f"online-products/{split}", [folder / row[3] for row in rows], [row[1] for row in rows])


LAYOUT = register(
    Layout(
        name="online-products",
        title="Stanford Online Products",
        origin="cvgl.stanford.edu/projects/lifted_struct: Stanford_Online_Products.zip",
        splits=_splits,
        read=_read,
        published={"train": (59_551, 59_551), "test": (60_502, 60_502)},
        guess=220,
    )
)
