"""The facts of a night from what was seen: for the morning summary. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from core.model.home import Placement
from core.model.night import NightFacts, Span
from dashboard.day import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from core.model.home import Household
    from dashboard.day import Day

FROM, UNTIL, SHOWN_UNTIL = time(21), time(7), time(12)
"""The night begins and ends; the summary is shown from its end on, until noon."""
JOIN = timedelta(minutes=15)
"""Movement with shorter pauses is one time."""


def night_before(now: datetime, zone: ZoneInfo) -> Span | None:
    """Return the night that the morning tells of; None in the afternoon, the evening and the night.

    Examples
    --------
    >>> from datetime import UTC
    >>> from zoneinfo import ZoneInfo
    >>> night = night_before(datetime(2026, 7, 2, 7, tzinfo=UTC), ZoneInfo("Europe/London"))
    >>> [moment.isoformat() for moment in night]
    ['2026-07-01T21:00:00+01:00', '2026-07-02T07:00:00+01:00']
    >>> night_before(datetime(2026, 7, 2, 12, tzinfo=UTC), ZoneInfo("Europe/London"))
    """
    local = now.astimezone(zone)
    if not UNTIL <= local.time() < SHOWN_UNTIL:
        return None
    today = local.date()
    start = datetime.combine(today - timedelta(days=1), FROM, zone)
    return start, datetime.combine(today, UNTIL, zone)


def facts_of(day: Day, household: Household, end: datetime) -> NightFacts:
    """Put together what is known of a night.

    Parameters
    ----------
    day
        What was seen from the beginning of the night, also beyond its end.
    end
        When the night ended; later only the bed is looked at.
    """
    beds = {place_of(one) for one in household.devices if one.placement is Placement.BED}
    has_door = any(one.placement is Placement.ENTRANCE for one in household.devices)
    names = [person.name for person in household.residents]
    in_bed = (
        (stay.start, stay.end) for stay in day.stays if stay.place in beds and stay.start < end
    )
    moved = (
        (stay.start, stay.end) for stay in day.stays if stay.place not in beds and stay.start < end
    )
    doors = {mark.at for mark in day.marks if mark.is_door and mark.at < end}
    blind = ((gap.start, min(gap.end, end)) for gap in day.gaps if gap.is_blind and gap.start < end)
    return NightFacts(
        name=names[0] if len(names) == 1 else "",
        start=day.start,
        end=end,
        looked_until=day.end,
        in_bed=_joined(in_bed, timedelta(0)) if beds else None,
        movement=_joined(moved, JOIN),
        doors=tuple(sorted(doors)) if has_door else None,
        blind=_joined(blind, timedelta(0)),
    )


def _joined(spans: Iterable[Span], pause: timedelta) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= pause:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
