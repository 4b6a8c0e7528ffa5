"""My quiet hours: when only urgent alerts may wake me."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter
from starlette.responses import Response

from core.model import quiet
from core.model.errors import Malformed
from core.model.quiet import QuietHours
from core.store import quiet as store
from core.store import timeline
from dashboard import plan_form, plan_words
from dashboard.language import marked
from dashboard.page import Page
from dashboard.quiet_words import day_and_time
from dashboard.roles import ANSWER
from dashboard.visit import Form, Visit, Visiting, see_other

if TYPE_CHECKING:
    from core.model.week import WeeklySpan
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=ANSWER)
log = logging.getLogger("wayhome.dashboard")


@router.get("/quiet")
async def hours(visiting: Visiting) -> Response:
    """Show my quiet hours."""
    return await _page(visiting, {}, {})


@router.post("/quiet")
async def change(visiting: Visiting, form: Form) -> Response:
    """Add some hours, or take some away."""
    async with visiting.acting() as connection:
        kept = await hours_of(visiting, connection)
    try:
        after = _changed(kept, form)
    except Malformed as error:
        return await _page(visiting, {error.field: plan_words.give(error)}, form)
    me = visiting.visitor.carer_id
    async with visiting.acting() as connection:
        await store.write_quiet_hours(connection, me, after, visiting.now)
    log.info("quiet hours", extra={"action": "quiet_hours_changed", "carer": me})
    return see_other("/quiet")


async def hours_of(visiting: Visit, connection: Connection) -> QuietHours:
    """Return the quiet hours of this person, in the zone of a home of theirs until they choose one."""
    me = visiting.visitor.carer_id
    kept = (await store.quiet_hours_of(connection, [me])).get(me)
    return kept or QuietHours(zone=await timeline.first_zone(connection))


def _changed(kept: QuietHours, form: dict[str, str]) -> QuietHours:
    """Return the hours after a form.

    Raises
    ------
    Malformed
        Naming the field.
    """
    drop = form.get("drop")
    if drop:
        windows = tuple(one for one in kept.windows if window_key(one) != drop)
        return QuietHours(zone=kept.zone, windows=windows)
    zone = form.get("zone", "").strip() or kept.zone.key
    if zone not in available_timezones():
        raise Malformed("zone", marked("a place such as Europe/London"))
    added = plan_form.read_hours(form)
    windows = tuple(sorted({*kept.windows, added}))
    try:
        quiet.check(windows)
    except Malformed as error:
        raise Malformed("days", error.words, **error.values) from error
    return QuietHours(zone=ZoneInfo(zone), windows=windows)


async def _page(visiting: Visit, mistakes: dict[str, str], fields: dict[str, str]) -> Response:
    async with visiting.acting() as connection:
        kept = await hours_of(visiting, connection)
    until = kept.until(visiting.now)
    return visiting.page(
        "quiet.html",
        kept.zone,
        here="/plan",
        status=400 if mistakes else 200,
        hours=kept,
        until="" if until is None else day_and_time(until, kept.zone),
        mistakes=mistakes,
        fields=fields or {f"day{day}": "1" for day in range(plan_words.WEEK)},
        words=plan_words,
        key=window_key,
    )


def window_key(window: WeeklySpan) -> str:
    """Return what names some hours in a form."""
    return f"{'.'.join(map(str, window.days))}-{window.start}-{window.end}"
