"""Compare two methods

Does a second look at the local features of the first candidates find more right answers than the descriptor
alone? Two things make an answer worth having: both methods meet the same queries under the same rules, and
the difference comes with its uncertainty.

The data are a table `photos.csv` or, for the synthetic town of this tutorial, `truth.csv`: one row a photo,
with `path, lat, lon, split, role`. Photos of role `database` are searched, those of role `query` are asked.
An answer is right within 25 m of the truth; that and all other rules stand in the *protocol*
(see [Evaluation](../docs/evaluation.md#protocols)).

```
protocol own-photos on town/town: 48 database photos, 14 queries
lite0-netvlad                R@1  85.7%  [58.3%, 100.0%]
lite0-netvlad + geometry:10  R@1 100.0%  [59.0%, 100.0%]
difference of R@1: +14.3%  [+0.0%, +41.7%], p = 0.49
```

R@1 is the share of queries whose first answer is right; the brackets hold its 95 % interval. The difference
is taken query by query, so that its interval is narrower than the two others make it seem; p is that of a
two-sided sign-flip test. Here zero lies within the interval: 14 queries are too few to tell. `report.html`
shows which queries one method found and the other did not.
"""

import sys
from pathlib import Path

from placeprint.datasets import read_dataset
from placeprint.datasets.town import write_town
from placeprint.evaluation import evaluate, protocol_for, write_report

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "compared")
write_town(folder / "town", references=48, queries=14, elsewhere=0)

data = read_dataset(folder / "town", "town")
protocol = protocol_for(data)
print(f"protocol {protocol.name} on {data.name}: {len(data.database)} database photos,", end=" ")
print(f"{len(data.queries)} queries")

# Vectors are kept in `cache`, so that a third method, tomorrow, costs only itself.
methods = ["lite0-netvlad", "lite0-netvlad+geometry:10"]
found = evaluate(data, methods, protocol, cache=folder / "cache", quiet=True)

for result in found.results:
    recall = result.scores["R@1"]
    print(f"{result.method:27}  R@1 {recall.value:6.1%}  [{recall.low:.1%}, {recall.high:.1%}]")
against = found.results[1].against_first["R@1"]
interval = f"[{against.low:+.1%}, {against.high:+.1%}]"
print(f"difference of R@1: {against.difference:+.1%}  {interval}, p = {against.p_value:.2f}")

write_report(folder / "report.html", found)
