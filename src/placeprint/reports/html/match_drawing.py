"""Query and reference side by side as inline SVG, with lines between their matched features."""

from html import escape

import numpy as np

from placeprint.arrays import Float32, Float64
from placeprint.placemap.place import Correspondences
from placeprint.plots.svg import number
from placeprint.reports.encoding import Encoded

HEIGHT = 480.0
GAP = 10.0
LINES = 80  # more lines would hide the photos and show nothing new


def match_drawing(
    query_id: str, query: Encoded, reference: Encoded, pairs: Correspondences | None, label: str
) -> str:
    """Both photos at the same height; `query_id` is the id of the query's `<image>` elsewhere in the page.

    A feature at pixel center (x, y) of a working image is drawn at (x + 0.5, y + 0.5) times the scale
    between the working image and the drawing.
    """
    left, right = (HEIGHT * photo.width / photo.height for photo in (query, reference))
    scale = HEIGHT / query.height
    parts = [
        f'<use href="#{query_id}" transform="scale({left / query.width:.5f} {scale:.5f})"/>',
        f'<image x="{number(left + GAP)}" width="{number(right)}" height="{number(HEIGHT)}" '
        f'preserveAspectRatio="none" href="{reference.uri}"/>',
    ]
    if pairs is not None and len(pairs):
        start = _placed(pairs.query_xy, pairs.query_size, left)
        end = _placed(pairs.reference_xy, pairs.reference_size, right) + np.array([left + GAP, 0.0])
        for kind, keep in (("outliers", ~pairs.inlier), ("inliers", pairs.inlier)):
            parts.append(_lines(kind, start[keep], end[keep]))
    width = left + GAP + right
    return (
        f'<svg class="match" role="img" viewBox="0 0 {number(width)} {number(HEIGHT)}" '
        f'style="aspect-ratio:{width / HEIGHT:.4f}"><title>{escape(label)}</title>{"".join(parts)}</svg>'
    )


def _placed(xy: Float32, size: tuple[int, int], width: float) -> Float64:
    return (np.asarray(xy, np.float64) + 0.5) * (width / size[0], HEIGHT / size[1])


def _lines(kind: str, start: Float64, end: Float64) -> str:
    """Both ends of every pair, and the lines of at most `LINES` of them."""
    rows = np.concatenate([start, end], axis=1)
    every = max(1, -(-len(rows) // LINES))
    lines = "".join(f"M{number(a)} {number(b)}L{number(c)} {number(d)}" for a, b, c, d in rows[::every])
    ends = "".join(f"M{number(a)} {number(b)}h0M{number(c)} {number(d)}h0" for a, b, c, d in rows)
    return (
        f'<g class="{kind}"><path class="line" d="{lines}"/><path class="edge" d="{ends}"/>'
        f'<path class="end" d="{ends}"/></g>'
    )
