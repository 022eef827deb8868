"""Re-ranking: from candidates to better candidates."""

from placeprint.rerank.candidates import Candidate as Candidate
from placeprint.rerank.candidates import Candidates as Candidates
from placeprint.rerank.geometry import Geometry as Geometry
from placeprint.rerank.geometry import fused_cost as fused_cost
from placeprint.rerank.reranker import RERANKERS as RERANKERS
from placeprint.rerank.reranker import References as References
from placeprint.rerank.reranker import Reranker as Reranker
from placeprint.rerank.spatial_verification import Verification as Verification
from placeprint.rerank.spatial_verification import VerificationSettings as VerificationSettings
from placeprint.rerank.spatial_verification import spread as spread
from placeprint.rerank.spatial_verification import verify as verify

__all__ = [
    "RERANKERS",
    "Candidate",
    "Candidates",
    "Geometry",
    "References",
    "Reranker",
    "Verification",
    "VerificationSettings",
    "fused_cost",
    "spread",
    "verify",
]
