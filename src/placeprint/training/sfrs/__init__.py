"""Self-supervised image-to-region similarities (Ge et al., ECCV 2020)."""
