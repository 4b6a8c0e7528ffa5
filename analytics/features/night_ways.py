"""How long somebody who left the bed at night is up, and how many rooms that takes. Pure and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.bed_absence import BedAbsence
from analytics.features.survival import Grid, Histograms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView

SHARE, FACTOR = 0.975, 1.5
LEAST_S, MOST_S = 1200.0, 2400.0
HALF_LIFE_DAYS = 28.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
TRIPS = Grid(60.0, 7200.0, 24)
#: Ten trips of CASAS Aruba: median 2.6 min, 95 % 4.3 (detection.md §2).
TRIP_PRIOR = TRIPS.lognormal(10.0, 156.0, 0.31)


def trip_s(seen: Sequence[float], share: float) -> float:
    """Return how long the ``share`` of all times out of bed last at most, in seconds.

    Parameters
    ----------
    seen
        Counts of a person's own by `TRIPS`; the population's join them.
    """
    counts = [prior + own for prior, own in zip(TRIP_PRIOR, seen, strict=True)]
    wanted, total = share * sum(counts), 0.0
    for index, count in enumerate(counts):
        total += count
        if total >= wanted:
            return TRIPS.edges[index + 1]
    return TRIPS.edges[-1]


class NightWays(BedAbsence):
    """The present time out of bed, and how long those before took."""

    __slots__ = ("_trips", "changes", "strongest", "told")

    def __init__(self) -> None:
        super().__init__()
        #: Room changes of the home when the bed was left.
        self.changes = 0
        #: Whether it has been told that this time out of bed is long.
        self.told = False
        #: The most that walking and busy rooms together said of this time out of bed.
        self.strongest = 0.0
        self._trips = Histograms(TRIPS, 1)

    def _left(self, view: HomeView) -> None:
        self.changes, self.told, self.strongest = view.walks.counts, False, 0.0

    def _over(self, since: float, back: float, view: HomeView) -> None:
        del view
        if back - since >= TRIPS.low_s:
            self._trips.add(0, back - since)

    def close_day(self) -> None:
        """Let old trips fade."""
        self._trips.decay(_KEEP)

    @property
    def limit_s(self) -> float:
        """Seconds after which being up is long for this person."""
        return min(max(FACTOR * trip_s(self._trips.row(0), SHARE), LEAST_S), MOST_S)

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        strongest = [self.strongest] if self.strongest else []  # not known before 0294
        return [
            [self.since, self.changes, self.told, *strongest],
            self._saved(),
            self._trips.snapshot(),
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> NightWays:
        """Return it as `snapshot` saw it."""
        ways = cls()
        ways.since, ways.changes, ways.told, *strongest = state[0]
        ways.strongest = strongest[0] if strongest else 0.0
        ways._become(state[1])
        ways._trips.restore(state[2])
        return ways
