"""What can be known about an ONNX graph before running it."""

from dataclasses import dataclass

from placeprint.errors import FormatError, needing


@dataclass(frozen=True)
class GraphFacts:
    """`metadata` is that of the file; `depthwise`: whether some convolution is grouped by channel."""

    int8: bool
    depthwise: bool
    metadata: dict[str, str]

    @property
    def precision(self) -> str:
        """The precision it computes in, unless a runtime is told otherwise."""
        return "int8" if self.int8 else "float32"


def graph_facts(model: bytes) -> GraphFacts:
    """Raises `FormatError` for bytes that are not an ONNX model."""
    with needing("onnx", "Reading ONNX files"):
        import onnx

    try:
        parsed = onnx.load_from_string(model)
    except Exception as error:  # from protobuf
        raise FormatError(f"this is not an ONNX model ({error})", "Export it again.") from error
    nodes = parsed.graph.node
    groups = (a.i for node in nodes if node.op_type == "Conv" for a in node.attribute if a.name == "group")
    return GraphFacts(
        int8=any(node.op_type == "QuantizeLinear" for node in nodes),
        depthwise=any(group > 1 for group in groups),
        metadata={entry.key: entry.value for entry in parsed.metadata_props},
    )
