"""The default descriptor: EfficientNet-Lite0 and NetVLAD, whitened; without torch."""
