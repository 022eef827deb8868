"""What every SVG drawing needs: short numbers, readable lengths, dots."""

import numpy as np

from placeprint.arrays import Float64


def number(value: float) -> str:
    """At most one decimal, without a trailing zero or a negative zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def length(meters: float) -> str:
    """A distance for people: "4.2 m", "38 m", "1.4 km", "340 km"."""
    if meters < 9.95:
        return f"{number(meters)} m"
    if meters < 999.5:
        return f"{meters:.0f} m"
    return f"{number(meters / 1000.0)} km" if meters < 9950.0 else f"{meters / 1000.0:,.0f} km"


def dots_path(pixels: Float64) -> str:
    """Path data of dots: zero-length strokes, drawn by round line caps."""
    return "".join(f"M{number(x)} {number(y)}h0" for x, y in pixels)


def thin(pixels: Float64, cell: float) -> Float64:
    """One position per cell of `cell` pixels: dots on top of one another cannot be told apart."""
    return np.asarray(np.unique(np.round(pixels / cell), axis=0) * cell)


def finite(points: Float64) -> Float64:
    """The rows of (n, 2) that could be projected (the far side of the Earth cannot)."""
    return points[np.isfinite(points).all(axis=1)]
