"""Data sets of labeled classes: fine-grained retrieval."""
