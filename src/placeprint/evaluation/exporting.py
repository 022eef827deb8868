"""An evaluation's rankings and vectors in the formats of other tools."""

import importlib.util
import re
from pathlib import Path

import numpy as np

from placeprint.errors import PlaceprintError
from placeprint.evaluation.predictions import common_folder
from placeprint.evaluation.result import Evaluation, MethodResult
from placeprint.formats.hloc import write_features, write_pairs
from placeprint.formats.photo_names import names_below
from placeprint.formats.prediction_folder import write_prediction_folder
from placeprint.formats.ranking_csv import write_ranking_csv
from placeprint.formats.vector_files import write_vectors

SHOWN = 100
"""How many answers to a query are written."""


def write_exports(folder: Path, evaluation: Evaluation, quiet: bool = False) -> list[Path]:
    """For each method a folder with `preds/` (VPR-methods-evaluation), `ranking.csv`, `pairs.txt` (hloc; not
    if names contain spaces) and, if vectors were computed here, `database.fvecs`, `queries.fvecs` and, with
    h5py, hloc's `global-feats.h5`. Names are relative to the photos' common folder. `quiet`: no progress.
    Raises PlaceprintError if a method's folder already exists.
    """
    targets = [folder / re.sub(r"[^\w.+-]+", "-", result.method) for result in evaluation.results]
    for target in targets:
        if target.exists():
            raise PlaceprintError(f"{target} already exists", "Give another folder, or remove it")
    for target, result in zip(targets, evaluation.results, strict=True):
        _write(target, evaluation, result, quiet)
    return targets


def _write(target: Path, evaluation: Evaluation, result: MethodResult, quiet: bool) -> None:
    dataset = evaluation.dataset
    root = common_folder(dataset)
    queries = [photo.path for photo in dataset.queries]
    database = [photo.path for photo in dataset.database]
    ranked = [rows[:SHOWN] for rows in result.judged.ranking.rows]
    distances = [row[:SHOWN] for row in result.judged.ranking.distances]
    right, names = result.judged.right, names_below([*database, *queries], root)
    target.mkdir(parents=True)
    write_prediction_folder(target, queries, database, ranked, right)
    write_ranking_csv(target / "ranking.csv", queries, database, ranked, root, distances, right)
    if not any(character.isspace() for name in names for character in name):
        write_pairs(target / "pairs.txt", queries, database, ranked, root)
    if result.vectors is None:
        return
    stored, asked = result.vectors
    write_vectors(target / "database.fvecs", stored)
    write_vectors(target / "queries.fvecs", asked)
    if importlib.util.find_spec("h5py") is not None:
        first: dict[str, int] = {}
        for row, name in enumerate(names):
            first.setdefault(name, row)
        vectors = np.concatenate([stored, asked])[list(first.values())]
        write_features(target / "global-feats.h5", list(first), vectors, quiet)
