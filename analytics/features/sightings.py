"""Whether each place of a home is still seen as often as people use to go there. Pure and bounded.

A motion sensor that is dead, turned to the wall or behind a new cupboard makes stillness of somebody who is
merely in its room. Long before the device is told (D0 wants to be sure of a fault) the other sensors show it:
with each change of place some visits to every place are to be expected, and where several have not come,
somebody may be where nothing is seen.
"""

from __future__ import annotations

import math
from array import array
from typing import Any

PARTS = 4
"""Parts of the day, of six hours each, in which places are visited in other shares."""
FEWEST = 20.0
"""Changes of place in a part of the day from which its shares are known."""
APART_S = 120.0
"""Who paces changes rooms four times a minute, past the same sensors: one change in two minutes counts."""
MISSED = 5.0
"""Visits to one place that were expected and did not come. Were they independent, one stretch in 150 would
miss so many by chance (docs/decisions/0216)."""


class Sightings:
    """Visits to each place, and those that were expected since the last one.

    Parameters
    ----------
    places
        How many places there can be.
    """

    __slots__ = ("_counted_at", "_missed", "_place", "_visits", "_ways")

    def __init__(self, places: int) -> None:
        #: Decayed number of visits, by part of the day and place.
        self._visits = array("f", bytes(4 * PARTS * places))
        #: Visits expected since the last one, by place.
        self._missed = array("f", bytes(4 * places))
        #: Decayed number of changes, by the place that was left and the one where somebody showed next.
        self._ways = array("f", bytes(4 * places * places))
        #: Where somebody was seen last; below 0 before the first time.
        self._place = -1
        self._counted_at = -math.inf

    def visit(self, at: float, place: int, hour: float) -> None:
        """Take in that somebody showed at a place.

        Parameters
        ----------
        at
            When, in seconds.
        hour
            The same as a local hour, 0 to 24.
        """
        if place == self._place:
            return
        if self._place >= 0:
            self._ways[self._place * len(self._missed) + place] += 1.0
        self._place = place
        if at - self._counted_at >= APART_S:
            self._counted_at = at
            self._expect(place, int(hour * PARTS / 24.0))
        self._missed[place] = 0.0

    def _expect(self, place: int, part: int) -> None:
        missed, visits = self._missed, self._visits
        row = part * len(missed)
        visits[row + place] += 1.0
        counts = visits[row : row + len(missed)]
        total = sum(counts)
        if total > FEWEST:
            for number, count in enumerate(counts):
                if count:  # most homes have a quarter of the places that there can be
                    missed[number] += count / total

    @property
    def hidden(self) -> bool:
        """Whether some place has missed so many visits that somebody may be there unseen.

        Examples
        --------
        Kitchen, hall and lounge in turn; then the kitchen is seen no more.

        >>> seen = Sightings(places=3)
        >>> for step in range(60):
        ...     seen.visit(150.0 * step, (0, 1, 2, 1)[step % 4], 9.0)
        >>> seen.hidden
        False
        >>> for step in range(60, 90):
        ...     seen.visit(150.0 * step, (1, 2)[step % 2], 9.0)
        >>> seen.hidden
        True
        """
        return max(self._missed) > MISSED

    def unseen(self, place: int) -> dict[int, float] | None:
        """Return where who was seen last at a place may be unseen, and how often that is so.

        Who has left the kitchen for a lounge that is not seen is seen by the hall first, if the hall lies
        between: then only who was seen last in the hall may be in the lounge. Which place follows on which
        is what this home has shown while all were seen, sensors that miss somebody included.

        Parameters
        ----------
        place
            Where somebody was seen last.

        Returns
        -------
        dict or None
            By hidden place the share, 0 to 1, of those who leave ``place`` and are seen there next; None if
            too few have left it to tell.

        Examples
        --------
        The lounge, 2, is behind the hall, 1, and is seen no more.

        >>> seen = Sightings(places=3)
        >>> for step in range(120):
        ...     seen.visit(150.0 * step, (0, 1, 2, 1)[step % 4], 9.0)
        >>> for step in range(120, 150):
        ...     seen.visit(150.0 * step, (0, 1)[step % 2], 9.0)
        >>> seen.unseen(0), {place: round(share, 1) for place, share in seen.unseen(1).items()}
        ({2: 0.0}, {2: 0.4})
        """
        missed = self._missed
        ways = self._ways[place * len(missed) : (place + 1) * len(missed)]
        total = sum(ways)
        if total < FEWEST:
            return None
        return {
            other: ways[other] / total for other, number in enumerate(missed) if number > MISSED
        }

    def arrivals(self, place: int) -> float:
        """Return the decayed number of changes to a place."""
        return sum(self._ways[place :: len(self._missed)])

    def forget(self, place: int) -> None:
        """Forget how often a place is visited: until it is learned anew, no visit is missed."""
        places = len(self._missed)
        for part in range(PARTS):
            self._visits[part * places + place] = 0.0
        for other in range(places):
            self._ways[place * places + other] = self._ways[other * places + place] = 0.0
        self._missed[place] = 0.0

    def fade(self, keep: float) -> None:
        """Let what is known fade: multiply the counts of visits and changes by ``keep``."""
        self._visits = array("f", [count * keep for count in self._visits])
        self._ways = array("f", [count * keep for count in self._ways])

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        visits, missed, ways = (
            column.tobytes() for column in (self._visits, self._missed, self._ways)
        )
        return [visits, missed, self._place, self._counted_at, ways]

    @classmethod
    def restored(cls, state: list[Any]) -> Sightings:
        """Return the sightings as `snapshot` saw them."""
        missed = array("f", state[1])
        sightings = cls(len(missed))
        sightings._visits, sightings._missed = array("f", state[0]), missed
        sightings._place, sightings._counted_at = state[2:4]
        if len(state) > 4:  # noqa: PLR2004 (before 0293 it was not kept)
            sightings._ways = array("f", state[4])
        return sightings
