"""The work list in words: for each device the one thing to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.battery import LOW_PERCENT
from core.model.home import Placement
from core.store.work import Fault
from dashboard.devices import heard, revive

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from core.store.work import WorkItem

URGENT_RISK = 2
"""Up to this a home cannot see what matters most: told first and marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLine:
    """One row of the list."""

    item: WorkItem
    #: Whether a resident is at risk until it is done.
    urgent: bool
    #: The one thing to do.
    todo: str
    #: Why, and when it was last heard.
    why: str


def work_lines(items: Iterable[WorkItem], now: datetime) -> tuple[WorkLine, ...]:
    """Put the items into words, in their order. When a device was heard is told by the hour."""
    return tuple(_line(item, now) for item in items)


def _line(item: WorkItem, now: datetime) -> WorkLine:
    todo, why = _words(item, now)
    if item.fault is not Fault.NEVER:
        why += f" Heard {heard(item.last_seen, now, exact=False)}."
    return WorkLine(item=item, urgent=item.risk <= URGENT_RISK, todo=todo, why=why)


def _words(item: WorkItem, now: datetime) -> tuple[str, str]:
    hub = item.placement is Placement.HUB
    match item.fault:
        case Fault.GONE:
            return revive(hub=hub), "It does not report any more."
        case Fault.NEVER:
            todo = "Check that it is switched on, paired and publishes to our topics."
            return todo, "It is registered and was never heard."
        case Fault.BLIND:
            todo = "Check whether something hides it, it was turned or it is stuck."
            return todo, "It reports, but what it says of people can not be right."
        case Fault.BATTERY:
            return _change_battery(item, now)
        case Fault.CLOCK:
            return "Set its clock, or let it ask a time server.", "Its clock is wrong."


def _change_battery(item: WorkItem, now: datetime) -> tuple[str, str]:
    charge = item.battery_percent
    level = "" if charge is None else f"{charge:.0f} % left."
    today = now.date()
    if (
        item.earliest is None
        or item.latest is None
        or (charge is not None and charge < LOW_PERCENT)
    ):
        return "Change its battery now.", level
    left = (item.earliest - today).days, (item.latest - today).days
    return f"Change its battery before {_day(item.earliest)}.", f"{level} {_weeks(*left)} more."


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _weeks(fewest_days: int, most_days: int) -> str:
    """Say a span of days in weeks.

    Examples
    --------
    >>> _weeks(2, 3), _weeks(20, 22), _weeks(12, 40)
    ('Less than a week', 'About 3 weeks', '2 to 6 weeks')
    """
    least, most = max(0, round(fewest_days / 7)), max(1, round(most_days / 7))
    if least == 0:
        return "Less than a week" if most == 1 else f"Up to {most} weeks"
    if least == most:
        return f"About {least} week{'' if least == 1 else 's'}"
    return f"{least} to {most} weeks"
