"""Who is on the open alerts of homes, so that every page says the same of them at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.finding import Audience, Severity
from core.store import page as page_store
from dashboard.language import _
from dashboard.roles import sight_of
from dashboard.standing import standing as standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.model.ids import CarerId, HomeId
    from core.store.page import AlertCard
    from core.store.pool import Connection
    from core.store.timeline import Glance
    from dashboard.visit import Visit

MOST_OPEN = 200
"""Among so many open alerts those of the homes are looked for."""


async def open_in(
    visiting: Visit, connection: Connection, glances: Sequence[Glance]
) -> dict[HomeId, tuple[AlertCard, ...]]:
    """Return what is open in these homes and more than a notice, by home."""
    found: dict[HomeId, tuple[AlertCard, ...]] = {one.home.home_id: () for one in glances}
    if not any(one.urgent + one.check for one in glances):
        return found
    cards, _total = await page_store.open_cards(
        connection, sight_of(visiting.visitor), limit=MOST_OPEN
    )
    for card in cards:
        told = card.alert.audience is Audience.CARERS
        if card.home.home_id in found and told and card.alert.severity is not Severity.NOTICE:
            found[card.home.home_id] += (card,)
    return found


def on_it(cards: Sequence[AlertCard], glance: Glance, reader: CarerId) -> str:
    """Return as a sentence who is on all alerts of a home; empty while one of them needs somebody."""
    if not cards or len(cards) < glance.urgent + glance.check:
        return ""
    stands = [one for one in map(standing_of, cards) if not one.is_over]
    if any(one.is_open or one.asked for one in stands):
        return ""
    if not stands:
        return _("It has ended")
    people = {one.carer_id: one.name for one in stands}
    if len(people) > 1:
        return _("Somebody is on all of them")
    ((carer_id, name),) = people.items()
    return _("You are on it") if carer_id == reader else _("%(name)s is on it") % {"name": name}


async def on_it_in(
    visiting: Visit, connection: Connection, glances: Iterable[Glance]
) -> dict[HomeId, str]:
    """Return `on_it` of each of these homes."""
    homes = tuple(glances)
    cards = await open_in(visiting, connection, homes)
    reader = visiting.visitor.carer_id
    return {one.home.home_id: on_it(cards[one.home.home_id], one, reader) for one in homes}
