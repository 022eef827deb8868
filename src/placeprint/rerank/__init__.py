"""Candidates into better candidates: geometric verification."""

from placeprint.rerank.geometric import RerankSettings as RerankSettings
from placeprint.rerank.geometric import fused_cost as fused_cost
from placeprint.rerank.geometric import rerank_by_geometry as rerank_by_geometry
from placeprint.rerank.spatial_verification import Verification as Verification
from placeprint.rerank.spatial_verification import VerificationSettings as VerificationSettings
from placeprint.rerank.spatial_verification import spread as spread
from placeprint.rerank.spatial_verification import verify as verify

__all__ = [
    "RerankSettings",
    "Verification",
    "VerificationSettings",
    "fused_cost",
    "rerank_by_geometry",
    "spread",
    "verify",
]
