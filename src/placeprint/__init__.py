"""placeprint: where was this photo taken?"""
