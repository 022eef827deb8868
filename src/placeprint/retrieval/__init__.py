"""From a query's representation to a ranked list of references."""

from placeprint.rerank import Candidate as Candidate
from placeprint.rerank import Candidates as Candidates
from placeprint.rerank import Reranker as Reranker
from placeprint.retrieval.pipeline import Pipeline as Pipeline
from placeprint.retrieval.retriever import DenseRetriever as DenseRetriever
from placeprint.retrieval.retriever import Retriever as Retriever
from placeprint.retrieval.spec import PipelineSpec as PipelineSpec
from placeprint.retrieval.spec import parse_pipeline as parse_pipeline

__all__ = [
    "Candidate",
    "Candidates",
    "DenseRetriever",
    "Pipeline",
    "PipelineSpec",
    "Reranker",
    "Retriever",
    "parse_pipeline",
]
