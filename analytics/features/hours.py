"""Activity hour by hour over two weeks, with the minutes in which it could have been seen. Pure, bounded.

A day of behaviour (04:00 to 04:00 local) stays open until 10:00, so that what comes late still counts;
then it is settled: each hour gets its minutes with movement and its *valid* minutes, in which somebody was
home without a guest and the home could be seen. Hours inside a long silence by day are not valid either:
whether that was stillness, absence or a fault is for other detectors to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analytics.features.localtime import (
    DAY_S,
    DAY_STARTS_H,
    HOUR_S,
    WAKING_FROM_H,
    WAKING_UNTIL_H,
)
from analytics.features.open_day import ANY, HOURS, OpenDay, hour_of_day
from core.model.circadian import (
    interdaily_stability,
    intradaily_variability,
    least_active,
    most_active,
    relative_amplitude,
)
from core.model.home import RoomKind
from core.model.said import say

if TYPE_CHECKING:
    from analytics.features.coverage import Coverage
    from analytics.features.localtime import LocalTime
    from analytics.features.plan import DevicePlan
    from analytics.features.walks import Walks

Floats = npt.NDArray[np.float64]
DAYS = 14
SETTLES_AT_H = 10.0
"""Local hour at which yesterday is settled, and digests are told (detection.md (a) D9)."""
SETTLES_AFTER_S = (SETTLES_AT_H - DAY_STARTS_H) * HOUR_S
SEEN_SHARE = 0.8
"""Of an hour that counts in the rhythm, so much must be valid (detection.md §4)."""
VALID_DAY_H = 16
"""Valid hours of a day that counts in the rhythm (detection.md §4)."""
FEWEST_DAYS = 5
"""Such days without which nothing is said of the rhythm (detection.md §4)."""
SILENT_WAKING_H = 6
"""Waking hours of silence at home that are taken as not seen (docs/decisions/0126)."""
VISIT_S = 75.0
"""Who stays in a bathroom for less passes through (Aruba: 95 % of the stays are longer, detection.md §11)."""
_PER_DAY = 24
_BATHROOM = RoomKind.BATHROOM.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The rhythm of the last days; activity is minutes with movement an hour."""

    days: int
    #: Interdaily stability, textbook convention, of hours.
    stability: float
    #: Intradaily variability, textbook convention, of hours.
    variability: float
    amplitude: float
    least: float
    most: float
    #: Local hours at which the five calmest and the ten busiest begin.
    least_from_h: float
    most_from_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDay:
    """A day about which no more is expected."""

    day: OpenDay
    #: Minutes of each hour at home and seen, shape (HOURS,).
    valid: Floats
    #: The same and minutes in which all were out: what the day is known by.
    known: Floats


class Hours:
    """Hours of one home.

    Parameters
    ----------
    now
        When the watch begins, in seconds.
    """

    __slots__ = (
        "_active",
        "_bathed",
        "_minute",
        "_numbers",
        "_room",
        "_since",
        "_status",
        "_valid",
        "due",
        "settled",
        "today",
        "yesterday",
    )

    def __init__(self, now: float, local: LocalTime) -> None:
        self.today = opened(now, local)
        #: The day before until it is settled.
        self.yesterday: OpenDay | None = None
        #: The day that the present tick settled; None at all other times.
        self.settled: SettledDay | None = None
        #: When `advance` settles or opens a day, in seconds.
        self.due = self.today.end
        self._minute, self._room = -1, 0
        #: Since when somebody is in a bathroom, in seconds; None while elsewhere.
        self._bathed: float | None = None
        #: (at home, with a guest), and since when that holds.
        self._status = (True, False)
        self._since = now
        #: Settled days, the latest last: number, minutes with movement and valid minutes an hour.
        self._numbers: list[int] = []
        self._active: list[bytes] = []
        self._valid: list[bytes] = []

    # What happens

    def show(self, at: float, device: DevicePlan, walks: Walks, *, fresh: bool) -> None:
        """Take in that a person showed inside; ``fresh`` when later than all before.

        What moves while a guest is there may be the guest, and none of that time is valid.
        """
        if not device.interior or self._status[1]:
            return
        day = self.today
        room, minute = device.room_id, int((at - day.start) // 60)
        if minute == self._minute and room == self._room:
            return
        if minute < 0:
            self._show_late(at, device)
            return
        day.see(minute, device.room)
        if fresh:
            if walks.step is not None:
                day.step(walks.step.seconds)
            if room != self._room:
                self._enter(at, minute, device)
            self._minute, self._room = minute, room

    def _enter(self, at: float, minute: int, device: DevicePlan) -> None:
        day = self.today
        if self._minute >= 0:
            day.move(minute)
        if device.room == _BATHROOM:
            if self._bathed is None:
                self._bathed = at
        elif self._bathed is not None:
            if at - self._bathed >= VISIT_S:
                day.visit(max(int((self._bathed - day.start) // 60), 0))
            self._bathed = None

    def _show_late(self, at: float, device: DevicePlan) -> None:
        day = self.yesterday
        if day is not None and at >= day.start:
            day.see(int((at - day.start) // 60), device.room)

    def come_back(self, left: float, back: float) -> None:
        """Take in that somebody came back from an outing."""
        if back - left < DAY_S:
            self.today.outings += 1
            return
        self.today.absent = True
        if self.yesterday is not None and left < self.yesterday.end:
            self.yesterday.absent = True

    def note(self, now: float, *, home: bool, guest: bool) -> None:
        """Take in who is home from ``now`` on."""
        self._account(now)
        self._status = (home, guest)
        if guest:
            self._bathed = None

    def _account(self, now: float) -> None:
        home, guest = self._status
        for day in (self.yesterday, self.today):
            if day is None:
                continue
            if guest:
                day.guest_s += max(0.0, min(now, day.end) - max(self._since, day.start))
            else:
                day.stay(self._since, now, home=home)
        self._since = now

    def advance(self, now: float, local: LocalTime, coverage: Coverage) -> None:
        """Let time pass to ``now``; settle yesterday, open today."""
        self.settled = None
        if now < self.due:
            return
        self._account(now)
        if now >= self.today.end:
            if self.yesterday is not None:
                self._settle(self.yesterday, coverage)
            self.yesterday, self.today = self.today, opened(now, local)
            # what lasts over the end of a day belongs to both
            self._since = self.today.start
            self._account(now)
            self._minute = -1
        if self.yesterday is not None and now >= self.today.start + SETTLES_AFTER_S:
            self._settle(self.yesterday, coverage)
            self.yesterday = None
        waits = self.yesterday is not None
        self.due = self.today.start + SETTLES_AFTER_S if waits else self.today.end

    def _settle(self, day: OpenDay, coverage: Coverage) -> None:
        valid = valid_minutes(day, coverage)
        known = np.minimum(valid + np.array(day.out_s) / 60.0, 60.0)
        self.settled = SettledDay(day=day, valid=valid, known=known)
        usual = day.usual_length
        active = np.where(usual, day.active(ANY), 0.0)[:_PER_DAY]
        kept = np.where(usual, valid, 0.0)[:_PER_DAY]
        self._numbers = [*self._numbers, day.number][-DAYS:]
        self._active = [*self._active, active.astype(np.uint8).tobytes()][-DAYS:]
        self._valid = [*self._valid, kept.astype(np.uint8).tobytes()][-DAYS:]

    # What others ask

    def table(self, days: int = DAYS) -> tuple[Floats, Floats]:
        """Return activity and valid minutes of the last settled days, shape (days × 24,) each.

        Activity is minutes with movement scaled to a whole hour, from 04:00 on; NaN where less than
        `SEEN_SHARE` of an hour was valid, on days with fewer than `VALID_DAY_H` such hours, and on days
        on which the clock was set.
        """
        wanted = self._numbers[-1] - days if self._numbers else 0
        activity = np.full((days, _PER_DAY), np.nan)
        valid = np.zeros((days, _PER_DAY))
        rows = zip(self._numbers, self._active, self._valid, strict=True)
        for number, active, seen in rows:
            row = number - wanted - 1
            if row < 0:
                continue
            valid[row] = np.frombuffer(seen, dtype=np.uint8)
            counted = valid[row] >= SEEN_SHARE * 60.0
            if counted.sum() >= VALID_DAY_H:
                minutes = np.frombuffer(active, dtype=np.uint8)[counted]
                activity[row, counted] = np.minimum(minutes * 60.0 / valid[row, counted], 60.0)
        return activity.ravel(), valid.ravel()

    def rhythm(self, days: int = 7) -> Rhythm | None:
        """Return the rhythm of the last ``days``; None with fewer than five valid ones."""
        activity, _ = self.table(days)
        count = int(np.isfinite(activity.reshape(days, _PER_DAY)).any(axis=1).sum())
        if count < FEWEST_DAYS or not np.nansum(activity) > 0:
            return None
        least, most = least_active(activity), most_active(activity)
        return Rhythm(
            days=count,
            stability=interdaily_stability(activity),
            variability=intradaily_variability(activity),
            amplitude=relative_amplitude(activity),
            least=least.mean,
            most=most.mean,
            least_from_h=(least.start_h + DAY_STARTS_H) % 24.0,
            most_from_h=(most.start_h + DAY_STARTS_H) % 24.0,
        )

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "today": self.today.snapshot(),
            "yesterday": self.yesterday.snapshot() if self.yesterday is not None else None,
            "due": self.due,
            "last": [self._minute, self._room, self._bathed],
            "status": [*self._status, self._since],
            "numbers": self._numbers,
            "hours": [b"".join(self._active), b"".join(self._valid)],
        }

    @classmethod
    def restored(cls, state: dict[str, Any], local: LocalTime) -> Hours:
        """Return the hours as `snapshot` saw them."""
        hours = cls(state["today"][1], local)
        hours.today = OpenDay.restored(state["today"])
        if state["yesterday"] is not None:
            hours.yesterday = OpenDay.restored(state["yesterday"])
        hours.due = state["due"]
        hours._minute, hours._room, hours._bathed = state["last"]
        home, guest, hours._since = state["status"]
        hours._status = (home, guest)
        hours._numbers = list(state["numbers"])
        hours._active, hours._valid = (
            [rows[place : place + _PER_DAY] for place in range(0, len(rows), _PER_DAY)]
            for rows in state["hours"]
        )
        return hours


def opened(now: float, local: LocalTime) -> OpenDay:
    """Return the day of behaviour that holds ``now``, with nothing in it."""
    wall = now + local.offset(now) - DAY_STARTS_H * HOUR_S
    start = now - wall % DAY_S
    # a clock set since 04:00 has moved its beginning
    start += local.offset(now) - local.offset(start)
    return OpenDay(local.day(now), start, local.next_day(now))


def valid_minutes(day: OpenDay, coverage: Coverage) -> Floats:
    """Return for each hour the minutes in which what happened could be seen, shape (HOURS,)."""
    valid = np.array(day.home_s)
    for hour in range(HOURS):
        start = day.start + hour * HOUR_S
        end = min(start + HOUR_S, day.end)
        if end > start and valid[hour] > 0.0:
            valid[hour] = max(0.0, valid[hour] - (end - start - coverage.elapsed(start, end)))
    valid[_silent(day.active(ANY), valid)] = 0.0
    return np.minimum(valid / 60.0, 60.0)


def _silent(active: Floats, valid: Floats) -> list[int]:
    """Return the hours of silences at home that hold too many waking hours."""
    silent: list[int] = []
    run: list[int] = []
    for hour in range(HOURS + 1):
        if hour < HOURS and active[hour] == 0 and valid[hour] > 0:
            run.append(hour)
            continue
        waking = sum(WAKING_FROM_H <= hour_of_day(one) < WAKING_UNTIL_H for one in run)
        if waking >= SILENT_WAKING_H:
            silent += run
        run = []
    return silent


def clock_text(hour: float) -> str:
    """Say a local hour as a time.

    Examples
    --------
    >>> clock_text(9.5), clock_text(25.25)
    ('09:30', '01:15')
    """
    if not math.isfinite(hour):
        return say("unknown")
    minutes = round(hour * 60.0) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
