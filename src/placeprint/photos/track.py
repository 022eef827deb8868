"""Positions from a GPS track (GPX 1.0 and 1.1), by the time at which a photo was taken."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.parsers import expat

from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint
from placeprint.photos.record import PhotoList, PhotoRecord, Skipped

GAP = 60.0
"""Seconds: between points further apart in time, and this long before or after a track, nothing is known."""

_MAX_BYTES = 1 << 28
_QUARTER = 900


@dataclass(frozen=True, slots=True)
class Track:
    """Segments of points in the order of time: seconds since 1970 (UTC), and the points."""

    segments: tuple[tuple[tuple[float, ...], tuple[GeoPoint, ...]], ...]

    def at(self, time: float, gap: float = GAP) -> GeoPoint | None:
        """The point on the straight line between the two points around `time`; None if they are more than
        `gap` seconds apart, or if `time` is not within a segment.
        """
        for times, points in self.segments:
            after = bisect_right(times, time)
            if after and times[after - 1] == time:
                return points[after - 1]
            if 0 < after < len(times) and times[after] - times[after - 1] <= gap:
                share = (time - times[after - 1]) / (times[after] - times[after - 1])
                return _between(points[after - 1], points[after], share)
        return None

    def span(self) -> tuple[float, float]:
        """Times of the first and of the last point."""
        return min(times[0] for times, _ in self.segments), max(times[-1] for times, _ in self.segments)


def read_track(paths: Sequence[str | Path]) -> Track:
    """The timed track points of GPX files. Raises `PlaceprintError` for a file that is no GPX or has none,
    and for a GPX that placeprint wrote: its points are estimates.
    """
    segments = [segment for path in paths for segment in _segments(Path(path))]
    return Track(tuple(segments))


def place_on_track(found: PhotoList, track: Track, offset: float = 0.0) -> PhotoList:
    """Photos without a position, placed where the track was when they were taken; the others as they are.

    offset: seconds to add to the photos' clocks to get UTC (for a clock without a zone, -7200 at UTC+2); a
    time with a zone only gets the offset added. Raises `PlaceprintError` if every photo falls outside.
    """
    photos, skipped, inside = [], list(found.skipped), 0
    wanted = [record for record in found.photos if record.point is None]
    for record in found.photos:
        if record.point is not None:
            photos.append(record)
            continue
        point = None if record.time is None else track.at(_seconds(record.time) + offset)
        if point is None:
            skipped.append(Skipped(record.path, _outside(record, track, offset)))
        else:
            inside += 1
            photos.append(replace(record, point=point, source="track"))
    timed = [record for record in wanted if record.time is not None]
    if timed and not inside and not photos:
        raise PlaceprintError(*_nowhere(timed, track, offset))
    notes = [*found.notes, f"{inside} of {len(wanted)} photos without a position were placed on the track"]
    return replace(found, photos=photos, skipped=skipped, notes=notes)


def _segments(path: Path) -> list[tuple[tuple[float, ...], tuple[GeoPoint, ...]]]:
    reader = _GpxReader()
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise PlaceprintError(f"{path} is larger than {_MAX_BYTES >> 20} MB", "Split it.")
        reader.parse(path)
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", "Check the path.") from error
    except (expat.ExpatError, ValueError) as error:
        raise PlaceprintError(f"{path} is not GPX ({error})", "Export the track again as GPX.") from None
    if reader.creator.lower().startswith("placeprint"):
        raise PlaceprintError(f"{path} holds places that placeprint estimated", "Give a recorded track.")
    made = []
    for points in reader.segments:
        timed = sorted(dict(points).items())
        if timed:
            made.append((tuple(t for t, _ in timed), tuple(p for _, p in timed)))
    if not made:
        raise PlaceprintError(f"{path} has no track points with times", "Export the track with its times.")
    return made


class _GpxReader:
    """What is kept while the file is parsed. A document type is refused: entities need one, GPX has none."""

    def __init__(self) -> None:
        self.creator = ""
        self.segments: list[list[tuple[float, GeoPoint]]] = []
        self._point: dict[str, str] | None = None
        self._text: list[str] | None = None
        self._root = True

    def parse(self, path: Path) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = lambda text: self._text.append(text) if self._text is not None else None
        parser.StartDoctypeDeclHandler = self._doctype
        with path.open("rb") as file:
            parser.ParseFile(file)

    def _doctype(self, *_: object) -> None:
        raise ValueError("it has a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if self._root:
            if name != "gpx":
                raise ValueError(f"it is {name[:40]!r}")
            self._root, self.creator = False, attributes.get("creator", "")
        if name == "trkseg":
            self.segments.append([])
        elif name == "trkpt" and self.segments:
            self._point = dict(attributes)
        elif name in ("time", "ele") and self._point is not None:
            self._text = []

    def _end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if name in ("time", "ele") and self._point is not None and self._text is not None:
            self._point.setdefault(name, "".join(self._text).strip())
            self._text = None
        elif name == "trkpt" and self._point is not None:
            said, self._point = self._point, None
            try:
                time = datetime.fromisoformat(said.get("time", ""))
                point = GeoPoint(float(said["lat"]), float(said["lon"]), _elevation(said.get("ele")))
                self.segments[-1].append((_seconds(time), point))
            except (ValueError, KeyError, OverflowError):
                return  # a point without time or position helps nobody, and others remain


def _elevation(text: str | None) -> float | None:
    try:
        value = None if text is None else float(text)
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e5 else None


def _seconds(time: datetime) -> float:
    """Since 1970; a clock without a zone is taken for UTC."""
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()


def _between(a: GeoPoint, b: GeoPoint, share: float) -> GeoPoint:
    turn = (b.lon - a.lon + 180.0) % 360.0 - 180.0  # the short way, across ±180° too
    lon = (a.lon + share * turn + 180.0) % 360.0 - 180.0
    both = a.altitude is not None and b.altitude is not None
    height = a.altitude + share * (b.altitude - a.altitude) if both else None  # type: ignore[operator]
    return GeoPoint(a.lat + share * (b.lat - a.lat), lon, height)


def _outside(record: PhotoRecord, track: Track, offset: float) -> str:
    if record.time is None:
        return "has no position and no time to find one on the track"
    time, (first, last) = _seconds(record.time) + offset, track.span()
    if time < first:
        return f"was taken {_long(first - time)} before the track begins"
    if time > last:
        return f"was taken {_long(time - last)} after the track ends"
    return f"was taken in a gap of the track of more than {GAP:.0f} s"


def _nowhere(photos: Sequence[PhotoRecord], track: Track, offset: float) -> tuple[str, str]:
    """What to say if no photo is on the track: both times, and the offset that would make most fit."""
    times = sorted(_seconds(record.time) for record in photos if record.time is not None)
    first, last = track.span()
    what = (
        f"none of {len(times)} photos was taken during the track: their clocks, {offset:+.0f} s, say "
        f"{_clock(times[0] + offset)} to {_clock(times[-1] + offset)}, the track {_clock(first)} to "
        f"{_clock(last)} UTC"
    )
    sample = times[:: max(1, len(times) // 200)]
    tried = sorted(range(-14 * 3600, 14 * 3600 + 1, _QUARTER), key=abs)
    fits = {shift: sum(track.at(time + shift) is not None for time in sample) for shift in tried}
    best = max(fits, key=lambda shift: fits[shift])
    mend = "A photo's clock without a time zone needs --track-offset SECONDS, which is added to it to get UTC"
    share = f"; {best:+d} would fit {fits[best]} of {len(sample)}" if fits[best] else ""
    return what, f"{mend}{share}."


def _clock(seconds: float) -> str:
    try:
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat(" ", "seconds")
    except OverflowError:
        return f"{seconds:.0f} s"


def _long(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
