"""What there is to know of an ONNX graph before it is run."""

from dataclasses import dataclass

from placeprint.errors import FormatError, needing


@dataclass(frozen=True)
class GraphFacts:
    """`metadata` is what the file says of itself; `depthwise`: some convolution is in groups of channels."""

    int8: bool
    depthwise: bool
    metadata: dict[str, str]

    @property
    def precision(self) -> str:
        """What it computes in, unless a runtime is told otherwise."""
        return "int8" if self.int8 else "float32"


def graph_facts(model: bytes) -> GraphFacts:
    """Raises `FormatError` for bytes that are no ONNX model."""
    with needing("onnx", "Reading ONNX files"):
        import onnx

    try:
        parsed = onnx.load_from_string(model)
    except Exception as error:  # of protobuf
        raise FormatError(f"this is no ONNX model ({error})", "Export it again.") from error
    nodes = parsed.graph.node
    groups = (a.i for node in nodes if node.op_type == "Conv" for a in node.attribute if a.name == "group")
    return GraphFacts(
        int8=any(node.op_type == "QuantizeLinear" for node in nodes),
        depthwise=any(group > 1 for group in groups),
        metadata={entry.key: entry.value for entry in parsed.metadata_props},
    )
