"""Which database photos may show what a query shows, and which certainly do not, from positions alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placeprint.arrays import Int64


def _nothing() -> Int64:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class WeakLabels:
    """The weak supervision of NetVLAD (Arandjelović et al., CVPR 2016, Sec. 4) for q queries.

    A photo's position says where it was taken, not what it shows. So there are three kinds of database photos
    for a query:

    - `positives`: potential positives, near enough to show the same thing; some of them look elsewhere.
    - `close`: all that are so near that they might show the same thing, including the potential positives.
    The others in `close` are neither positive nor negative.
    - all others: definite negatives. They are not stored.

    `positives` and `close` hold ascending database rows for each query. `left_out`: database rows that are
    neither, whatever the query (photos that cannot be read). `one_list`: the queries are the database photos
    themselves, row by row. Raises ValueError if a positive is not among the close ones.
    """

    database_size: int
    positives: Sequence[Int64]
    close: Sequence[Int64]
    one_list: bool = False
    left_out: Int64 = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        if len(self.positives) != len(self.close):
            raise ValueError(f"{len(self.positives)} lists of positives, {len(self.close)} of close photos")
        if self.one_list and len(self.close) != self.database_size:
            raise ValueError(f"{len(self.close)} queries in one list with {self.database_size} photos")
        if not np.isin(self._pairs(self.positives), self._pairs(self.close)).all():
            raise ValueError("a potential positive must be one of the close photos")

    def __len__(self) -> int:
        """Number of queries, including those without positives."""
        return len(self.positives)

    @property
    def with_positives(self) -> Int64:
        """The queries that can be trained on."""
        return np.flatnonzero([len(rows) > 0 for rows in self.positives])

    @property
    def without_positives(self) -> Int64:
        """The queries skipped in training: they have no potential positive."""
        return np.flatnonzero([len(rows) == 0 for rows in self.positives])

    def no_negatives(self, query: int) -> Int64:
        """Ascending database rows that are not definite negatives of `query`: close or left out."""
        return np.union1d(self.close[query], self.left_out)

    def query_images(self, queries: Int64) -> Int64:
        """Numbers of query photos in the joint list of images: the database rows 0 to n - 1, then the queries
        from n on. If queries and database are one list, a query has the number of its database row.
        """
        return queries if self.one_list else queries + self.database_size

    def leaving_out(self, database: Int64, queries: Int64 | None = None) -> "WeakLabels":
        """Without these photos (such as unreadable ones) as queries, positives or negatives.

        `queries` are query rows; in one list, the photos of `database` are left out as queries too.
        """
        queries = _nothing() if queries is None else queries
        skipped = {*queries.tolist(), *(database.tolist() if self.one_list else [])}
        kept = [
            _nothing() if query in skipped else np.setdiff1d(rows, database)
            for query, rows in enumerate(self.positives)
        ]
        return replace(self, positives=kept, left_out=np.union1d(self.left_out, database))

    def _pairs(self, lists: Sequence[Int64]) -> Int64:
        """(query, row) of all lists, each pair encoded as one number."""
        rows = np.concatenate([_nothing(), *lists])
        if len(rows) and not 0 <= rows.min() <= rows.max() < self.database_size:
            raise ValueError(f"rows {rows.min()} to {rows.max()} of {self.database_size} database photos")
        queries = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
        pairs: Int64 = queries * self.database_size + rows
        return pairs
