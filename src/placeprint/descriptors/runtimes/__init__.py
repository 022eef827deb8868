"""Runtimes for networks: PyTorch, ONNX Runtime, OpenVINO; and choosing between them."""
