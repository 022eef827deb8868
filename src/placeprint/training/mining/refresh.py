"""When the cached descriptors used for mining are recomputed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RefreshSchedule:
    """After every so many training queries, and at the end of each epoch.

    The NetVLAD paper (app. A) refreshes every 1000 queries at first; each time the learning rate is halved,
    the network changes half as fast and the interval is doubled: `every` · `growth`^drops.
    """

    every: int = 1000
    growth: float = 2.0

    def __post_init__(self) -> None:
        if self.every < 1 or self.growth < 1.0:
            raise ValueError(f"a refresh every {self.every} queries, growing by {self.growth}")

    def interval(self, drops: int) -> int:
        """Queries between two refreshes after `drops` drops of the learning rate."""
        return round(self.every * self.growth**drops)

    def due(self, queries_since: int, drops: int = 0, epoch_ended: bool = False) -> bool:
        """Whether to refresh now, `queries_since` training queries after the last refresh."""
        return queries_since > 0 and (epoch_ended or queries_since >= self.interval(drops))
