"""Backbones and pooling layers in torch (extra `placeprint[torch]`).

Nothing is imported here, so that `placeprint.networks.lite0_blocks` can be read without torch:
import `placeprint.networks.backbones` or `placeprint.networks.pooling`.
"""
