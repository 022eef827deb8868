"""`placeprint export`"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placeprint.cli.parameters import Quiet
from placeprint.cli.terminal import say
from placeprint.errors import PlaceprintError

if TYPE_CHECKING:  # keeps `placeprint --help` fast
    from placeprint.networks.onnx.export import OnnxExport


class Precision(StrEnum):
    """How the numbers of a graph are stored and, in int8, computed."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A name, file, folder or address, as for `open_descriptor`.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write: model.onnx.")
    ],
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Width and height, for networks whose graph has a fixed size (R-MAC, MixVPR).",
            show_default="640x480, resized by the model's rule",
        ),
    ] = None,
    precision: Annotated[
        Precision,
        typer.Option(
            help="float16 halves the file. int8 is several times faster, but gives different vectors: "
            "evaluate it first."
        ),
    ] = Precision.FLOAT32,
    photos: Annotated[
        Path | None,
        typer.Option(
            metavar="PHOTOS", help="For int8: photos like those to be described; 32 of them are used."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a model as one ONNX file that runs without torch, faster, and in other programs.

    Resizing is left to the program that runs it; everything after that is in the graph: RGB photos
    (n, height, width, 3) of uint8 to unit vectors (n, dim). Its vectors are compared with torch's before it
    is written.

    Example: `placeprint export my-model/ -o my-model.onnx`, then
    `placeprint build ... --pipeline onnx:my-model.onnx`

    Example: `placeprint export lite0_gem -o small.onnx --precision int8 --photos city/`
    """
    from placeprint.descriptors import open_descriptor
    from placeprint.descriptors.export import export_graph
    from placeprint.photos import find

    if (photos is None) == (precision is Precision.INT8):
        raise PlaceprintError("--photos belongs to --precision int8", "Give both or neither.")
    found = find(photos, positions=False, quiet=quiet).photos if photos else []
    sides = None if size is None else _sides(size)
    paths = [record.path for record in found]
    made = export_graph(open_descriptor(model), output, size=sides, precision=precision.value, photos=paths)
    say(f"Wrote {output}, {output.stat().st_size / 1e6:.1f} MB. {_sizes(made)}")
    typer.echo(_agreement(made))
    say(f"Use it as the descriptor onnx:{output}")


def _sides(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise PlaceprintError(f"--size {text!r} is not WIDTHxHEIGHT", "For example: --size 640x480")
    return int(width), int(height)


def _sizes(made: "OnnxExport") -> str:
    if made.size is None:
        return "It accepts photos of any size."
    width, height = made.size
    return f"It accepts photos of {width}x{height} only: {made.why_fixed}."


def _agreement(made: "OnnxExport") -> str:
    told = made.comparison
    photos = sum(n for n, _, _ in told.shapes)
    return (
        f"Compared with torch on {photos} photos: vectors at most {told.difference:.1g} apart, "
        f"cosine at least {told.cosine:.6f}."
    )
