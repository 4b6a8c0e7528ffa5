"""One home on *today*: is all right, where was the last movement, is that usual, what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.finding import Audience, Severity
from core.model.home import HomeMode
from core.model.night import summary
from core.store import circle as circle_store
from core.store import forecast as forecast_store
from core.store import page as page_store
from core.store import registry, timeline
from dashboard import night, usual
from dashboard.coming import next_step, turns
from dashboard.language import _, translations
from dashboard.missing.due import profiles_due
from dashboard.ring import PAST, Ring, ring
from dashboard.roles import sight_of
from dashboard.seen import day_of, places_of_rest
from dashboard.sight import HomeStanding, home_standing
from dashboard.standing import standing as standing_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.model.forecast import Forecast
    from core.model.home import Household, Resident
    from core.model.ids import CarerId
    from core.store.page import AlertCard
    from core.store.pool import Connection
    from core.store.timeline import Glance, Movement
    from dashboard.usual import Usual
    from dashboard.visit import Visit

MOST_OPEN = 50
"""Among so many open alerts the one of a home is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All that is said of a home on *today*."""

    glance: Glance
    standing: HomeStanding
    moved: Movement | None
    #: None where nothing ever moved, and where we cannot see.
    usual: Usual | None
    ring: Ring
    forecast: Forecast | None
    #: What happens next, in words.
    coming: str
    #: Where the open alerts are: the one itself where there is one only.
    alerts_path: str
    #: Who is on all of them, as a sentence; empty while one of them needs somebody.
    on_it: str
    #: The night in sentences; empty when it is not morning.
    night: tuple[str, ...]
    #: Whose profile for the police is old or has gaps; for those who may mend it.
    profiles_due: tuple[Resident, ...]


async def panel_of(visiting: Visit, connection: Connection, glance: Glance) -> Panel | None:
    """Return what is said of a home that is watched; None when it has just gone."""
    home, now = glance.home, visiting.now
    household = await registry.household_of(connection, home.home_id)
    if household is None:
        return None
    standing = home_standing(glance, now)
    moved = (await timeline.last_movements(connection, [home], now)).get(home.home_id)
    coming = await forecast_store.forecasts_of(connection, home.home_id, now)
    forecast = coming[0].forecast if coming and _may_speak(glance, standing) else None
    told = turns(await circle_store.circle_of(connection, home.home_id), visiting.visitor.carer_id)
    day = await day_of(connection, glance, household, now - PAST, now)
    cards = await _open_here(visiting, connection, glance)
    return Panel(
        glance=glance,
        standing=standing,
        moved=moved,
        usual=await _usual(connection, glance, moved, now) if not standing.reason else None,
        ring=ring(
            day, places_of_rest(household), home.zone, forecast.speaks_at if forecast else None
        ),
        forecast=forecast,
        coming=next_step(forecast, told, home.zone, now),
        alerts_path=f"/alerts/{cards[0].alert.alert_id}" if len(cards) == 1 else "/alerts",
        on_it=_on_it(cards, glance, visiting.visitor.carer_id) if cards else "",
        night=await night_of(connection, glance, household, now),
        profiles_due=await profiles_due(visiting, connection, home.home_id),
    )


async def night_of(
    connection: Connection, glance: Glance, household: Household, now: datetime
) -> tuple[str, ...]:
    """Return the night in sentences, in the morning; empty at other times."""
    zone = glance.home.zone
    span = night.night_before(now, zone)
    if span is None or glance.home.mode is HomeMode.ARCHIVE:
        return ()
    start, end = span
    day = await day_of(connection, glance, household, start, now)
    return summary(night.facts_of(day, household, end), zone, translations())


async def _open_here(
    visiting: Visit, connection: Connection, glance: Glance
) -> tuple[AlertCard, ...]:
    """Return what is open in a home and more than a notice."""
    if glance.urgent + glance.check == 0:
        return ()
    cards, _total = await page_store.open_cards(
        connection, sight_of(visiting.visitor), limit=MOST_OPEN
    )
    return tuple(
        card
        for card in cards
        if card.home.home_id == glance.home.home_id
        and card.alert.severity is not Severity.NOTICE
        and card.alert.audience is Audience.CARERS
    )


def _on_it(cards: Sequence[AlertCard], glance: Glance, reader: CarerId) -> str:
    stands = [one for one in map(standing_of, cards) if not one.is_over]
    unlisted = len(cards) < glance.urgent + glance.check
    if unlisted or any(one.is_open or one.asked for one in stands):
        return ""
    if not stands:
        return _("It has ended")
    people = {one.carer_id: one.name for one in stands}
    if len(people) > 1:
        return _("Somebody is on all of them")
    ((carer_id, name),) = people.items()
    return _("You are on it") if carer_id == reader else _("%(name)s is on it") % {"name": name}


async def _usual(
    connection: Connection, glance: Glance, moved: Movement | None, now: datetime
) -> Usual | None:
    if moved is None:
        return None
    home = glance.home
    moments = usual.same_hour(now, home.zone)
    before = await timeline.last_before(connection, home.home_id, moments, usual.LOOK_BACK)
    since = moments[-1] - timedelta(days=1)
    blind = await timeline.blind_spans(connection, home.home_id, since, now)
    return usual.compare(moved.at, now, before, blind)


def _may_speak(glance: Glance, standing: HomeStanding) -> bool:
    return glance.home.mode is HomeMode.LIVE and not standing.reason
