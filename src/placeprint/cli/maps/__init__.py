"""Commands for place maps."""
