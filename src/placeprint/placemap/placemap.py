"""`PlaceMap`: build a map from geotagged photos, keep it up to date, locate photos in it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from placeprint.descriptors import Descriptor, Photo, needs_photos, open_descriptor
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos import PhotoRecord, load
from placeprint.placemap.additions import Additions, positioned, unchanged
from placeprint.placemap.building import describe_batches
from placeprint.placemap.calibration.calibration import Calibration, calibrate
from placeprint.placemap.calibration.holding_out import hold_out
from placeprint.placemap.calibration.prior import PRIOR
from placeprint.placemap.choosing import choose_descriptor, shipped_fingerprint
from placeprint.placemap.locating import locate
from placeprint.placemap.place import Answer
from placeprint.placemap.references import References
from placeprint.placemap.storage.store import MapStore
from placeprint.placemap.stored_features import StoredFeatures
from placeprint.progress import meter, track

DESCRIPTOR = "descriptor.npz"
"""File in the map's folder with a descriptor that was learned for it."""

RECALIBRATE = 0.1
"""A map calibrates itself anew when its number of photos has changed by this share."""


class PlaceMap:
    """A map of geotagged reference photos. Use it as a context manager, or call `close`.

    ```python
    places = PlaceMap.build("photos/", "town.placemap")
    place = places.locate("query.jpg")
    ```

    Several processes may read a map while one writes to it.
    """

    def __init__(self, store: MapStore, descriptor: Descriptor) -> None:
        """Use `build` or `open`."""
        self.descriptor = descriptor
        self.additions = Additions()
        self._store = store
        self._references: References | None = None

    @classmethod
    def build(
        cls,
        photos: str | Path | Sequence[PhotoRecord],
        path: str | Path,
        *,
        descriptor: str | Path | Descriptor = "lite0-netvlad",
        features: bool = True,
        where: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Self:
        """Build a map of `photos`: a folder, a list file, or records.

        A build that was stopped goes on where it was. A descriptor named without a vocabulary
        (`rootsift-vlad`) learns it on these photos. `features=False` saves the space of the local
        features, about 145 kB a photo, and gives up geometric verification. Raises `PlaceprintError`
        where no photo has a position or the map was made with another descriptor.
        """
        path = Path(path)
        records, skipped = positioned(photos, where)
        if not records:
            raise PlaceprintError(
                f"no photo with a position in {photos}" + (f" ({skipped[0][1]})" if skipped else ""),
                "Give photos with GPS in their EXIF, or a CSV with path, lat, lon.",
            )
        if MapStore.exists(path):
            places = cls.open(path, writable=True)
            places._check_same(descriptor)
        else:
            chosen = choose_descriptor(descriptor, [r.path for r in records], quiet)
            if chosen.fingerprint != shipped_fingerprint(chosen.name):
                chosen.save(path / DESCRIPTOR)
            described = {"name": chosen.name, "fingerprint": chosen.fingerprint, "recipe": chosen.recipe}
            config = {"descriptor": described, "features": StoredFeatures().to_dict() if features else None}
            places = cls(MapStore.create(path, config), chosen)
        try:
            places.additions = places._add(records, skipped, quiet)
        except BaseException:
            places.close()
            raise
        return places

    @classmethod
    def open(cls, path: str | Path, *, writable: bool = False) -> Self:
        """Open a map, for reading unless `writable`. Raises `FormatError`, `LockedError`."""
        path = Path(path)
        store = MapStore.open(path, writable=writable)
        try:
            described = store.config["descriptor"]
            own = path / DESCRIPTOR
            descriptor = open_descriptor(own if own.exists() else described["name"])
            if descriptor.fingerprint != described["fingerprint"]:
                raise FormatError(
                    f"{path} was made with {described['name']} {described['fingerprint']}, and this "
                    f"placeprint has {descriptor.fingerprint}: their vectors cannot be compared",
                    "Build the map anew, or use the placeprint version that made it.",
                )
        except BaseException:
            store.close()
            raise
        return cls(store, descriptor)

    def close(self) -> None:
        """Let go of the files and of the writer's lock."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.references)

    @property
    def path(self) -> Path:
        """The map's folder."""
        return self._store.path

    def add(
        self,
        photos: str | Path | Sequence[PhotoRecord],
        *,
        where: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Additions:
        """Add photos; those the map holds already, unchanged, are left as they are, and a changed
        file replaces its old self. Each batch is on the disk before the next begins."""
        records, skipped = positioned(photos, where)
        return self._add(records, skipped, quiet)

    def remove(self, paths: Iterable[str | Path], *, quiet: bool = False) -> int:
        """Take photos out of the map; returns how many. Raises `PlaceprintError` for an unknown one."""
        known = self._store.known()
        ids = []
        for path in map(str, paths):
            entry = known.get(path) or known.get(str(Path(path).absolute()))
            if entry is None:
                raise PlaceprintError(
                    f"{path} is not in {self.path}", "List them: placeprint info MAP --photos"
                )
            ids.append(entry.id)
        self._store.remove(ids)
        self._changed(quiet)
        return len(ids)

    def merge(self, other: "str | Path | PlaceMap", *, quiet: bool = False) -> int:
        """Take over the photos of another map of the same descriptor; returns how many.

        A photo that both hold (same path) is taken once. Nothing is decoded or described again.
        """
        if not isinstance(other, PlaceMap):
            with PlaceMap.open(other) as opened:
                return self.merge(opened, quiet=quiet)
        if other.descriptor.fingerprint != self.descriptor.fingerprint:
            raise PlaceprintError(
                f"{other.path} was made with {other.descriptor.name} {other.descriptor.fingerprint}, "
                f"{self.path} with {self.descriptor.name} {self.descriptor.fingerprint}",
                "Build both with one descriptor: `placeprint learn`, then `build --descriptor FILE`.",
            )
        if other._store.config["features"] != self._store.config["features"]:
            raise PlaceprintError(
                f"{other.path} and {self.path} keep different local features",
                "Build both with, or both without, `--features`.",
            )
        known = self._store.known()
        count = 0
        for content in other._store.batches():
            new = [i for i, entry in enumerate(content.entries) if entry.path not in known]
            self._store.append(content.select(new))
            count += len(new)
        self._changed(quiet)
        return count

    def locate(
        self,
        photo: Photo,
        *,
        verify: bool | Literal["auto"] = "auto",
        near: tuple[GeoPoint, float] | None = None,
        matches: int = 10,
    ) -> Answer:
        """Where was this photo taken? A `Place`, or a `NoMatch` with its reason.

        photo: a file, or an RGB array (h, w, 3) of uint8. verify: compare local features always, never,
        or ("auto") where the descriptor alone leaves doubt. near: only places within so many meters
        of a point. matches: how many reference photos to list. Raises `PhotoError`.
        """
        image = load(photo)
        local_features = self._local_features
        return locate(
            self.references,
            self._calibration,
            self.descriptor.describe([image])[0],
            None if local_features is None else lambda: local_features.of(image),
            verify,
            None if near is None else np.isin(self.references.ids, self._store.within(*near)),
            matches,
            None if isinstance(photo, np.ndarray) else str(photo),
        )

    def locate_many(
        self, photos: Sequence[Photo], *, quiet: bool = False, **options: Any
    ) -> tuple[list[Answer], list[tuple[str, str]]]:
        """Locate each photo: (answers in order, (path, reason) of the photos that could not be read)."""
        answers, failed = [], []
        for photo in track(photos, "locating", len(photos), quiet=quiet):
            try:
                answers.append(self.locate(photo, **options))
            except PhotoError as error:
                failed.append((error.path, error.reason))
        return answers, failed

    def calibrate(self, *, quiet: bool = False) -> None:
        """Learn anew what confidence and radii mean on this map, from its own photos held out."""
        learned: dict[str, Any] = {"photos": len(self)}
        kinds = ["descriptor", "verified"] if self._store.config["features"] else ["descriptor"]
        for kind in kinds:
            cues, errors, in_map = hold_out(self.references, kind, quiet=quiet)
            if len(cues):
                learned[kind] = calibrate(cues, errors, in_map, PRIOR[kind]).to_dict()
        self._store.set_calibration(learned)

    def photos(self) -> list[PhotoRecord]:
        """The reference photos."""
        return [entry.record for entry in self.references.snapshot.entries]

    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of every photo that was left out."""
        return self._store.skipped()

    def info(self) -> dict[str, Any]:
        """What the map holds, as JSON: photos, extent, descriptor, calibration, size."""
        references, config = self.references, self._store.config
        learned = self._store.calibration()
        kinds = [kind for kind in PRIOR if kind in learned]
        calibration = {"photos": learned["photos"], "held_out": learned[kinds[0]]["photos"]} if kinds else {}
        positions = references.snapshot.positions
        south, west = positions.min(axis=0).tolist() if len(self) else (None, None)
        north, east = positions.max(axis=0).tolist() if len(self) else (None, None)
        return {
            "map": str(self.path),
            "photos": len(self),
            "left_out": len(self.skipped()),
            "extent": {"south": south, "west": west, "north": north, "east": east},
            "descriptor": config["descriptor"]["name"],
            "dimension": self.descriptor.dim,
            "fingerprint": config["descriptor"]["fingerprint"],
            "local_features": config["features"] is not None,
            "calibration": calibration,
            "megabytes": round(sum(p.stat().st_size for p in self.path.rglob("*") if p.is_file()) / 1e6, 1),
        }

    def verify(self) -> list[str]:
        """Every damaged or missing file of the map, in sentences; empty where all is well."""
        return self._store.verify()

    @property
    def references(self) -> References:
        """The reference photos as they stood when this map was opened or last written to."""
        if self._references is None:
            self._references = References(self._store.snapshot())
        return self._references

    def _add(self, records: Sequence[PhotoRecord], skipped: list[tuple[str, str]], quiet: bool) -> Additions:
        self._store.note_skipped(skipped)
        known = self._store.known()
        new = [r for r in records if not unchanged(r, known)]
        done = Additions(known=len(records) - len(new), skipped=list(skipped))
        start = time.monotonic()
        with meter("describing", len(new), quiet=quiet) as advance:
            batches = describe_batches(new, self.descriptor, self._local_features)
            for batch, errors in batches:
                failed = [(error.path, error.reason) for error in errors]
                self._store.append(batch)
                self._store.note_skipped(failed)
                done.added += len(batch.entries)
                done.skipped += failed
                advance(len(batch.entries) + len(failed))
        done.seconds = time.monotonic() - start
        self._changed(quiet)
        return done

    def _changed(self, quiet: bool) -> None:
        """After a write: tidy the segments, look anew, and calibrate where the map is another one."""
        self._store.compact()
        self._references = None
        learned = self._store.calibration().get("photos", 0)
        if abs(len(self) - learned) > RECALIBRATE * learned:
            self.calibrate(quiet=quiet)

    @property
    def _local_features(self) -> StoredFeatures | None:
        settings = self._store.config["features"]
        return None if settings is None else StoredFeatures.from_dict(settings)

    def _calibration(self, kind: str) -> Calibration:
        learned = self._store.calibration()
        return Calibration(**learned[kind]) if kind in learned else PRIOR[kind]

    def _check_same(self, descriptor: str | Path | Descriptor) -> None:
        if not isinstance(descriptor, str | Path):
            wanted = descriptor.fingerprint
        elif descriptor == self.descriptor.name or needs_photos(str(descriptor)):
            wanted = str(descriptor)
        else:
            wanted = open_descriptor(descriptor).fingerprint
        if wanted not in (self.descriptor.name, self.descriptor.fingerprint):
            self.close()
            raise PlaceprintError(
                f"{self.path} was made with {self.descriptor.name} {self.descriptor.fingerprint}, "
                f"not {wanted}",
                "Name another folder for the new map.",
            )
