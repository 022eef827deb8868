"""`PlaceMap`: build a map from geotagged photos, keep it up to date, locate photos in it."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeVar

from placeprint.arrays import Bool, Pixels
from placeprint.descriptors import Descriptor
from placeprint.descriptors.opening import open_descriptor
from placeprint.errors import FormatError, PhotoError, PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.parallel import bounded_map, cores
from placeprint.photos import PhotoList, PhotoRecord, PhotoSource, path_of
from placeprint.placemap import opening
from placeprint.placemap.calibration.calibration import CUES
from placeprint.placemap.calibration.prior import PRIOR
from placeprint.placemap.calibration.stored import check_learned
from placeprint.placemap.locating import locate
from placeprint.placemap.place import Answer, Failed, NoMatch, Place
from placeprint.placemap.query import pictures, query_of, same_file
from placeprint.placemap.references import References
from placeprint.placemap.storage.faults import MEND, DamagedSegmentError, Fault
from placeprint.placemap.storage.store import MapStore
from placeprint.progress import meter
from placeprint.representations import Recipe, Representation
from placeprint.retrieval import PipelineSpec
from placeprint.verify import Verify, VerifyLike

LOG = logging.getLogger(__name__)
T = TypeVar("T")

if TYPE_CHECKING:
    from placeprint.placemap.additions import Additions

RECALIBRATE = 0.1
"""A map is recalibrated when its number of photos has changed by this share."""

DESCRIBED_AT_ONCE = 32
"""How many photos `locate_many` describes together."""

Near = tuple[GeoPoint | tuple[float, float], float]
"""A point, or (lat, lon) in degrees, and a radius in meters."""


class PlaceMap:
    """A map of geotagged reference photos. Use it as a context manager, or call `close`.

    ```python
    places = PlaceMap.build("photos/", "town.placemap")
    place = places.locate("query.jpg")
    ```

    Answers reflect the moment it was opened, written to or `refresh`ed: photos and calibration belong to one
    snapshot, whatever other processes write meanwhile. Any number of threads may locate at once and get
    bit-identical answers. A pickled map holds only its path: unpickling opens it for reading.
    """

    def __init__(self, store: MapStore, descriptor: Descriptor, recipe: Recipe, spec: PipelineSpec) -> None:
        """Use `build` or `open`."""
        self.descriptor, self.recipe, self.spec = descriptor, recipe, spec
        self._additions: Additions | None = None
        self._store = store
        self._open = True
        self._references: References | None = None
        self._one_at_a_time = Lock()

    @classmethod
    def build(
        cls,
        photos: str | Path | PhotoList | Sequence[PhotoRecord],
        path: str | Path,
        *,
        pipeline: str | Path | Descriptor | PipelineSpec = opening.USUAL,
        where: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Self:
        """Build a map of `photos`: a folder, a list file, what `photos.find` returned, or records.

        pipeline: the descriptor, and the stages that later re-rank its candidates (`parse_pipeline`); each
        photo is described once for all of them. A descriptor without a vocabulary (`rootsift-vlad`) learns it
        on these photos. Without `+geometry` the map has no local features, which saves about 145 kB per
        photo. An interrupted build can be continued. Raises `PlaceprintError` if no photo has a position or
        the map was built with another descriptor.
        """
        from placeprint.placemap.additions import positioned

        path = Path(path)
        spec = opening.pipeline_spec(pipeline)
        records, skipped = positioned(photos, where, quiet)
        if not records:
            from placeprint.photos.left_out import reasons_in_words

            why = reasons_in_words(reason for _, reason in skipped)
            where_from = photos if isinstance(photos, str | Path) else "what was given"
            raise PlaceprintError(
                f"no photo with a position in {where_from}" + (f" ({why})" if why else ""),
                "Give photos with GPS in their EXIF, or a CSV with path, lat, lon.",
            )
        if MapStore.exists(path):
            places = cls.open(path, writable=True)
            places._check_same(spec.descriptor)
        else:
            chosen = opening.choose_descriptor(spec.descriptor, [r.path for r in records], quiet)
            store = opening.create(path, spec, chosen)
            places = cls(store, chosen, opening.opened_recipe(store, chosen), spec)
        try:
            places._additions = places._add(records, skipped, quiet)
        except BaseException:
            places.close()
            raise
        return places

    @classmethod
    def open(cls, path: str | Path, *, writable: bool = False, stages: str | None = None) -> Self:
        """Open a map, for reading unless `writable`. Raises `FormatError`, `LockedError`.

        stages: replace those the map was built with, such as "+faiss:HNSW32+geometry:50"; "+exact" means
        exact search only.
        """
        store = MapStore.open(Path(path), writable=writable)
        try:
            descriptor = opening.opened_descriptor(store)
            spec = opening.opened_spec(store, descriptor, stages)
            return cls(store, descriptor, opening.opened_recipe(store, descriptor), spec)
        except BaseException:
            store.close()
            raise

    def _repr_html_(self) -> str:
        from placeprint.plots import MAP_STYLE, photo_map
        from placeprint.plots.facts import facts_html

        if not self._open:
            return facts_html(f"{self.path.name}, closed", {})
        facts = {"photos": f"{len(self):,}", "pipeline": str(self.spec), "left out": str(len(self.skipped()))}
        snapshot = self.references.snapshot
        drawn = photo_map(snapshot.positions, snapshot.headings) if len(self) else ""
        return facts_html(self.path.name, facts, f"<style>{MAP_STYLE}</style>{drawn}")

    def close(self) -> None:
        """Release the files and the writer's lock; any later request says that the map is closed."""
        self._open = False
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.references)

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened_again, (type(self), self.path, self.spec.stages)

    def __repr__(self) -> str:
        state = f"{len(self):,} photos" if self._open else "closed"
        return f"PlaceMap({str(self.path)!r}, {state}, {self.spec})"

    @property
    def additions(self) -> "Additions":
        """What `build` added; nothing, if the map was opened."""
        from placeprint.placemap.additions import Additions

        return self._additions or Additions()

    @property
    def path(self) -> Path:
        """The map's folder."""
        return self._store.path

    def add(
        self,
        photos: str | Path | PhotoList | Sequence[PhotoRecord],
        *,
        where: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> "Additions":
        """Add photos; those already in the map and unchanged are left as they are, and a changed file
        replaces its old version. A photo that was moved or renamed is recognized by its content and keeps
        what the map knows of it; a copy of one in the map is left out. Each batch is on disk before the next
        begins.
        """
        from placeprint.placemap.additions import positioned

        records, skipped = positioned(photos, where, quiet)
        return self._add(records, skipped, quiet)

    def remove(self, paths: Iterable[str | Path], *, quiet: bool = False) -> int:
        """Remove photos from the map; returns how many. Raises `PlaceprintError` for an unknown one."""
        known: dict[str, list[int]] = {}
        for entry in self._store.entries():
            known.setdefault(entry.path, []).append(entry.id)
        ids: list[int] = []
        for path in map(str, paths):
            found = known.get(path) or known.get(str(Path(path).absolute()))
            if found is None:
                raise PlaceprintError(
                    f"{path} is not in {self.path}", "List them: placeprint info MAP --photos"
                )
            ids += found
        self._store.remove(ids)
        self._changed(quiet)
        return len(ids)

    def relocate(self, folder: str | Path, *, quiet: bool = False) -> int:
        """Find photos whose files are gone below `folder`, by content; returns how many were found.

        Nothing is described again: only paths change. Raises `PlaceprintError` if there is no such folder.
        """
        from placeprint.placemap.identity import relocated

        lost = [entry for entry in self._store.entries() if not Path(entry.path).exists()]
        found = relocated(lost, Path(folder))
        self._store.update(found)
        self._changed(quiet)
        return len(found)

    def merge(self, other: "str | Path | PlaceMap", *, quiet: bool = False) -> int:
        """Copy the photos of another map with the same descriptor; returns how many.

        A photo in both (same path or same content) is stored once. Nothing is decoded or described again.
        """
        if not isinstance(other, PlaceMap):
            with PlaceMap.open(other) as opened:
                return self.merge(opened, quiet=quiet)
        own = self._store.config
        if other.damage:
            raise FormatError(f"{other.path} is not copied: {other.damage[0]}", MEND)
        if other.descriptor.fingerprint != self.descriptor.fingerprint:
            raise PlaceprintError(
                f"{other.path} was made with {other.descriptor.name} {other.descriptor.fingerprint}, "
                f"{self.path} with {self.descriptor.name} {self.descriptor.fingerprint}",
                "Build both with the same descriptor: `placeprint learn`, then `build -p FILE+geometry:20`.",
            )
        if (
            other._store.columns != self._store.columns
            or other._store.config["extractors"] != own["extractors"]
        ):
            raise PlaceprintError(
                f"{other.path} and {self.path} store different columns of their photos",
                "Build both with the same pipeline, both with or both without `+geometry`.",
            )
        known = self._store.known()
        digests = {entry.sha256 for entry in known.values()}
        count = 0
        for content in other._store.batches():
            new = [
                i
                for i, entry in enumerate(content.entries)
                if entry.path not in known and entry.sha256 not in digests
            ]
            self._store.append(content.select(new))
            count += len(new)
        self._changed(quiet)
        return count

    def locate(
        self,
        photo: PhotoSource,
        *,
        verify: VerifyLike = Verify.AUTO,
        near: Near | None = None,
        matches: int = 10,
    ) -> Place | NoMatch:
        """Where was this photo taken? A `Place`, or a `NoMatch` with its reason.

        photo: a file, its bytes, an open file, a PIL image, or an RGB array (h, w, 3) of uint8. verify:
        compare local features "always" (an error where the map has none), "never", or ("auto") if the map
        has some. near: only places within this many meters of a point; the confidence is that of the whole
        map. matches: how many reference photos to list. Raises `PhotoError`.
        """
        how = self._how(verify)
        queries = [query_of(self.recipe, self.descriptor, image) for image in pictures(photo)]

        def found(references: References) -> Place | NoMatch:
            allowed = within(references, near)
            return _best(references, photo, queries, verify=how, allowed=allowed, matches=matches)

        return self._without_damage(found)

    def locate_many(
        self,
        photos: Iterable[PhotoSource],
        *,
        verify: VerifyLike = Verify.AUTO,
        near: Near | None = None,
        matches: int = 10,
        quiet: bool = True,
    ) -> Iterator[Answer]:
        """One answer per photo, in order, as they become available: bit-identical to `locate`, or `Failed`.

        Photos are read, described and compared on all cores, a few at a time, so there may be any number of
        them.
        """
        how = self._how(verify)
        known, area = self._without_damage(lambda references: (references, within(references, near)))
        total = len(photos) if isinstance(photos, Sequence) else 0
        coming = bounded_map(_read, photos, cores(), DESCRIBED_AT_ONCE)

        def answer(read: tuple[PhotoSource, list[Representation] | PhotoError]) -> Answer:
            photo, queries = read
            if isinstance(queries, PhotoError):
                return Failed(queries.reason, queries.mend, path_of(photo))

            def found(references: References) -> Place | NoMatch:
                allowed = area if references is known else within(references, near)
                return _best(references, photo, queries, verify=how, allowed=allowed, matches=matches)

            return self._without_damage(found)

        with meter("locating", total, quiet=quiet) as advance:
            while some := list(islice(coming, DESCRIBED_AT_ONCE)):
                for found in bounded_map(answer, self._described(some), cores()):
                    yield found
                    advance()

    def _described(
        self, read: Sequence[tuple[PhotoSource, list[Pixels] | PhotoError]]
    ) -> Iterator[tuple[PhotoSource, list[Representation] | PhotoError]]:
        """The readable ones, described together; what else re-ranking needs is computed on demand."""
        images = [image for _, seen in read if not isinstance(seen, PhotoError) for image in seen]
        vectors = iter(self.descriptor.describe(images) if images else ())
        for photo, seen in read:
            if isinstance(seen, PhotoError):
                yield photo, seen
            else:
                yield photo, [query_of(self.recipe, self.descriptor, i, next(vectors)) for i in seen]

    def _how(self, verify: VerifyLike) -> Verify:
        how = Verify.of(verify)
        if how is Verify.ALWAYS and "local" not in self.spec.needs:
            raise PlaceprintError(
                f"{self.path} with {self.spec} has no local features to compare",
                'Build it with +geometry, or locate with verify="auto".',
            )
        return how

    def _without_damage(self, answer: Callable[[References], T]) -> T:
        """What `answer` makes of the references; where that meets damage, of those that are left."""
        met: set[Fault] = set()
        while True:
            try:
                return answer(self.references)
            except DamagedSegmentError as error:
                if error.fault in met:
                    raise
                met.add(error.fault)
                self._store.leave_out(error.fault)
                self.refresh()

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged in the map's files, as sentences; photos that it costs are in no answer. Files are
        verified as they are read, so that this may grow; `check_integrity` reads all of them.
        """
        return self.references.snapshot.damage

    def refresh(self) -> None:
        """Reload: later answers reflect the current photos and calibration."""
        fresh = self._snapshot()
        with self._one_at_a_time:
            self._references = fresh

    def calibrate(self, *, quiet: bool = False) -> None:
        """Relearn what confidence and radii mean on this map, by holding out its own photos."""
        from placeprint.placemap.calibration import calibrate
        from placeprint.placemap.calibration.holding_out import hold_out

        learned: dict[str, Any] = {"photos": len(self), "cues": CUES}
        kinds = ["descriptor", *(["verified"] if "local" in self.spec.needs else [])]
        for kind in kinds:
            cues, errors, in_map = self._without_damage(partial(hold_out, kind=kind, quiet=quiet))
            if len(cues):
                learned[kind] = calibrate(cues, errors, in_map, PRIOR[kind]).to_dict()
        self._store.set_calibration(learned)
        self.refresh()

    def photos(self) -> list[PhotoRecord]:
        """The reference photos."""
        return [entry.record for entry in self.references.snapshot.entries]

    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of every photo that was left out."""
        return self._store.skipped()

    def info(self) -> dict[str, Any]:
        """The contents of the map, as JSON: photos, extent, descriptor, calibration, size."""
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
            "pipeline": str(self.spec),
            "columns": [column.name for column in self._store.columns],
            "calibration": calibration,
            "damage": list(references.snapshot.damage),
            "megabytes": round(sum(p.stat().st_size for p in self.path.rglob("*") if p.is_file()) / 1e6, 1),
        }

    def check_integrity(self) -> list[str]:
        """Every damaged or missing file of the map, as sentences; empty if all is well."""
        return self._store.check_integrity()

    @property
    def references(self) -> References:
        """The reference photos as of when this map was opened, written to or refreshed."""
        if not self._open:
            raise PlaceprintError(f"{self.path} is closed", "Open it again with PlaceMap.open.")
        with self._one_at_a_time:
            if self._references is None:
                self._references = self._snapshot()
            return self._references

    def _snapshot(self) -> References:
        snapshot = self._store.snapshot()
        check_learned(snapshot.calibration, self.path)
        for sentence in snapshot.damage:
            LOG.warning("%s. `placeprint doctor %s` lists all damage.", sentence, self.path)
        return References(snapshot, self.spec)

    def _add(
        self, records: Sequence[PhotoRecord], skipped: list[tuple[str, str]], quiet: bool
    ) -> "Additions":
        from placeprint.placemap.additions import Additions
        from placeprint.placemap.building import describe_batches
        from placeprint.placemap.identity import arrivals

        found = arrivals(records, self._store.entries())
        skipped, new = [*skipped, *found.copies], found.new
        self._store.note_skipped(skipped)
        self._store.update(found.moved)
        self._store.remove(found.gone)
        done = Additions(known=found.known, moved=len(found.moved), skipped=skipped)
        start = time.monotonic()
        with meter("describing", len(new), quiet=quiet) as advance:
            batches = describe_batches(new, self.recipe)
            for batch, errors in batches:
                failed = [(error.path, error.reason) for error in errors]
                self._store.append(batch)
                self._store.note_skipped(failed)
                done.added += len(batch.entries)
                done.skipped += failed
                advance(len({entry.path for entry in batch.entries}) + len(failed))
        done.seconds = time.monotonic() - start
        self._changed(quiet)
        return done

    def _changed(self, quiet: bool) -> None:
        """After a write: join segments, reload, and recalibrate if the map has changed much."""
        self._store.compact()
        self.refresh()
        learned = self._store.calibration()
        before = learned.get("photos", 0) if learned.get("cues") == CUES else 0
        if abs(len(self) - before) > RECALIBRATE * before:
            self.calibrate(quiet=quiet)

    def _check_same(self, descriptor: str | Descriptor) -> None:
        from placeprint.descriptors.learning import needs_photos

        if not isinstance(descriptor, str):
            wanted = descriptor.fingerprint
        elif descriptor == self.descriptor.name or needs_photos(descriptor):
            wanted = descriptor
        else:
            wanted = open_descriptor(descriptor).fingerprint
        if wanted not in (self.descriptor.name, self.descriptor.fingerprint):
            self.close()
            raise PlaceprintError(
                f"{self.path} was made with {self.descriptor.name} {self.descriptor.fingerprint}, "
                f"not {wanted}",
                "Name another folder for the new map.",
            )


def within(references: References, near: Near | None) -> Bool | None:
    """Which references lie in an area; None for all of them."""
    if near is None:
        return None
    point, meters = near
    return references.within(point if isinstance(point, GeoPoint) else GeoPoint(*point), meters)


def _best(
    references: References, photo: PhotoSource, queries: Sequence[Representation], **settings: Any
) -> Place | NoMatch:
    """The surest answer of a photo, or of the views of one all around."""
    found = [locate(references, query, name=path_of(photo), **settings) for query in queries]
    return replace(max(found, key=lambda a: (bool(a), a.confidence)), in_map=same_file(references, photo))


def _read(photo: PhotoSource) -> tuple[PhotoSource, list[Pixels] | PhotoError]:
    try:
        return photo, pictures(photo)
    except PhotoError as error:
        return photo, error


def _opened_again(kind: type[PlaceMap], path: Path, stages: str) -> PlaceMap:
    return kind.open(path, stages=stages or None)
