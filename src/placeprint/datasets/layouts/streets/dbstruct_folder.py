"""A folder of photos listed by a dbStruct."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from placeprint.arrays import Float64
from placeprint.datasets.layout import Layout, register
from placeprint.datasets.layouts.own.listed_photos import holding, listing, present
from placeprint.datasets.layouts.streets.dbstruct import read_dbstruct
from placeprint.datasets.photo_set import PhotoSet
from placeprint.datasets.place_dataset import PlaceDataset
from placeprint.errors import FormatError, PlaceprintError
from placeprint.geo import GeoPoint, utm_to_points
from placeprint.photos import PhotoRecord

Panorama = Callable[[str], str | None]
"""From the path of a photo in the list to its panorama."""


def no_panorama(name: str) -> None:
    """For photos that belong to no panorama."""


@dataclass(frozen=True)
class StructFolder:
    """How the photos and `.mat` files of a data set are arranged in a folder.

    - `files`: {split: name of its .mat file without the extension}, in the folder or in `datasets/`.
    - `database`, `queries`: photo folders; the first that contains a listed name is used, or the very first
    if none does.
    - `zone`: the UTM zone, north of the equator. None: there are meters but no points.
    """

    name: str
    files: Mapping[str, str]
    database: Sequence[str]
    queries: Sequence[str]
    zone: int | None = None
    panorama: Panorama = no_panorama
    query_panorama: Panorama = no_panorama

    def splits(self, folder: Path) -> tuple[str, ...]:
        """See `Layout`."""
        return tuple(split for split, stem in self.files.items() if _struct_file(folder, stem))

    def read(self, folder: Path, split: str) -> PlaceDataset:
        """See `Layout`."""
        path = _struct_file(folder, self.files[split]) if split in self.files else None
        if path is None:
            raise PlaceprintError(
                f"{folder}: there is no {self.files.get(split, split)}.mat",
                f"Its splits: {', '.join(self.splits(folder)) or 'none'}",
            )
        return from_dbstruct(
            path,
            [folder / name for name in self.database],
            [folder / name for name in self.queries],
            zone=self.zone,
            panorama=self.panorama,
            query_panorama=self.query_panorama,
            name=f"{self.name}/{split}",
        )


def from_dbstruct(
    path: str | Path,
    database: Sequence[Path],
    queries: Sequence[Path],
    *,
    zone: int | None = None,
    northern: bool = True,
    panorama: Panorama = no_panorama,
    query_panorama: Panorama = no_panorama,
    name: str | None = None,
) -> PlaceDataset:
    """The data set listed by a dbStruct, in its order.

    The column `meters` holds the UTM coordinates as stored and `stamps` the time stamps; points are computed
    from the UTM zone. `database`, `queries`: folders that may contain the photos, the likeliest first. If a
    photo exists only with another extension (.png for .jpg), that one is used, and `notes` say so.

    Raises FormatError as `read_dbstruct` does, and for positions outside the zone.
    """
    path = Path(path)
    struct = read_dbstruct(path)
    try:
        stored = PhotoSet(
            _records(struct.database, database, _points(struct.database_utm, zone, northern), panorama),
            meters=struct.database_utm,
            stamps=struct.database_stamps,
        )
        asked = PhotoSet(
            _records(struct.queries, queries, _points(struct.query_utm, zone, northern), query_panorama),
            meters=struct.query_utm,
            stamps=struct.query_stamps,
        )
    except ValueError as error:
        raise FormatError(f"{path}: {error}", "Check the UTM zone, or download the file again") from error
    pairs = zip([*stored, *asked], [*struct.database, *struct.queries], strict=True)
    other = sum(not listed.endswith(photo.path.suffix) for photo, listed in pairs)
    notes = [f"{other} photos have another extension than in {path.name}"] if other else []
    return PlaceDataset(name or path.stem, stored, asked, notes=notes)


def _records(
    names: Sequence[str], folders: Sequence[Path], points: Sequence[GeoPoint | None], panorama: Panorama
) -> list[PhotoRecord]:
    paths = present(holding(folders, names), names)
    rows = zip(names, paths, points, strict=True)
    return [PhotoRecord(path, point, panorama=panorama(name)) for name, path, point in rows]


def _points(utm: Float64, zone: int | None, northern: bool) -> Sequence[GeoPoint | None]:
    if zone is None:
        return [None] * len(utm)
    return [GeoPoint(lat, lon) for lat, lon in utm_to_points(utm[:, 0], utm[:, 1], zone, northern).tolist()]


def _struct_file(folder: Path, stem: str) -> Path | None:
    places = (folder / f"{stem}.mat", folder / "datasets" / f"{stem}.mat")
    return next((path for path in places if path.is_file()), None)


OWN = ("images", "database", ".")
OWN_QUERIES = ("queries", "query", "queries_real", "images", ".")
KNOWN = re.compile(r"pitts(30|250)k_(train|val|test)|tokyo247|tokyoTM_(train|val)|sf0")


def _own(folder: Path) -> StructFolder:
    files = {}
    for place in (folder, folder / "datasets"):
        for entry in listing(place):
            path = place / entry
            if path.suffix == ".mat" and not KNOWN.fullmatch(path.stem) and _holds_struct(path):
                files[path.stem] = path.stem
    return StructFolder(folder.resolve().name, files, OWN, OWN_QUERIES)


def _holds_struct(path: Path) -> bool:
    try:
        from scipy.io import whosmat
    except ImportError:  # recognized, because `read` says what to install
        return True
    try:
        return any(name == "dbStruct" for name, _, _ in whosmat(path, appendmat=False))
    except NotImplementedError:  # version 7.3: recognized, because `read` says how to fix it
        return b"dbStruct" in path.read_bytes()
    except Exception:  # any other file
        return False


LAYOUT = register(
    Layout(
        name="dbstruct",
        title="dbStruct of your own",
        origin="Your own: a .mat file structured like NetVLAD's data sets; the split is the file's name",
        splits=lambda folder: _own(folder).splits(folder),
        read=lambda folder, split: _own(folder).read(folder, split),
        guess=50,
    )
)
