"""Who is on call: weekly shifts, and what changes them for once. Pure; the moment is a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.errors import Malformed
from core.model.ids import CarerId, HomeId
from core.model.week import WEEK_MIN, WeeklySpan, occurrences
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_SHIFTS = 60
LONGEST_COVER = timedelta(days=28)
FURTHEST = timedelta(days=366)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hours of every week for which one person is on call."""

    hours: WeeklySpan
    carer_id: CarerId


class CoverState(StrEnum):
    """Life of a change to the rota: asked of somebody, then agreed or not."""

    ASKED = "asked"
    AGREED = "agreed"
    """It counts. What somebody who keeps the rota decides is agreed at once."""
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One person stands in for whoever is on call, for once."""

    cover_id: int = 0
    starts_at: datetime
    ends_at: datetime
    #: Who is on call instead.
    carer_id: CarerId
    #: Who asked for it, or decided it.
    asked_by: CarerId
    state: CoverState = CoverState.AGREED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """The shifts of an organisation or of the people around one home."""

    rota_id: int = 0
    #: None for the rota of the whole organisation.
    home_id: HomeId | None = None
    zone: ZoneInfo
    shifts: tuple[Shift, ...] = ()
    #: Agreed ones only, in the order in which they were agreed: the latest counts.
    covers: tuple[Cover, ...] = ()

    @property
    def people(self) -> frozenset[CarerId]:
        """Everybody who has a shift."""
        return frozenset(shift.carer_id for shift in self.shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time without a handover."""

    start: datetime
    end: datetime
    #: None for a gap: nobody is on call.
    carer_id: CarerId | None
    #: The cover it comes from; None for a shift or a gap.
    cover_id: int | None = None


def on_call(rota: Rota, moment: datetime) -> CarerId | None:
    """Return who is on call at ``moment``; None for a gap.

    A shift begins with its first moment and ends before the first of the next, so there is exactly one
    answer, also on the days the clock changes.

    Examples
    --------
    >>> from datetime import UTC
    >>> nights = Shift(hours=WeeklySpan(days=(6,), start=1320, end=420), carer_id=CarerId(3))
    >>> rota = Rota(zone=ZoneInfo("Europe/London"), shifts=(nights,))
    >>> [on_call(rota, datetime(2026, 1, 5, h, tzinfo=UTC)) for h in (0, 6, 7)]
    [3, 3, None]
    """
    return _at(rota, moment)[0]


def _at(rota: Rota, moment: datetime) -> tuple[CarerId | None, int | None]:
    for cover in reversed(rota.covers):
        if cover.starts_at <= moment < cover.ends_at:
            return cover.carer_id, cover.cover_id
    for shift in rota.shifts:
        for begins, ends in occurrences(shift.hours, rota.zone, moment, moment + SECOND):
            if begins <= moment < ends:
                return shift.carer_id, None
    return None, None


def stretches(rota: Rota, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """Return [start, end) as stretches without a gap between them; where nobody is on call, so said."""
    edges = {start, end}
    for shift in rota.shifts:
        for both in occurrences(shift.hours, rota.zone, start, end):
            edges.update(both)
    for cover in rota.covers:
        edges.update((cover.starts_at, cover.ends_at))
    found: list[Stretch] = []
    for begins, ends in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        carer_id, cover_id = _at(rota, begins)
        last = found[-1] if found else None
        if last and (last.carer_id, last.cover_id) == (carer_id, cover_id):
            begins, _ = last.start, found.pop()  # noqa: PLW2901 (one stretch goes on)
        found.append(Stretch(start=begins, end=ends, carer_id=carer_id, cover_id=cover_id))
    return tuple(found)


def gaps(rota: Rota, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """Return the times in [start, end) for which nobody is on call."""
    return tuple(one for one in stretches(rota, start, end) if one.carer_id is None)


def check_shifts(shifts: Sequence[Shift], people: Collection[CarerId]) -> None:
    """Refuse shifts that name somebody who can not be on call, or two people at once.

    Parameters
    ----------
    people
        Who may be on call.

    Raises
    ------
    Malformed
        Naming the shift, counted from 1.
    """
    if len(shifts) > MOST_SHIFTS:
        raise Malformed("shifts", marked("at most %(n)s shifts"), n=MOST_SHIFTS)
    taken: dict[int, int] = {}
    for number, shift in enumerate(shifts, 1):
        if shift.carer_id not in people:
            raise Malformed(f"shift {number}", "somebody who works here and may be on call")
        for begins, ends in shift.hours.week_minutes():
            for minute in range(begins, ends):
                other = taken.setdefault(minute % WEEK_MIN, number)
                if other != number:
                    raise Malformed(f"shift {number}", f"hours that shift {other} does not have")


def check_cover(cover: Cover, people: Collection[CarerId], now: datetime) -> None:
    """Refuse a change that is over, too long, or names somebody who can not be on call.

    Raises
    ------
    Malformed
        Naming ``carer``, ``starts`` or ``ends``.
    """
    if cover.carer_id not in people:
        raise Malformed("carer", marked("somebody who works here and may be on call"))
    if cover.ends_at <= cover.starts_at:
        raise Malformed("ends", marked("a time after the start"))
    if cover.ends_at <= now:
        raise Malformed("ends", marked("a time that is still to come"))
    if cover.ends_at > now + FURTHEST:
        raise Malformed("ends", marked("a time within a year"))
    if cover.ends_at - cover.starts_at > LONGEST_COVER:
        longest = marked("at most %(days)s days after the start")
        raise Malformed("ends", longest, days=LONGEST_COVER.days)
