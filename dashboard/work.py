"""The work list in words: for each device or home the one thing to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.battery import LOW_PERCENT
from core.model.home import Placement
from core.store.work import HOME_FAULTS, Fault
from dashboard.devices import clock_words, day_words, heard, revive, weaker, weeks
from dashboard.typesetting import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from core.store.work import WorkItem

URGENT_RISK = 2
"""Up to this a home cannot see what matters most: told first and marked."""
_PAGES: Mapping[Fault, str] = {
    Fault.CERTIFICATE: "hub",
    Fault.PAUSED: "steps",
    Fault.TESTING: "steps",
}
"""Where something can be done; else on the page of the devices."""


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
    #: Where it can be done.
    link: str


def work_lines(items: Iterable[WorkItem], now: datetime) -> tuple[WorkLine, ...]:
    """Put the items into words, in their order. When a device was heard is told by the hour."""
    return tuple(_line(item, now) for item in items)


def _line(item: WorkItem, now: datetime) -> WorkLine:
    todo, why = _of_home(item, now) if item.fault in HOME_FAULTS else _words(item, now)
    if item.fault not in HOME_FAULTS | {Fault.NEVER}:
        why += f" Heard {heard(item.last_seen, now, exact=False)}."
    page = _PAGES.get(item.fault, "devices")
    return WorkLine(
        item=item,
        urgent=item.risk <= URGENT_RISK,
        todo=todo,
        why=why,
        link=f"/homes/{item.home_id}/{page}",
    )


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
        case Fault.LINK:
            return "Move it, or put a repeater between it and the hub.", weaker(item)
        case _:
            return "Set its clock, or let it ask a time server.", clock_words(
                item.skew_s, wrong=True
            )


def _of_home(item: WorkItem, now: datetime) -> tuple[str, str]:
    if item.fault is Fault.CERTIFICATE:
        return _new_bundle(item, now)
    since = "" if item.since is None else f" since {_moment(item.since, item)}"
    by = f" by {item.by}" if item.by else ""
    planned = "" if item.until is None else f" Planned until {_moment(item.until, item)}."
    if item.fault is Fault.PAUSED:
        todo = "End the pause, or say for how much longer."
        return todo, f"Paused{since}{by}.{planned} Nobody is told about alerts."
    todo = "Finish the walk test and go live, or end this home."
    return todo, f"In test{since}{by}.{planned} Nobody is told about alerts."


def _new_bundle(item: WorkItem, now: datetime) -> tuple[str, str]:
    hub = item.placement is Placement.HUB
    where = "the hub" if hub else item.name
    if item.until is None or item.until <= now:
        ended = "" if item.until is None else f" on {_moment(item.until, item)}"
        lost = "nothing of this home" if hub else "nothing of it"
        todo = f"Bring a new bundle to {where}. Until then we hear {lost}."
        return todo, f"Its certificate ended{ended} and was not renewed."
    why = "It should have renewed its certificate by itself." if hub else "Its certificate ends."
    return f"Bring a new bundle to {where} before {_moment(item.until, item)}.", why


def _moment(moment: datetime, item: WorkItem) -> str:
    return day_words(moment.astimezone(ZoneInfo(item.zone)).date())


def _change_battery(item: WorkItem, now: datetime) -> tuple[str, str]:
    charge = item.battery_percent
    level = "" if charge is None else f"{percent(charge)} left."
    today = now.date()
    if (
        item.earliest is None
        or item.latest is None
        or (charge is not None and charge < LOW_PERCENT)
    ):
        return "Change its battery now.", level
    left = (item.earliest - today).days, (item.latest - today).days
    return f"Change its battery before {day_words(item.earliest)}.", f"{level} {weeks(*left)} more."
