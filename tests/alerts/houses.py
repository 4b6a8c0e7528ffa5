"""Homes with carers in a real database, and what analytics and the pages would write there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from core.model.finding import Finding, ResponseKind
from core.model.home import Home, HomeMode
from core.model.ids import AlertId, CarerId, FindingId, HomeId, OrganisationId, ResidentId
from core.store import registry
from core.store.finding import facts_of
from core.store.pool import connect

if TYPE_CHECKING:
    from tests.servers.databases import Database

ORGANISATION = OrganisationId("leeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A home with its people."""

    url: str
    home_id: HomeId
    resident_id: ResidentId
    #: In the order of telling.
    carers: tuple[CarerId, ...]
    technician: CarerId

    def execute(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner of the database and return its rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def write(self, finding: Finding) -> FindingId:
        """Record a finding, as analytics does."""
        with psycopg.connect(self.url) as connection:
            number = insert_finding(connection, finding)
            connection.execute("select pg_notify('finding', '')")
        return number

    def answer(self, alert_id: int, carer: CarerId, kind: ResponseKind, at: datetime) -> None:
        """Record an answer, as the pages do."""
        self.execute(
            "with r as (insert into response (alert_id, carer_id, kind, at)"
            " values (%s, %s, %s, %s)) select pg_notify('response', '')",
            alert_id,
            carer,
            kind.value,
            at,
        )

    def alerts(self, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return the alerts, oldest first."""
        return self.execute(f"select {columns} from alert order by alert_id")

    def only_alert(self) -> AlertId:
        """Return the id of the one alert there is."""
        ((number,),) = self.alerts("alert_id")
        return AlertId(number)


def insert_finding(connection: psycopg.Connection[Any], finding: Finding) -> FindingId:
    row = connection.execute(
        "insert into finding (home_id, resident_id, detector, subject, severity, audience, phase,"
        " onset, noticed_at, what, unusual, ruled_out, advice, evidence, said, step)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1) returning finding_id",
        (
            finding.home_id,
            finding.resident_id,
            finding.detector,
            finding.subject,
            finding.severity.value,
            finding.audience.value,
            finding.phase.value,
            finding.onset,
            finding.noticed_at,
            finding.what,
            "once in 120 days",
            Jsonb(["not out"]),
            finding.advice,
            Jsonb([{"at": None, "text": "all sensors alive"}]),
            facts_of(finding),
        ),
    ).fetchone()
    assert row is not None
    return FindingId(row[0])


async def furnish(
    database: Database | str,
    name: str = "7f3k",
    *,
    mode: HomeMode = HomeMode.LIVE,
    contacts: tuple[dict[str, str], ...] = ({}, {}, {}),
    technician: dict[str, str] | None = None,
) -> House:
    """Register a home with one carer for each entry of ``contacts`` and a technician."""
    url = database if isinstance(database, str) else database.url
    home_id = HomeId(name)
    async with connect(url) as connection:
        await registry.register_organisation(connection, ORGANISATION, "Leeds")
        home = Home(
            home_id=home_id,
            organisation_id=ORGANISATION,
            name="12 Mill Lane",
            zone=ZoneInfo("Europe/London"),
            mode=mode,
        )
        await registry.register_home(connection, home)
        resident_id = await registry.register_resident(connection, home_id, "Ada")
        carers = []
        people = [("family_carer", contact) for contact in contacts]
        for number, (role, contact) in enumerate([*people, ("technician", technician or {})], 1):
            carer_id = await registry.register_carer(
                connection,
                ORGANISATION,
                f"{name}-{number}" if role == "family_carer" else "technician",
                name=f"Person {number}",
                role=role,
                password_hash="x",
            )
            carers.append(carer_id)
            if role == "family_carer":
                await registry.assign_care(connection, home_id, carer_id, order=number)
            for channel, address in contact.items():
                await registry.set_contact(connection, carer_id, channel, address)
    return House(
        url=url,
        home_id=home_id,
        resident_id=resident_id,
        carers=tuple(carers[:-1]),
        technician=carers[-1],
    )
