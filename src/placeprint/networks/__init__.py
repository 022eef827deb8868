"""Backbones and pooling layers in torch (extra `placeprint[torch]`).

This module imports nothing, so that `placeprint.networks.lite0_blocks` can be read without torch; import
`placeprint.networks.backbones` or `placeprint.networks.pooling` instead.
"""
