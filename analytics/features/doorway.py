"""Whether the sensors behind a door see who passes it, learned from its passages. Pure and bounded.

A sensor there that looks the other way, is dead or fires by itself is no witness: where it says nothing,
somebody may have left all the same (docs/decisions/0268).
"""

from __future__ import annotations

from typing import Any

SEES_FROM = 0.35
"""Share of passages at which a sensor near the door must have seen somebody to count as a witness; it is 0.68
to 0.98 in 23 homes of TIHM."""
PRIOR_SEEN, PRIOR = 1.0, 1.5
"""Passages that the prior stands for: the first two without anybody seen are enough to doubt it."""
_KEEP = 0.97
"""Some thirty passages are remembered, so that a sensor that was turned is known again within days."""


class Doorway:
    """The passages of one home, and at how many of them somebody was seen behind the door."""

    __slots__ = ("_all", "_passed_at", "_seen", "_witnessed")

    def __init__(self) -> None:
        self._seen = self._all = 0.0
        #: The last passage, which a sign may still follow; None once it is counted.
        self._passed_at: float | None = None
        self._witnessed = False

    @property
    def seen(self) -> bool:
        """Whether who passes is seen, as far as known.

        Examples
        --------
        >>> doorway = Doorway()
        >>> for hour in range(6):
        ...     doorway.passage(hour * 3600.0, seen=False)
        >>> doorway.seen
        False
        """
        return self._seen + PRIOR_SEEN >= SEES_FROM * (self._all + PRIOR)

    def passage(self, at: float, *, seen: bool) -> None:
        """Take in that a door that leads out was passed.

        Parameters
        ----------
        seen
            Whether somebody was seen near it shortly before.
        """
        self.settle()
        self._passed_at, self._witnessed = at, seen

    def sign(self, at: float, within_s: float) -> None:
        """Take in that a sensor near the door saw somebody; who comes in is seen shortly after."""
        passed = self._passed_at
        if passed is not None and 0.0 <= at - passed <= within_s:
            self._witnessed = True

    def settle(self) -> None:
        """Count the last passage: another one begins, and no sign can follow it any more."""
        if self._passed_at is not None:
            self._all = self._all * _KEEP + 1.0
            self._seen = self._seen * _KEEP + self._witnessed
            self._passed_at = None

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [self._seen, self._all, self._passed_at, self._witnessed]

    @classmethod
    def restored(cls, state: list[Any]) -> Doorway:
        """Return the doorway as `snapshot` saw it."""
        doorway = cls()
        doorway._seen, doorway._all, doorway._passed_at, doorway._witnessed = state
        return doorway
