"""The network of a run: how it starts, what is frozen, how it is finished."""
