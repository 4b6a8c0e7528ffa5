"""One day of behaviour while it is still being told: minutes with movement, room by room. Pure, bounded.

Minutes are bits: what comes twice, late or out of order finds its place and counts once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analytics.features.localtime import DAY_S, DAY_STARTS_H, HOUR_S
from core.model.home import RoomKind

if TYPE_CHECKING:
    from collections.abc import Sequence

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
ANY = ""
"""Key of the minutes with movement in any room."""
KINDS = (
    ANY,
    RoomKind.HALL.value,
    RoomKind.KITCHEN.value,
    RoomKind.BEDROOM.value,
    RoomKind.BATHROOM.value,
)
"""Kinds of room whose minutes are kept."""
HOURS = 25
"""Hours of the longest day: the one on which the clock is set back."""
MINUTES = HOURS * 60
_BYTES = -(-MINUTES // 8)
STEP_BINS, STEP_LOW_S, STEP_HIGH_S = 24, 0.5, 30.0
_STEP_RATIO = math.log(STEP_HIGH_S / STEP_LOW_S) / STEP_BINS
FEWEST_STEPS = 5
_MOST = 65535


class OpenDay:
    """What was seen from 04:00 to 04:00 local time.

    Parameters
    ----------
    number
        Number of the day since 1970 (`LocalTime.day`).
    start, end
        Its first and last moment, in seconds.
    """

    __slots__ = (
        "absent",
        "bits",
        "end",
        "guest_s",
        "home_s",
        "moves",
        "number",
        "out_s",
        "outings",
        "start",
        "steps",
        "visits",
    )

    def __init__(self, number: int, start: float, end: float) -> None:
        self.number = number
        self.start = start
        self.end = end
        #: Minutes with movement since ``start``, a bit each, for each of `KINDS`.
        self.bits = {kind: bytearray(_BYTES) for kind in KINDS}
        #: Room changes in each hour.
        self.moves = [0] * HOURS
        #: Visits to a bathroom in each hour.
        self.visits = [0] * HOURS
        #: Seconds of each hour in which somebody was home without a guest, and in which all were out.
        self.home_s = [0.0] * HOURS
        self.out_s = [0.0] * HOURS
        self.guest_s = 0.0
        #: Times that somebody came back from an outing.
        self.outings = 0
        #: True when part of it lies in an absence of a day and more.
        self.absent = False
        #: Ways from room to room by their length in seconds, logarithmic bins.
        self.steps = [0] * STEP_BINS

    @property
    def usual_length(self) -> bool:
        """Whether no clock was set on this day."""
        return self.end - self.start == DAY_S

    def see(self, minute: int, kind: str) -> None:
        """Take in movement in a minute, counted from the start, in a kind of room."""
        if minute >= MINUTES:
            return
        byte, bit = minute >> 3, 1 << (minute & 7)
        self.bits[ANY][byte] |= bit
        room = self.bits.get(kind)
        if room is not None:
            room[byte] |= bit

    def move(self, minute: int) -> None:
        """Take in that somebody went to another room."""
        hour = minute // 60
        if hour < HOURS and self.moves[hour] < _MOST:
            self.moves[hour] += 1

    def visit(self, minute: int) -> None:
        """Take in that somebody went to a bathroom."""
        hour = minute // 60
        if hour < HOURS and self.visits[hour] < _MOST:
            self.visits[hour] += 1

    def step(self, seconds: float) -> None:
        """Take in how long the way to another room took."""
        place = int(math.log(max(seconds, STEP_LOW_S) / STEP_LOW_S) / _STEP_RATIO)
        place = min(place, STEP_BINS - 1)
        if self.steps[place] < _MOST:
            self.steps[place] += 1

    def stay(self, start: float, end: float, *, home: bool) -> None:
        """Take in that somebody was home without a guest, or all were out, for a span of this day."""
        seconds = self.home_s if home else self.out_s
        first, last = max(start, self.start), min(end, self.end)
        while first < last:
            hour = int((first - self.start) // HOUR_S)
            until = min(last, self.start + (hour + 1) * HOUR_S)
            if hour < HOURS:
                seconds[hour] += until - first
            first = until

    def minutes(self, kind: str) -> Bools:
        """Return for each minute whether there was movement, shape (MINUTES,)."""
        bits = np.frombuffer(bytes(self.bits[kind]), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little")[:MINUTES].astype(np.bool_)

    def active(self, kind: str) -> Floats:
        """Return minutes with movement in each hour, shape (HOURS,)."""
        return np.asarray(self.minutes(kind).reshape(HOURS, 60).sum(axis=1), dtype=np.float64)

    def step_s(self) -> float:
        """Return the median way between two rooms in seconds; NaN for fewer than five."""
        total = sum(self.steps)
        if total < FEWEST_STEPS:
            return math.nan
        below = 0.0
        for place, count in enumerate(self.steps):
            if below + count >= total / 2.0:
                share = (total / 2.0 - below) / count
                return STEP_LOW_S * math.exp((place + share) * _STEP_RATIO)
            below += count
        return STEP_HIGH_S

    def snapshot(self) -> list[Any]:
        """Return all of it as plain values."""
        return [
            self.number,
            self.start,
            self.end,
            b"".join(bytes(self.bits[kind]) for kind in KINDS),
            np.array([*self.moves, *self.visits, *self.steps], dtype="<u2").tobytes(),
            np.array([*self.home_s, *self.out_s], dtype="<f8").tobytes(),
            [self.guest_s, self.outings, self.absent],
        ]

    @classmethod
    def restored(cls, state: Sequence[Any]) -> OpenDay:
        """Return the day as `snapshot` saw it."""
        day = cls(state[0], state[1], state[2])
        for place, kind in enumerate(KINDS):
            day.bits[kind] = bytearray(state[3][place * _BYTES : (place + 1) * _BYTES])
        counts = np.frombuffer(state[4], dtype="<u2").tolist()
        day.moves, day.visits = counts[:HOURS], counts[HOURS : 2 * HOURS]
        day.steps = counts[2 * HOURS :]
        seconds = np.frombuffer(state[5], dtype="<f8").tolist()
        day.home_s, day.out_s = seconds[:HOURS], seconds[HOURS:]
        day.guest_s, day.outings, day.absent = state[6]
        return day


def hour_of_day(hour: int) -> float:
    """Return the local hour at which the ``hour``-th hour of a day of behaviour begins.

    Examples
    --------
    >>> hour_of_day(0), hour_of_day(23)
    (4.0, 3.0)
    """
    return (DAY_STARTS_H + hour) % 24.0
