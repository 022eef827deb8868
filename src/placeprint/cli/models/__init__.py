"""Commands for descriptors."""
