"""Whether somebody has just come from bed, told by the bed or by the rooms. Pure and bounded.

Who lies in bed moves as well: minutes with movement alone do not tell who is up (docs/decisions/0286).
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any

from analytics.features.plan import Zone
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan
    from core.model.observation import Observation

STAY_S = 300.0
"""Who was nowhere else for so long was in bed, as far as rooms tell; who fetches something is out before."""
RISEN_S = 90.0
"""Who left bed so shortly ago comes from there."""


class Risen(Enum):
    """Whether who is up now was in bed a moment ago."""

    NO = "no"
    PERHAPS = "perhaps"
    """Nobody had been anywhere but in the bedroom for minutes."""
    SURE = "sure"
    """A bed sensor was left."""


class OutOfBed:
    """When somebody last came from bed in one home.

    Examples
    --------
    >>> OutOfBed().risen(0.0)
    <Risen.NO: 'no'>
    """

    __slots__ = ("_came_at", "_emptied_at", "_entered_at", "_lay_at", "_occupied")

    def __init__(self) -> None:
        #: First sign in the bedroom since the last one elsewhere; None while somebody is elsewhere.
        self._entered_at: float | None = None
        #: First sign elsewhere after a stay in the bedroom.
        self._came_at = -math.inf
        #: What a bed said last, and when; when one was last left.
        self._occupied = False
        self._lay_at = self._emptied_at = -math.inf

    def show(self, at: float, device: DevicePlan, observation: Observation, *, fresh: bool) -> None:
        """Take in a sign of a person inside.

        Parameters
        ----------
        at
            When it was, in seconds.
        fresh
            Whether it is later than all before; else only the last word of a bed counts.
        """
        if observation.quantity is Quantity.BED:
            self._lie(at, occupied=observation.value > 0)
        if not fresh:
            return
        if device.zone is Zone.BED:
            self._entered_at = at if self._entered_at is None else self._entered_at
            return
        if self._lies(at):
            self._came_at = at
        self._entered_at = None

    def _lie(self, at: float, *, occupied: bool) -> None:
        if at < self._lay_at:
            return
        if self._occupied and not occupied:
            self._emptied_at = at
        self._lay_at, self._occupied = at, occupied

    def _lies(self, at: float) -> bool:
        entered = self._entered_at
        return entered is not None and at - entered >= STAY_S

    def risen(self, at: float) -> Risen:
        """Return whether who is up at a moment has just come from bed."""
        if at - self._emptied_at <= RISEN_S:
            return Risen.SURE
        if self._lies(at) or at - self._came_at <= RISEN_S:
            return Risen.PERHAPS
        return Risen.NO

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values; an empty list for what is new."""
        if self._entered_at is None and self._came_at == self._lay_at == -math.inf:
            return []
        return [self._entered_at, self._came_at, self._occupied, self._lay_at, self._emptied_at]

    @classmethod
    def restored(cls, state: list[Any]) -> OutOfBed:
        """Return it as `snapshot` saw it."""
        found = cls()
        if state:
            found._entered_at, found._came_at = state[:2]
            found._occupied, found._lay_at, found._emptied_at = state[2:]
        return found
