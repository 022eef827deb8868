"""Candidates into better candidates: geometric verification and when it is needed."""

from placeprint.rerank.adaptive import needs_verification as needs_verification
from placeprint.rerank.adaptive import position_aware_ratio as position_aware_ratio
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
    "needs_verification",
    "position_aware_ratio",
    "rerank_by_geometry",
    "spread",
    "verify",
]
