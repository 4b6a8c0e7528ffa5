"""Many homes of one organisation that cannot be seen since the same minutes are told as one thing.

A broker, a network or the power of a district takes away thousands of homes at once. Each has its alert, and
its page says so; what wakes technicians is one alert about all of them, while it stands. A home that was told
by itself goes on so, and what is left when the many are back is told by itself (docs/decisions/0306).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.finding import AlertState, Audience, Phase, Severity
from core.model.playbook import HOME, LIVENESS
from core.model.said import say_each
from core.store import outage as outage_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from core.model.finding import Alert, Finding
    from core.model.ids import HomeId, OrganisationId
    from core.model.said import Said
    from core.store.delivery import ToldEntry
    from core.store.outage import Blind
    from core.store.pool import Connection

MANY = 10
"""So many are one thing: of 10,000 homes that each fail once a month two fail in ten minutes by chance."""
WITHIN = timedelta(minutes=10)
"""Homes that became unseen within so long belong together."""
GATHERED = "gathered"
"""Key of the snapshot of an alert that is told with others; it has no run of its own meanwhile."""


def may_gather(
    alert: Alert, policy: Mapping[str, Any], told: Collection[ToldEntry], now: datetime
) -> bool:
    """Tell whether an alert may be told with others: a home, unseen of late, of which nobody was told yet.

    Parameters
    ----------
    policy
        Its snapshot as it is stored.
    """
    if not _is_blind_home(alert, alert.severity) or told:
        return False
    return GATHERED in policy or now - alert.opened_at <= WITHIN


def is_over(alert: Alert, policy: Mapping[str, Any]) -> bool:
    """Tell whether an alert that was told with others has lost its cause: nobody need be told of it then."""
    return alert.state is AlertState.OPEN and alert.cleared_at is not None and GATHERED in policy


def words(blind: Blind, since: str) -> Said:
    """Say how many homes cannot be seen.

    Parameters
    ----------
    since
        When the first of them was seen last, as operators read it.
    """
    return say_each(
        "%(n)s home cannot be seen, as many could not since %(time)s.",
        "%(n)s homes cannot be seen, the first since %(time)s.",
        blind.homes,
        time=since,
    )


def severity_of(blind: Blind) -> Severity:
    """Return how loudly it is told: as the worst of its homes would be."""
    return Severity.URGENT if blind.urgent else Severity.CHECK


class Outages:
    """How it stands with the homes of each organisation, read once in a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[OrganisationId, Blind] = {}
        self._places: dict[HomeId, OrganisationId] = {}

    async def expect(self, findings: Sequence[Finding], now: datetime) -> None:
        """Take into account what is about to be opened, so that the first of many is told with the last."""
        coming = [
            one
            for one in findings
            if one.phase is Phase.OPENED and _is_blind_home(one, one.severity)
        ]
        if not coming:
            return
        homes = {one.home_id: one for one in coming}
        self._places |= await outage_table.organisations_of(self._connection, sorted(homes))
        count = Counter(self._places[home] for home in homes if home in self._places)
        for organisation_id, number in count.items():
            blind = await self._read(organisation_id, now)
            since = blind.since or min(one.onset for one in coming)
            self._known[organisation_id] = replace(blind, homes=blind.homes + number, since=since)

    async def of(self, home_id: HomeId, now: datetime) -> Blind | None:
        """Return how it stands where this home belongs; None where the home is gone."""
        if home_id not in self._places:
            self._places |= await outage_table.organisations_of(self._connection, [home_id])
        organisation_id = self._places.get(home_id)
        if organisation_id is None:
            return None
        return self._known.get(organisation_id) or await self._read(organisation_id, now)

    async def alone(self, blind: Blind, now: datetime) -> Blind:
        """Keep others from telling of it too, and return how it stands then."""
        await outage_table.only_one(self._connection, blind.organisation_id)
        anew = await self._read(blind.organisation_id, now)
        return replace(
            anew,
            homes=max(anew.homes, blind.homes),
            urgent=anew.urgent or blind.urgent,
            since=anew.since or blind.since,
        )

    async def anew(self, blind: Blind, now: datetime) -> Blind:
        """Return how it stands after it was told of."""
        return await self._read(blind.organisation_id, now)

    async def _read(self, organisation_id: OrganisationId, now: datetime) -> Blind:
        found = await outage_table.blind_homes(self._connection, organisation_id, now, WITHIN)
        self._known[organisation_id] = found
        return found


def _is_blind_home(one: Alert | Finding, severity: Severity) -> bool:
    about_home = one.detector == LIVENESS and one.subject == HOME
    return about_home and one.audience is Audience.OPERATORS and severity is not Severity.NOTICE
