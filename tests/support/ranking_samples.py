"""Two queries, three photos of a database and a ranking, for the files of other programs."""

from pathlib import Path

import numpy as np

QUERIES = [Path("data/query/b.jpg"), Path("data/query/a.jpg")]
DATABASE = [Path("data/db/1.jpg"), Path("data/db/sub/2.jpg"), Path("data/db/3.jpg")]
RANKED = [np.array([2, 0]), np.array([1])]
ROOT = Path("data")

WRONG_ROWS = [[np.array([0])], [np.array([0]), np.array([3])], [np.array([-1])] * 2]
"""Rankings of too few queries, and of rows that are not there."""
