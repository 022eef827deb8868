"""Visual vocabularies: learning them, and assigning descriptors to words."""

from placeprint.codebooks.codebook import Codebook as Codebook
from placeprint.codebooks.kmeans import kmeans as kmeans

__all__ = ["Codebook", "kmeans"]
