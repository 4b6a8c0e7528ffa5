"""What followed a hard knock at something worn: stillness, walking, a bed or chair, nobody wearing it. Pure.

The knock itself is common in daily life; what tells is the minute and a half after it (detection.md §6).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from analytics.features.impacts import WRIST

DECIDE_S = 90.0
"""From the knock: nobody goes to another room for so long (detection.md §6)."""
STILL_S = (35.0, 95.0)
"""When a report of movement must come to say something of the time after the knock: each looks back 30 s."""
STILL_G, WALKING_G = 0.03, 0.08
"""Below, an arm lies still (our judgement: sitting arms move more); from, somebody walks (WEDA-FALL, older
people: 5 % of walks below 0.089 g)."""
NO_ARM_G = 0.001
"""Less than breathing moves an arm: nobody wears it."""
SEATED_WITHIN_S = 10.0
"""Into a bed or chair so shortly around the knock: that was the knock (detection.md §6)."""
SETTLE_S = 10.0
"""Movement so shortly after the knock may be from before it: clocks of devices differ."""
LATE_S = 15.0
"""A knock that comes late waits so long for what was sent with it."""


class Outcome(StrEnum):
    """What followed."""

    STILL = "still"
    """The arm lies still, and nobody went anywhere."""
    QUIET = "quiet"
    """Nothing is known of the arm; nothing moves in the home."""
    UNSEEN = "unseen"
    """Nothing is known of the arm, and the home can not be seen, or she is out."""
    RESTLESS = "restless"
    """The arm moves, or something in the same room does."""
    WALKED = "walked"
    """Somebody walks, or goes to another room."""
    SEATED = "seated"
    """Into a bed or chair with the knock, or in it all the time."""
    TAKEN_OFF = "taken off"
    """Nobody wears it."""


@dataclass(slots=True)
class Knock:
    """One knock and what is known of the time after it."""

    #: When its hardest moment was and when we heard of it, in seconds.
    at: float
    heard: float
    #: In g, degrees and g; None while not told.
    peak: float | None = None
    tilt: float | None = None
    stillness: float | None = None
    #: Where she was, by number; 0 when not known.
    room: int = 0
    elsewhere: bool = False
    stirred: bool = False
    seated: bool = False
    off: bool = False
    reports: int = 0
    #: Largest movement told, in g.
    moved: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether it is as hard, with as much of a turn and as still an arm after it, as the rule asks.

        A device that tells the peak alone is believed.
        """
        return (
            self.peak is not None
            and self.peak > WRIST.peak_g
            and (self.tilt is None or self.tilt > WRIST.tilt_deg)
            and (self.stillness is None or self.stillness < WRIST.stillness_g)
        )

    @property
    def due(self) -> float:
        """When it is to be judged."""
        return max(self.at + DECIDE_S, self.heard + LATE_S)

    def show(self, at: float, room: int, *, seat: bool) -> None:
        """Take in that somebody moved in a room, or sat or lay down there."""
        after = at - self.at
        if seat and abs(after) <= SEATED_WITHIN_S:
            self.seated = True
        if after <= SETTLE_S:
            self.room = room or self.room
        elif at <= self.due:
            self.elsewhere = self.elsewhere or (self.room not in {0, room}) or seat
            self.stirred = True
            self.room = self.room or room

    def move(self, at: float, movement: float) -> None:
        """Take in a report of movement, in g."""
        if STILL_S[0] <= at - self.at <= STILL_S[1]:
            self.reports += 1
            self.moved = max(self.moved, movement)

    def outcome(self, *, seen: bool, alone: bool, beats: bool) -> Outcome:
        """Judge what followed.

        Parameters
        ----------
        seen
            Whether the home can be seen and she is in it.
        alone
            Whether it must have been she who moved in the home.
        beats
            Whether a heart has been felt lately.
        """
        nobody = bool(self.reports) and self.moved < NO_ARM_G and not beats
        if self.off or nobody:
            return Outcome.TAKEN_OFF
        if self.seated:
            return Outcome.SEATED
        if self.moved >= WALKING_G or (self.elsewhere and (alone or not self.reports)):
            return Outcome.WALKED
        if self.reports:
            return Outcome.STILL if self.moved < STILL_G else Outcome.RESTLESS
        if not seen:
            return Outcome.UNSEEN
        return Outcome.RESTLESS if self.stirred else Outcome.QUIET

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return list(astuple(self))
