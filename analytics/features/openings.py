"""A door that opened and has not been followed by movement inside: what is said of it, and when. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.features.coverage import LATE_S
from analytics.features.door_habits import Hour
from analytics.features.occupancy import AWAY_AFTER_S
from analytics.features.wording import ROOMS, duration
from core.model.finding import Severity
from core.model.said import say
from core.model.words import marked

if TYPE_CHECKING:
    from analytics.features.view import HomeView

ESCALATE_AFTER_S = 180.0
AWAKE_AFTER_S = 90.0
"""Who is up, looks out and stays has mostly been seen inside again by then (docs/decisions/0220)."""
USUAL_AFTER_S = 300.0
"""Who is up as on other days, looks out and stays takes longer to show again (docs/decisions/0286)."""

_SOON = ((0.0, Severity.CHECK), (ESCALATE_AFTER_S, Severity.URGENT))
#: What is said of an opening, by the kind of hour: at once, and when nobody has moved inside for so long.
STAGES: dict[Hour, tuple[tuple[float, Severity], ...]] = {
    Hour.NIGHT: _SOON,
    Hour.RARE: _SOON,
    Hour.OFTEN: (
        (0.0, Severity.NOTICE),
        (ESCALATE_AFTER_S, Severity.CHECK),
        (AWAY_AFTER_S, Severity.URGENT),
    ),
    Hour.UP: ((USUAL_AFTER_S, Severity.CHECK), (AWAY_AFTER_S, Severity.URGENT)),
    Hour.RISEN: ((AWAKE_AFTER_S, Severity.CHECK), (AWAY_AFTER_S, Severity.URGENT)),
    Hour.AWAKE: ((AWAKE_AFTER_S, Severity.CHECK), (ESCALATE_AFTER_S, Severity.URGENT)),
    Hour.COMES: ((ESCALATE_AFTER_S, Severity.CHECK), (AWAY_AFTER_S, Severity.URGENT)),
    Hour.GOES: ((USUAL_AFTER_S, Severity.NOTICE),),
    Hour.ORDINARY: (),
}


@dataclass(slots=True, kw_only=True)
class Opening:
    """A door that opened and has not been followed by movement inside."""

    onset: float
    hour: Hour
    #: When a door last opened, and the room of that door.
    door_at: float
    room_id: int
    #: Whether nobody had moved inside just before: then movement behind the door is somebody who came in.
    arrival: bool
    #: Whether somebody was taken to be home; otherwise somebody had moved inside and was not believed.
    sure: bool = True
    #: Whether only its closing was heard.
    unheard: bool = False
    #: How many of its `STAGES` are said.
    said: int = 0

    @property
    def due(self) -> float:
        """When there is more to say if nobody moves inside."""
        stages = STAGES[self.hour]
        return self.door_at + stages[self.said][0] if self.said < len(stages) else math.inf

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return [
            self.onset,
            self.hour.value,
            self.door_at,
            self.room_id,
            self.arrival,
            self.sure,
            self.said,
            self.unheard,
        ]

    @classmethod
    def restored(cls, state: list[Any] | None) -> Opening | None:
        """Return the opening as `snapshot` saw it; None for None."""
        if state is None:
            return None
        onset, hour, door_at, room_id, arrival, sure, said, *unheard = state  # none before 0251
        return cls(
            onset=onset,
            hour=Hour(hour),
            door_at=door_at,
            room_id=room_id,
            arrival=arrival,
            sure=sure,
            said=said,
            unheard=any(unheard),
        )


def nobody_since(view: HomeView, opening: Opening) -> str:
    """Say that nobody has moved inside for so long."""
    text = marked("The outer door opened at %(time)s and nobody has moved inside since, %(span)s")
    if opening.unheard:
        text = marked(
            "The outer door was shut at %(time)s and nobody has moved inside since, %(span)s"
        )
    span = duration(view.now - opening.door_at)
    return say(text, time=view.clock(opening.door_at), span=span)


def somebody_home(opening: Opening) -> str:
    """Say that somebody was home."""
    shut = say("Somebody was home when it was shut")
    return shut if opening.unheard else say("Somebody was home when it opened")


def door_moved(opening: Opening) -> str:
    """Say what was heard of the door."""
    return say("The outer door was shut") if opening.unheard else say("The outer door opened")


def moved(opening: Opening, view: HomeView) -> str:
    """Say when the door moved, and where somebody was seen before."""
    when = view.clock(view.at)
    text = say("The outer door opened at %(time)s", time=when)
    if opening.unheard:
        text = say(
            "The outer door was shut at %(time)s (that it was opened was not heard)", time=when
        )
    if view.now - view.at > LATE_S:
        reached = view.clock(view.now)
        text = say("%(text)s (this reached us only at %(time)s)", text=text, time=reached)
    before = view.previous_at
    if before is None or view.at < before:
        return text
    return say(
        "%(text)s, %(span)s after the last movement (%(room)s)",
        text=text,
        span=duration(view.at - before),
        room=ROOMS[view.previous_room],
    )
