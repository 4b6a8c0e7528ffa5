"""Whether somebody who was expected has come: by the times told in advance, the door, who moves inside. Pure.

Rooms do not tell a guest from her (docs/decisions/0117); what is told in advance alone does not tell whether
anybody came. Both together do: an outside door that opens about then, and movement inside after it. It ends
when the door opens again, for whoever goes, and half an hour after it should have at the latest
(docs/decisions/0309). Nobody is believed to have come by a door without a sensor.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any

from analytics.features.occupancy import Place
from analytics.features.witnesses import DOORSTEP_S

if TYPE_CHECKING:
    from analytics.features.localtime import LocalTime
    from analytics.features.occupancy import Occupancy
    from analytics.features.plan import DevicePlan
    from analytics.features.rounds import Round
    from analytics.features.view import HomeView
    from core.model.observation import Observation

ENTERS_WITHIN_S = 600.0
"""Who has not moved inside by then has not come in: a parcel, or she has gone out."""
SAME_S = 60.0
"""A door that swings, or is shut behind somebody: one passage."""
FETCHES_S = 300.0
"""Who has just come goes back for what is in the car."""


class Passage(Enum):
    """For whom a door that leads out opened last."""

    UNKNOWN = "unknown"
    COMES = "comes"
    """About when somebody is expected who is not there yet."""
    GOES = "goes"
    """While somebody who was expected is there."""


class Guests:
    """Who was expected and has come to one home.

    Parameters
    ----------
    rounds
        When somebody is expected.
    """

    __slots__ = ("_came_at", "_moved_at", "_until", "passage", "rounds", "there")

    def __init__(self, rounds: tuple[Round, ...]) -> None:
        self.rounds = rounds
        #: Whether somebody has come and has not gone.
        self.there = False
        self.passage = Passage.UNKNOWN
        #: When the door opened for who may have come; None while nobody has.
        self._came_at: float | None = None
        #: When the door last opened.
        self._moved_at = -math.inf
        #: Until when who has come may stay.
        self._until = 0.0

    @property
    def due(self) -> float:
        """From when on `advance` changes something; infinite while nobody has come."""
        if self._came_at is None:
            return math.inf
        return self._until if self.there else min(self._until, self._came_at + ENTERS_WITHIN_S)

    def show(self, at: float, device: DevicePlan, observation: Observation, view: HomeView) -> bool:
        """Take in that a person showed; return whether somebody has come or gone by it."""
        if device.exterior_door:
            if observation.value > 0:
                self.open(at, view.local, outside=_from_outside(at, view))
        elif device.interior:
            self.move(at, device)
        return self._met(view.occupancy)

    def open(self, at: float, local: LocalTime, *, outside: bool) -> None:
        """Take in that a door that leads out opens; ``outside`` where nobody inside can have opened it."""
        if at - self._moved_at <= SAME_S:  # what comes late as well
            return
        self._moved_at = at
        came = self._came_at
        if self.there and came is not None:
            self.passage = Passage.GOES
            if at - came > FETCHES_S:
                self._nobody()
            return
        self.passage, self._came_at = Passage.UNKNOWN, None
        if not outside:
            return
        offset = local.offset(at)
        until = max((one.ends(at + offset) for one in self.rounds), default=-math.inf) - offset
        if until > at:
            self.passage, self._came_at, self._until = Passage.COMES, at, until

    def move(self, at: float, device: DevicePlan) -> None:
        """Take in movement inside: who moves there after the door, and not on the doorstep, has come in."""
        came = self._came_at
        if came is not None and came < at <= came + ENTERS_WITHIN_S:
            self.there = self.there or at > came + DOORSTEP_S or not device.near_exit

    def advance(self, now: float, occupancy: Occupancy) -> bool:
        """Let time pass to ``now``; return whether somebody is taken to have gone by it."""
        if now >= self.due:
            self._nobody()
        return self._met(occupancy)

    def passed(self, at: float) -> Passage:
        """Return for whom the door opened that opens, or is shut again, at a moment."""
        return self.passage if 0.0 <= at - self._moved_at <= SAME_S else Passage.UNKNOWN

    def _nobody(self) -> None:
        self.there, self._came_at = False, None

    def _met(self, occupancy: Occupancy) -> bool:
        before, occupancy.visitor = occupancy.visitor, self.there
        return before is not self.there

    def snapshot(self) -> list[Any]:
        """Return what is known, without what is expected."""
        moved = None if self._moved_at == -math.inf else self._moved_at
        return [self.there, self.passage.value, self._came_at, moved, self._until]

    def restore(self, state: list[Any] | None, occupancy: Occupancy) -> None:
        """Become what `snapshot` saw; nobody has come for None."""
        if state is not None:
            self.there, passage, self._came_at, moved, self._until = state
            self.passage = Passage(passage)
            self._moved_at = -math.inf if moved is None else moved
        self._met(occupancy)


def _from_outside(at: float, view: HomeView) -> bool:
    """Whether a door was opened by who comes from outside while somebody is home.

    Who lives there opens it many times: to go out, to look, for the post. Where the sensor behind the door
    sees who passes, and saw nobody just before, it was none of them.
    """
    occupancy, witnesses = view.occupancy, view.occupancy.witnesses
    if occupancy.before is not Place.HOME or not witnesses.watch_door(view.plan):
        return False
    return witnesses.stays(at, view.activity)
