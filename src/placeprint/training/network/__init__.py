"""The network of a run: how it begins, what is frozen, how it ends."""
