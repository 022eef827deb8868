"""Names of photos for people: the file name, or so much of the path as tells two photos apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from placeprint.placemap.place import Answer
from placeprint.reports.text import query_name


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """For each path the shortest end of it, in whole parts, that no other path has."""
    parts = {path: PurePath(path).parts for path in paths}
    names: dict[str, str] = {}
    waiting, count = list(parts), 1
    while waiting:
        groups = defaultdict(list)
        for path in waiting:
            groups["/".join(parts[path][-count:])].append(path)
        waiting = []
        for name, group in groups.items():
            for path in group:
                if len(group) == 1 or count >= len(parts[path]):
                    names[path] = name
                else:
                    waiting.append(path)
        count += 1
    return names


@dataclass(frozen=True)
class Names:
    """Names of the photos in some answers; queries and reference photos are told apart each among
    themselves.
    """

    queries: dict[str, str]
    references: dict[str, str]

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "Names":
        """Of all queries and matches."""
        references = {match.path: None for answer in answers for match in answer.matches}
        return cls(short_names({a.query: None for a in answers if a.query}), short_names(references))

    def query(self, answer: Answer) -> str:
        """Of an answer's query, legible and on one line."""
        return query_name(answer.query, self.queries.get(answer.query or ""))

    def reference(self, path: str) -> str:
        """Of a reference photo, legible and on one line."""
        return query_name(path, self.references.get(path))
