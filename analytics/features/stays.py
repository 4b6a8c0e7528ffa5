"""How long people stay in a room of one kind, from going in to the last sign there. Pure and bounded.

A pause ends with any movement; a stay does not end while only its own room moves: somebody on the floor of
the bathroom who stirs has not left it. It ends with the first sign anywhere else, and its length is what was
surely spent there, up to the last sign in the room: where leaving is not seen, what follows is a pause, not a
stay. A stay during which the home could not be seen for a while counts as at least so long.

References
----------
detection.md (a) D4; censored stays are redistributed to the right (Efron 1967, as in `survival`).
"""

from __future__ import annotations

from typing import Any

from analytics.features.survival import Curve, Grid, Histograms

GRID = Grid(60.0, 6 * 3600.0, 48)
HALF_LIFE_DAYS = 28.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
PRIOR_DAYS = 7.0
#: Stays in a bathroom a day with median (s) and sigma: by day, by night.
POPULATION = (
    tuple(GRID.lognormal(8.0, 240.0, 0.8)),
    tuple(GRID.lognormal(3.0, 240.0, 0.8)),
)
ONCE_IN_DAYS = 365.0
"""A stay is unusual if one so long comes once in so many days, by day or by night.

Many times what a home is watched for: the tail beyond what it has shown is a guess (0139)."""


class Stays:
    """The stays in one kind of room: the present one, and how long the former ones lasted."""

    __slots__ = ("_days", "_lengths", "_limits", "last", "night", "room", "since", "unseen")

    def __init__(self) -> None:
        self._lengths = Histograms(GRID, len(POPULATION))
        self._days = 0.0
        self._limits: dict[bool, float] = {}
        #: Since when the present stay lasts, in seconds; None while nobody is there.
        self.since: float | None = None
        #: Last sign of somebody there.
        self.last = 0.0
        #: Number of its room.
        self.room = 0
        #: Whether it began at night.
        self.night = False
        #: Whether somebody may have been where nobody is seen in between: then nothing is learned of it.
        self.unseen = False

    def enter(self, at: float, room: int, *, night: bool, unseen: bool = False) -> None:
        """Begin a stay."""
        self.since, self.last, self.room, self.night = at, at, room, night
        self.unseen = unseen

    def leave(self) -> None:
        """Forget the present stay: nobody knows when it ended."""
        self.since = None

    def seen_s(self) -> float:
        """Seconds from going in to the last sign there; 0 while nobody is there."""
        return 0.0 if self.since is None else self.last - self.since

    def learn(self, cut_at: float | None = None) -> None:
        """End the present stay and take in its length.

        Parameters
        ----------
        cut_at
            From when on nothing could be seen for a while: it lasted at least so long.
        """
        since = self.since
        if since is None:
            return
        self.since, row = None, int(self.night)
        length_s = (self.last if cut_at is None else cut_at) - since
        if length_s < GRID.low_s or self.unseen:
            return
        if cut_at is not None:
            self._lengths.add_censored(row, length_s, POPULATION[row])
        else:
            self._lengths.add(row, length_s)

    def close_day(self) -> None:
        """Let what is known fade by one day."""
        self._lengths.decay(_KEEP)
        self._days = self._days * _KEEP + 1.0
        self._limits.clear()

    def limit_s(self, *, night: bool) -> float:
        """Return the length in seconds that a stay exceeds once in `ONCE_IN_DAYS` here."""
        found = self._limits.get(night)
        if found is None:
            found = self._limits[night] = self._curve(night=night).exceeded_with(1 / ONCE_IN_DAYS)
        return found

    def once_in_days(self, length_s: float) -> float:
        """Return in how many days a stay so long, by day or night as the present one, comes once."""
        return 1.0 / max(self._curve(night=self.night).exceedance(length_s), 1e-9)

    def _curve(self, *, night: bool) -> Curve:
        row = int(night)
        return Curve(GRID, self._lengths.row(row), self._days, POPULATION[row], PRIOR_DAYS)

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        unseen = (
            [True] if self.unseen else []
        )  # most never have been, and states before 0293 neither
        stay = [self.since, self.last, self.room, self.night, *unseen]
        return [self._lengths.snapshot(), self._days, *stay]

    @classmethod
    def restored(cls, state: list[Any]) -> Stays:
        """Return the stays as `snapshot` saw them."""
        stays = cls()
        stays._lengths.restore(state[0])
        stays._days, stays.since, stays.last, stays.room, stays.night = state[1:6]
        stays.unseen = state[6:] == [True]
        return stays
