"""Descriptors that are networks in PyTorch: card, weights, model folder, building."""
