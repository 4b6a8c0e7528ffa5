"""Who may be told of some alerts, and what they were told: asked of the database for all of them at once.

A look at everything that is open is a look at thousands of alerts. What one of them asks is read for all that
are looked at in the same transaction, when the first of them asks it (docs/decisions/0289).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.outage import Outages
from core.model.finding import Audience
from core.model.ids import CarerId
from core.model.rota import on_call
from core.store import alert as alert_table
from core.store import delivery as delivery_table
from core.store import duty as duty_table
from core.store.quiet import quiet_hours_of
from core.store.rota import reserve_rota, rotas_for

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.finding import Alert
    from core.model.ids import AlertId, HomeId
    from core.model.quiet import QuietHours
    from core.model.rota import Rota
    from core.store.alert import StoredAlert, TeamMember
    from core.store.delivery import ToldEntry
    from core.store.duty import Place
    from core.store.pool import Connection

Members = tuple["TeamMember", ...]


class People:
    """What is known of the people behind some alerts; it lives no longer than a transaction.

    Parameters
    ----------
    alerts
        What is looked at in this transaction.
    outages
        What is known already of many homes that cannot be seen.
    """

    def __init__(
        self,
        connection: Connection,
        alerts: Sequence[StoredAlert],
        outages: Outages | None = None,
    ) -> None:
        self.connection = connection
        self.outages = outages or Outages(connection)
        self._alerts = alerts
        self._told: dict[AlertId, tuple[ToldEntry, ...]] = {}
        self._carers: dict[HomeId, Members] = {}
        self._others: dict[HomeId, Members] = {}
        self._others_read: set[tuple[HomeId, CarerId]] = set()
        self._places: dict[HomeId, Place] = {}
        self._quiet: dict[CarerId, QuietHours | None] = {}
        self._operators: dict[str, Members] = {}
        self._administrators: dict[str, Members] = {}
        self._reserves: dict[str, Rota | None] = {}
        self._on_call: dict[HomeId, CarerId | None] = {}

    async def told(self, alert_id: AlertId) -> tuple[ToldEntry, ...]:
        """Return, for each person and channel, the newest delivery of an alert."""
        if alert_id not in self._told:
            numbers = {one.alert.alert_id for one in self._alerts} | {alert_id}
            self._told |= await delivery_table.told(self.connection, sorted(numbers))
        return self._told[alert_id]

    async def team(self, alert: Alert) -> Members:
        """Return who may be told of an alert; a home without carers falls to its operators.

        Those of them who can open it: a technician sees no alert about a resident, and is told of one only
        where there is no administrator (docs/decisions/0249).
        """
        home_id = alert.home_id
        if alert.audience is Audience.CARERS:
            found = await self._carers_of(home_id) or await self.administrators(home_id)
            if found:
                return found
        key = await self._organisation(home_id)
        if key not in self._operators:
            self._operators[key] = await alert_table.operators_of(self.connection, home_id)
        return self._operators[key]

    async def administrators(self, home_id: HomeId) -> Members:
        """Return the administrators of a home's organisation."""
        key = await self._organisation(home_id)
        if key not in self._administrators:
            found = await duty_table.administrators_of(self.connection, home_id)
            self._administrators[key] = found
        return self._administrators[key]

    async def others(self, home_id: HomeId, carers: Collection[CarerId]) -> Members:
        """Return those of these people who may be told of the residents of a home, whatever their place."""
        await self._read_others({(home_id, one) for one in carers})
        known = {one.carer_id: one for one in self._others.get(home_id, ())}
        chosen = [known[one] for one in set(carers) & known.keys()]
        return tuple(sorted(chosen, key=lambda one: (one.order, one.carer_id)))

    async def _read_others(self, wanted: set[tuple[HomeId, CarerId]]) -> None:
        if wanted <= self._others_read:
            return
        wanted |= {pair for one in self._alerts for pair in _named(one)} - self._others_read
        homes, numbers = {home for home, _ in wanted}, {one for _, one in wanted}
        found = await duty_table.people_of_all(self.connection, sorted(homes), sorted(numbers))
        self._others |= {home: self._others.get(home, ()) + found.get(home, ()) for home in homes}
        self._others_read |= {(home, one) for home in homes for one in numbers}

    async def quiet_hours(self, carers: Collection[CarerId]) -> dict[CarerId, QuietHours]:
        """Return the quiet hours of those who keep some."""
        if not self._quiet.keys() >= set(carers):
            team = {one.carer_id for some in self._carers.values() for one in some}
            wanted = (team | set(carers)) - self._quiet.keys()
            found = await quiet_hours_of(self.connection, wanted)
            self._quiet |= {one: found.get(one) for one in wanted}
        return {one: hours for one in carers if (hours := self._quiet[one]) is not None}

    async def zone(self, home_id: HomeId) -> ZoneInfo:
        """Return the zone of a home."""
        return (await self._place(home_id)).zone

    async def on_call(self, home_id: HomeId, now: datetime) -> CarerId | None:
        """Return who is on call by the rota that a home goes by; None for a gap, or without a rota."""
        if home_id not in self._on_call:
            homes = sorted(self._about_people() | {home_id})
            rotas = await rotas_for(self.connection, homes, now)
            found = {home: on_call(rotas[home], now) if home in rotas else None for home in homes}
            await self._read_others({(home, who) for home, who in found.items() if who is not None})
            self._on_call |= found
        return self._on_call[home_id]

    async def reserve(self, home_id: HomeId, since: datetime) -> Rota | None:
        """Return the rota of a home's organisation; None without one."""
        key = await self._organisation(home_id)
        if key not in self._reserves:
            self._reserves[key] = await reserve_rota(self.connection, home_id, since)
        return self._reserves[key]

    async def _carers_of(self, home_id: HomeId) -> Members:
        if home_id not in self._carers:
            homes = sorted(self._about_people() | {home_id})
            found = await alert_table.carers_of_all(self.connection, homes)
            self._carers |= {home: found.get(home, ()) for home in homes}
        return self._carers[home_id]

    def _about_people(self) -> set[HomeId]:
        """Return the homes of the alerts that are about people."""
        return {one.alert.home_id for one in self._alerts if one.alert.audience is Audience.CARERS}

    async def _organisation(self, home_id: HomeId) -> str:
        """Return what tells homes of different organisations apart; of one home alone that is the home."""
        alone = all(one.alert.home_id == home_id for one in self._alerts)
        return home_id if alone else (await self._place(home_id)).organisation_id

    async def _place(self, home_id: HomeId) -> Place:
        if home_id not in self._places:
            homes = {one.alert.home_id for one in self._alerts} | {home_id}
            self._places |= await duty_table.places_of(self.connection, sorted(homes))
        return self._places[home_id]


def _named(stored: StoredAlert) -> list[tuple[HomeId, CarerId]]:
    """Return who has to do with an alert by name: who is on it, and who is asked."""
    asked = stored.policy.get("asked")
    who = (stored.alert.acknowledged_by, None if asked is None else CarerId(asked))
    return [(stored.alert.home_id, one) for one in who if one is not None]
