"""The work list in words: for each device or home the one thing to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.battery import LOW_PERCENT
from core.model.home import Placement
from core.store.work import CERTIFICATES, HOME_FAULTS, Fault
from dashboard.dates import day_words
from dashboard.devices import clock_words, heard, revive, weaker, weeks
from dashboard.language import _
from dashboard.typesetting import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from core.store.work import WorkItem

URGENT_RISK = 2
"""Up to this a home cannot see what matters most: told first and marked."""
_PAGES: Mapping[Fault, str] = {
    **dict.fromkeys(CERTIFICATES, "hub"),
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
        age = {"age": heard(item.last_seen, now, exact=False)}
        why = f"{why} {_('Heard %(age)s.') % age}"
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
            return revive(hub=hub), _("It does not report any more.")
        case Fault.NEVER:
            todo = _("Check that it is switched on, and paired with the hub.")
            return todo, _("It is registered and was never heard.")
        case Fault.BLIND:
            todo = _("Check whether something hides it, it was turned or it is stuck.")
            return todo, _("It reports, but what it says of people cannot be right.")
        case Fault.BATTERY:
            return _change_battery(item, now)
        case Fault.LINK:
            return _("Move it, or put a repeater between it and the hub."), weaker(item)
        case _:
            todo = _("Set its clock, or let it ask a time server.")
            return todo, clock_words(item.skew_s, wrong=True)


def _of_home(item: WorkItem, now: datetime) -> tuple[str, str]:
    if item.fault in CERTIFICATES:
        return _new_bundle(item, now)
    if item.fault is Fault.PAUSED:
        todo, state = _("End the pause, or say for how much longer."), _("Paused")
    else:
        todo, state = _("Finish the walk test and go live, or end this home."), _("In test")
    if item.since is not None:
        values = {"state": state, "day": _moment(item.since, item)}
        state = _("%(state)s since %(day)s") % values
    if item.by:
        state = _("%(state)s by %(name)s") % {"state": state, "name": item.by}
    said = [f"{state}."]
    if item.until is not None:
        said.append(_("Planned until %(day)s.") % {"day": _moment(item.until, item)})
    return todo, " ".join([*said, _("Nobody is told about alerts.")])


def _new_bundle(item: WorkItem, now: datetime) -> tuple[str, str]:
    hub = item.placement is Placement.HUB
    where = item.name
    if hub:
        _hub, _slash, name = item.name.partition("/")
        where = _("the hub %(name)s") % {"name": name} if name else _("the hub")
    if item.fault is Fault.NOT_BROUGHT and item.until is not None:
        values = {"where": where, "day": _moment(item.until, item)}
        todo = _("Put the new bundle on %(where)s. Until then we hear nothing of this home.")
        why = _("Its old certificate ended on %(day)s. Nothing was heard with the new one.")
        return todo % values, why % values
    if item.until is None or item.until <= now:
        lost = (
            _("Bring a new bundle to %(where)s. Until then we hear nothing of this home.")
            if hub
            else _("Bring a new bundle to %(where)s. Until then we hear nothing of it.")
        )
        why = _("Its certificate ended and was not renewed.")
        if item.until is not None:
            day = {"day": _moment(item.until, item)}
            why = _("Its certificate ended on %(day)s and was not renewed.") % day
            if item.fault is Fault.SHUT_OUT:
                why = _("It was shut out on %(day)s and was brought no other certificate.") % day
        return lost % {"where": where}, why
    why = _("Its certificate ends.")
    if hub:
        why = _("It should have renewed its certificate by itself.")
    values = {"where": where, "day": _moment(item.until, item)}
    return _("Bring a new bundle to %(where)s before %(day)s.") % values, why


def _moment(moment: datetime, item: WorkItem) -> str:
    return day_words(moment.astimezone(ZoneInfo(item.zone)).date())


def _change_battery(item: WorkItem, now: datetime) -> tuple[str, str]:
    charge = item.battery_percent
    level = "" if charge is None else _("%(percent)s left.") % {"percent": percent(charge)}
    today = now.date()
    if (
        item.earliest is None
        or item.latest is None
        or (charge is not None and charge < LOW_PERCENT)
    ):
        return _("Change its battery now."), level
    left = (item.earliest - today).days, (item.latest - today).days
    todo = _("Change its battery before %(day)s.") % {"day": day_words(item.earliest)}
    return todo, f"{level} {_('%(weeks)s more.') % {'weeks': weeks(*left)}}".strip()
