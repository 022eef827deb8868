"""Recognizing which published network a file is."""

from pathlib import Path

from placeprint.errors import PlaceprintError
from placeprint.networks.published import (
    boq,
    cirtorch,
    cosplace,
    dirtorch,
    geolocalization_benchmark,
    gsv_cities,
    openibl,
    pytorch_netvlad,
    salad,
)
from placeprint.networks.published.matconvnet import read_matconvnet
from placeprint.networks.published.published import Published, Whitening, read_as

MODULES = (
    openibl,
    pytorch_netvlad,
    geolocalization_benchmark,
    cirtorch,
    dirtorch,
    cosplace,
    gsv_cities,
    salad,
    boq,
)
SOURCES = tuple(source for module in MODULES for source in module.SOURCES)


def read_published(path: Path, whitening: Whitening | None = None) -> Published:
    """Read a published network from any known source, recognized by its content.

    MATLAB files are NetVLAD's or SARE's; all others are torch checkpoints. `whitening`: see the function of
    the source. Raises `PlaceprintError`, listing what is supported and what the file lacks of the nearest
    source, if none matches; `FormatError` for a damaged or malicious file.
    """
    if not _is_matlab(path):
        return read_as(path, SOURCES, whitening)
    if whitening is not None:
        raise PlaceprintError(f"{path} has its own whitening, or none at all", "Leave the whitening out.")
    return read_matconvnet(path)


def _is_matlab(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(6) == b"MATLAB"
    except OSError as error:
        raise PlaceprintError(f"{path} cannot be read ({error.strerror})", "Check the path.") from error
