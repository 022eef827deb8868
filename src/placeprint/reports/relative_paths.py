"""Answers without the folders of this machine: nothing tells where the photos lie, or whose they are."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from placeprint.placemap.place import Answer, Failed, Match
from placeprint.reports.context import Picture, ReportContext
from placeprint.reports.names import short_names


def relative_paths(answers: Sequence[Answer], context: ReportContext) -> tuple[list[Answer], ReportContext]:
    """The same answers, with paths of queries from the deepest folder that holds all of them, and paths of
    reference photos likewise; the context still finds their files.
    """
    queries = _shortened(a.query for a in answers if a.query is not None)
    in_map = [path for a in answers if (path := getattr(a, "in_map", None)) is not None]
    references = _shortened([*(m.path for a in answers for m in a.matches), *in_map])
    lengthened = {short: path for path, short in references.items()}
    files = {short: path for path, short in queries.items()}

    def whole(match: Match) -> Match:
        return replace(match, path=lengthened.get(match.path, match.path))

    def picture(match: Match) -> Picture:
        return context.picture(whole(match))

    def thumbnail(match: Match) -> Picture:
        return context.small_picture(whole(match))

    def query_picture(answer: Answer) -> Picture:
        query = answer.query
        return context.query_picture(answer if query is None else replace(answer, query=files[query]))

    shown = replace(
        context, picture=picture, thumbnail=thumbnail, query_picture=query_picture, query_files=files
    )
    return [_shown(answer, queries, references) for answer in answers], shown


def _shown(answer: Answer, queries: dict[str, str], references: dict[str, str]) -> Answer:
    query = None if answer.query is None else queries[answer.query]
    if isinstance(answer, Failed):
        return replace(answer, query=query, reason=_cleaned(answer.reason, answer.query, query))
    return replace(
        answer,
        query=query,
        matches=tuple(replace(m, path=references[m.path]) for m in answer.matches),
        in_map=None if answer.in_map is None else references[answer.in_map],
    )


def _cleaned(reason: str, path: str | None, short: str | None) -> str:
    return reason.replace(path, short) if path and short else reason


def _shortened(paths: Iterable[str]) -> dict[str, str]:
    """{path: from the common folder on}, with forward slashes, each its own."""
    files = {path: Path(path).absolute() for path in paths}
    try:
        base = os.path.commonpath([file.parent for file in files.values()])
    except ValueError:  # none, or on several drives
        return short_names(files)
    return {path: file.relative_to(base).as_posix() for path, file in files.items()}
