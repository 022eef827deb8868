"""`evaluate`: methods on a data set under a protocol, from photos to scores."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placeprint.arrays import Float32, Int64
from placeprint.datasets import PhotoSet, PlaceDataset, Protocol, load_protocol
from placeprint.descriptors.extraction import Extraction, View, extract
from placeprint.descriptors.learnt_from import overlap
from placeprint.errors import PlaceprintError
from placeprint.evaluation.judging import judge
from placeprint.evaluation.method import Method, Side, parse_method
from placeprint.evaluation.places import errors, places_of
from placeprint.evaluation.ranking import Ranking, filtered, rank
from placeprint.evaluation.result import Evaluation, MethodResult
from placeprint.evaluation.scores import clustering_score, depth_needed, metrics_of, score
from placeprint.index import make_index
from placeprint.metrics import PairedDifference, paired_test
from placeprint.progress import track
from placeprint.provenance import machine
from placeprint.retrieval import DenseRetriever, Pipeline
from placeprint.version import __version__


def evaluate(
    dataset: PlaceDataset,
    methods: Iterable[Method | str],
    protocol: Protocol | str,
    *,
    predictions: Mapping[str, Sequence[Int64]] | None = None,
    cache: Path | None = None,
    seed: int = 0,
    quiet: bool = False,
    command: str | None = None,
) -> Evaluation:
    """Describe, search, re-rank and score.

    `methods`: as for `parse_method`; `predictions`: {name: for each query the database rows answered by
    another program, best first}, scored under the same rules. With a `cache` folder, vectors are stored under
    the fingerprints of descriptor and data, and a killed run can be resumed. Every later method is compared
    with the first, query by query. Raises PlaceprintError if the data set lacks what the protocol needs, and
    if there is nothing to evaluate.
    """
    protocol = load_protocol(protocol) if isinstance(protocol, str) else protocol
    metrics_of(protocol)  # before anything is described
    if not len(dataset.queries) or not len(dataset.database):
        raise PlaceprintError(
            f"{dataset.name} has {len(dataset.database)} database photos and {len(dataset.queries)} queries",
            "An evaluation needs both; choose another split",
        )
    results = []
    for method in methods:
        chosen = parse_method(method) if isinstance(method, str) else method
        results.append(_run(dataset, protocol, chosen, cache, seed, quiet))
    for name, rows in (predictions or {}).items():
        ranking = filtered(dataset, protocol, rows)
        results.append(_scored(dataset, protocol, ranking, name, {"predictions": name}, {}, [], seed))
    if not results:
        raise PlaceprintError("nothing to evaluate", "Name a method, such as lite0-netvlad")
    places = places_of(dataset.queries)
    compared = [replace(r, against_first=_against(results[0], r, places, seed)) for r in results[1:]]
    return Evaluation(
        dataset,
        protocol,
        [results[0], *compared],
        seed,
        machine(),
        __version__,
        datetime.now(UTC).astimezone(),
        command,
    )


def views_of(photos: PhotoSet, rule: str, cropped: bool = False) -> list[View]:
    """The photos as a protocol presents them to a descriptor."""
    if not cropped or photos.boxes is None:
        return [View(photo.path, rule) for photo in photos]
    pairs = zip(photos, photos.boxes.tolist(), strict=True)
    return [View(photo.path, rule, tuple(box)) for photo, box in pairs]


def _run(
    dataset: PlaceDataset, protocol: Protocol, method: Method, cache: Path | None, seed: int, quiet: bool
) -> MethodResult:
    stored = views_of(dataset.database, protocol.database_size, protocol.database_box)
    asked = views_of(dataset.queries, protocol.query_size, protocol.query_box)
    seconds: dict[str, float] = {}
    start = time.perf_counter()
    sides = []
    for views, side in ((stored, "database"), (asked, "queries")):
        folder = None
        if cache is not None:
            shown = views[0].rule.replace(":", "-") + ("-boxes" if views[0].box is not None else "")
            folder = cache / method.descriptor.fingerprint / f"{dataset.fingerprint}-{side}-{shown}"
        sides.append(extract(views, method.descriptor, folder, f"{method.name}: {side}", quiet))
    database, queries = sides
    seconds["describing"] = time.perf_counter() - start
    start = time.perf_counter()
    unreadable = list(database.unreadable), list(queries.unreadable)
    database_side = Side(stored, database.vectors, method.spec)
    query_side = Side(asked, queries.vectors, method.spec)
    pipeline = Pipeline(_retriever(method, database.vectors), method.spec.rerankers)
    depth = max(depth_needed(protocol, dataset), pipeline.depth)
    represented = [query_side[row] for row in range(len(asked))]
    ranking = rank(dataset, protocol, pipeline.retriever, represented, depth, unreadable, quiet)
    seconds["searching"] = time.perf_counter() - start
    if pipeline.rerankers:
        start = time.perf_counter()
        pairs = zip(represented, ranking.candidates, strict=True)
        label = f"{method.name}: re-ranking"
        ranking = Ranking(
            [
                pipeline.rerank(query, candidates, database_side) if len(candidates) else candidates
                for query, candidates in track(pairs, label, len(asked), "queries", quiet)
            ]
        )
        seconds["re-ranking"] = time.perf_counter() - start
    warnings = [*_unreadable(dataset, database, queries), *_learned_on(dataset, method)]
    result = _scored(dataset, protocol, ranking, method.name, method.described, seconds, warnings, seed)
    result = replace(result, vectors=(database.vectors, queries.vectors))
    if "nmi" in protocol.metrics and dataset.queries.labels is not None:
        nmi = clustering_score(np.asarray(queries.vectors), dataset.queries.labels, seed)
        result = replace(result, scores=dict(result.scores) | {"NMI": nmi})
    return result


def _retriever(method: Method, vectors: Float32) -> DenseRetriever:
    """Searches the vectors of the database, which stay in their file if they are memory-mapped."""
    index = make_index(method.spec.index, vectors.shape[1])
    if not index.is_trained:
        index.train(vectors)
    index.add(np.arange(len(vectors)), vectors)
    return DenseRetriever(index)


def _scored(
    dataset: PlaceDataset,
    protocol: Protocol,
    ranking: Ranking,
    name: str,
    described: Mapping[str, Any],
    seconds: Mapping[str, float],
    warnings: list[str],
    seed: int,
) -> MethodResult:
    judged = judge(dataset, protocol, ranking)
    scores = score(judged, places_of(dataset.queries), seed)
    return MethodResult(
        name, described, judged, scores, errors(dataset, ranking), seconds, _doubts(judged.right, warnings)
    )


def _doubts(right: Sequence[Int64], warnings: list[str]) -> list[str]:
    alone = sum(not len(rows) for rows in right)
    return [*warnings, *([f"{alone} of {len(right)} queries have no right answer"] if alone else [])]


def _unreadable(dataset: PlaceDataset, database: Extraction, queries: Extraction) -> list[str]:
    told = []
    for photos, found, side in (
        (dataset.database, database, "database"),
        (dataset.queries, queries, "query"),
    ):
        if found.unreadable:
            row, reason = next(iter(found.unreadable.items()))
            count = f"{len(found.unreadable)} of {len(photos)} {side} photos could not be read"
            told.append(f"{count}: {photos[row].path}: {reason}")
    if len(database.unreadable) == len(dataset.database):
        raise PlaceprintError(f"{dataset.name}: {told[0]}", "Check where the photos are")
    return told


def _learned_on(dataset: PlaceDataset, method: Method) -> list[str]:
    """Whether the descriptor was learned on photos it is evaluated on, as far as it records them."""
    provenance = getattr(method.descriptor, "provenance", {})
    told = []
    for photos, side in ((dataset.database, "database"), (dataset.queries, "query")):
        known = overlap(provenance, [photo.path for photo in photos])
        if known:
            told.append(f"learned on {known} of the {len(photos)} {side} photos it is evaluated on")
    return told


def _against(
    first: MethodResult, other: MethodResult, places: NDArray[np.str_], seed: int
) -> dict[str, PairedDifference]:
    found = {}
    for name, mine in other.scores.items():
        theirs = first.scores.get(name)
        if mine.each is None or theirs is None or theirs.each is None:
            continue
        both = ~np.isnan(mine.each) & ~np.isnan(theirs.each)
        if both.any():
            found[name] = paired_test(mine.each[both], theirs.each[both], places[both], seed=seed)
    return found
