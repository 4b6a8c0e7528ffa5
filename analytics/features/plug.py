"""What an appliance on a measuring plug draws, since when it is on, and who has been near it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from analytics.detector import NEVER, Episode
from core.model.finding import Severity

ALONE_S = 1200.0
RAISE_AFTER_S = 1200.0
HEATS_W = 300.0
ON_SHARE = 0.3
PAUSE_S = 300.0
_LEAK = 0.02


@dataclass(slots=True, kw_only=True)
class Plug:
    """One appliance."""

    room_id: int
    #: Leaking minimum and maximum of what it draws, in W.
    idle: float = 0.0
    active: float = 0.0
    watts: float = 0.0
    #: When it last said what it draws.
    said: float = -math.inf
    #: Since when it is on, pauses of a thermostat included; None while off.
    on: float | None = None
    #: Since when it draws no more than when idle; None while it does.
    off: float | None = None
    #: When a person last showed in its room.
    seen: float = -math.inf
    episode: Episode | None = None
    #: While nobody can be seen near it: when to look whether somebody can be elsewhere.
    again: float = -math.inf
    #: While on: when somebody last showed after so long that they may have been near it unseen.
    lost: float = -math.inf

    @property
    def limit_w(self) -> float:
        """Watts from which it counts as on."""
        return max(HEATS_W, self.idle + ON_SHARE * (self.active - self.idle))

    @property
    def alone_since(self) -> float:
        """Since when it is on with nobody in the room; infinite while off."""
        return math.inf if self.on is None else max(self.on, self.seen)

    @property
    def due(self) -> float:
        """When it may have to be told of."""
        if self.off is not None:
            return self.off + PAUSE_S
        if self.on is None:
            return NEVER
        raised = self.episode is not None
        if self.episode is not None and self.episode.severity is Severity.URGENT:
            return NEVER
        return max(self.alone_since + ALONE_S + (RAISE_AFTER_S if raised else 0.0), self.again)

    def draw(self, watts: float, at: float) -> None:
        """Take in what it draws from ``at`` on."""
        if at < self.said:
            return
        self.said, self.watts = at, watts
        self.idle = watts if watts < self.idle else self.idle + _LEAK * (watts - self.idle)
        self.active = watts if watts > self.active else self.active + _LEAK * (watts - self.active)
        if watts >= self.limit_w:
            if self.on is None:
                self.on, self.lost = at, -math.inf
            self.off = None
        elif self.on is not None and self.off is None:
            self.off = at

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        episode = self.episode.snapshot() if self.episode else None
        power = [self.idle, self.active, self.watts, self.said]
        unseen = [self.again, self.lost]  # states before 0293 and 0298 do not know of them
        while unseen and unseen[-1] == -math.inf:
            del unseen[-1]
        return [self.room_id, power, self.on, self.off, self.seen, episode, *unseen]

    @classmethod
    def restored(cls, state: list[Any]) -> Plug:
        """Return the appliance as `snapshot` saw it."""
        idle, active, watts, said = state[1]
        return cls(
            room_id=state[0],
            idle=idle,
            active=active,
            watts=watts,
            said=said,
            on=state[2],
            off=state[3],
            seen=state[4],
            episode=Episode.restored(state[5]),
            again=next(iter(state[6:]), -math.inf),
            lost=next(iter(state[7:]), -math.inf),
        )
