"""What runs a network: PyTorch, ONNX Runtime, OpenVINO; and which of them is chosen."""
