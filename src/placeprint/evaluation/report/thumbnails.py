"""The small photos of a page, each embedded only once."""

from html import escape
from pathlib import Path

from placeprint.arrays import Float64
from placeprint.errors import PhotoError
from placeprint.photos import load, read_info
from placeprint.plots.svg import number
from placeprint.reports.encoding import Encoded, to_jpeg
from placeprint.reports.text import legible

LONGEST = 180
QUALITY = 68

Box = Float64


class Thumbnails:
    """If a photo is shown a second time, the drawing refers to the first."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[int, int, int] | None] = {}

    def show(self, path: Path, label: str, box: Box | None = None) -> str:
        """The photo as inline SVG, with its region of interest (left, top, right, bottom in pixels of the
        photo) framed; a placeholder if it cannot be read.
        """
        picture = None
        if path not in self._seen:
            picture = _thumbnail(path)
            self._seen[path] = None if picture is None else (len(self._seen), picture.width, picture.height)
        known = self._seen[path]
        if known is None:
            return f'<p class="absent">Photo cannot be read<span class="repeated">: {_text(label)}</span></p>'
        at, width, height = known
        drawn = f'<use href="#thumbnail-{at}"/>'
        if picture is not None:
            drawn = f'<image id="thumbnail-{at}" width="{width}" height="{height}" href="{picture.uri}"/>'
        frame = _frame(path, box, width) if box is not None else ""
        return (
            f'<svg class="thumbnail" role="img" viewBox="0 0 {width} {height}">'
            f"<title>{_text(label)}</title>{drawn}{frame}</svg>"
        )


def _thumbnail(path: Path) -> Encoded | None:
    try:
        return to_jpeg(load(path, LONGEST), LONGEST, QUALITY)
    except PhotoError:
        return None


def _frame(path: Path, box: Box, width: int) -> str:
    try:
        scale = width / read_info(path).width
    except PhotoError:
        return ""
    left, top, right, bottom = (float(side) * scale for side in box)
    place = (
        f'x="{number(left)}" y="{number(top)}" width="{number(right - left)}" height="{number(bottom - top)}"'
    )
    return f'<rect class="box-edge" {place}/><rect class="box" {place}/>'


def _text(words: str) -> str:
    return escape(legible(words))
