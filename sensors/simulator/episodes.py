"""Things that go wrong, with their truth: what, from when until when, how badly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What happens."""

    DOOR_AT_NIGHT = "door_at_night"
    """She leaves her bed and goes out of the front door."""
    LONG_LIE = "long_lie"
    """She lies where no sensor sees a movement."""
    FALL = "fall"
    """She falls; the wrist feels the impact. She lies, or gets up again."""
    SOS = "sos"
    """She presses the pendant."""
    NOT_BACK = "not_back"
    """She goes out and does not come back for long."""
    LOST = "lost"
    """She goes out as on other days and does not find her way."""
    NIGHT_WANDERING = "night_wandering"
    """Up at night and from room to room."""
    PACING = "pacing"
    """Back and forth, in circles, or to and fro without a pattern, by day."""
    OVERSTAY = "overstay"
    """She sits in the bathroom and hardly moves."""
    LATE_RISE = "late_rise"
    """She stays in bed long after her usual time."""
    APPLIANCE = "appliance"
    """The stove is on and nobody is in the kitchen."""
    BATHROOM_CHANGE = "bathroom_change"
    """For days more often in the bathroom and less in the kitchen."""
    DECLINE = "decline"
    """For weeks ever slower and less often out."""
    DEAD_SENSOR = "dead_sensor"
    """A device says nothing more."""
    OBSTRUCTED = "obstructed"
    """A motion sensor reports but sees nothing."""
    STUCK = "stuck"
    """A motion sensor says motion without end."""
    HUB_OUTAGE = "hub_outage"
    """Nothing comes from the home."""
    HOLIDAY = "holiday"
    """She is away for days, and nobody has told the system."""
    HOSPITAL = "hospital"
    """The same, fetched from home."""


SUB_THRESHOLD = 0
"""Severity of what no detector need notice."""
WORST = 3
DAYS_LONG = frozenset({Kind.BATHROOM_CHANGE, Kind.DECLINE, Kind.HOLIDAY, Kind.HOSPITAL})
DEVICES = frozenset({Kind.DEAD_SENSOR, Kind.OBSTRUCTED, Kind.STUCK, Kind.HUB_OUTAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One thing that goes wrong: a row of the truth."""

    kind: Kind
    at: datetime
    lasts: timedelta = timedelta(hours=3)
    #: With a fault: which device.
    device: str = ""
    #: Where it happens; empty for where she is.
    room: str = ""
    #: 0 for what is meant to stay below every threshold, up to 3.
    severity: int = 2
    #: How: ``pacing``, ``lapping`` or ``random`` of restless walking; ``faint`` of a lie with movement.
    how: str = ""
    #: Of getting lost: so long after the beginning she leaves the way that she knows.
    astray_after: timedelta = timedelta(0)

    @property
    def onset_s(self) -> float:
        """When there is something to notice, in seconds since 1970: leaving home is nothing yet."""
        return (self.at + self.astray_after).timestamp()

    @property
    def start_s(self) -> float:
        """Beginning in seconds since 1970."""
        return self.at.timestamp()

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.at + self.lasts

    @property
    def end_s(self) -> float:
        """End in seconds since 1970."""
        return self.end.timestamp()

    def overlaps(self, start_s: float, end_s: float) -> bool:
        """Tell whether some of it lies within a span."""
        return self.start_s < end_s and self.end_s > start_s
