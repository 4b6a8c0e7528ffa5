"""Who is told of what was noticed in a home: a carer and a technician, and the real alerting service."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from alerts.service import main
from core.model.finding import Phase
from core.model.ids import OrganisationId
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings
from core.store import registry
from core.store.pool import connect
from tests.alerts.houses import House
from tests.gateway.running import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from core.model.finding import Finding
    from core.model.home import Household
    from core.runtime.clock import Clock
    from tests.alerts.receiver import Receiver
    from tests.servers.databases import Database

CARE = OrganisationId("care")


async def people_of(database: Database, household: Household, receiver: Receiver) -> House:
    """Register a carer and a technician whose phones are ours."""
    home = household.home.home_id
    async with connect(database.url) as connection:
        found = []
        for role in ("family_carer", "technician"):
            carer = await registry.register_carer(
                connection, CARE, role, name=role, role=role, password_hash="x"
            )
            await registry.set_contact(connection, carer, "webhook", receiver.url(f"/{role}"))
            found.append(carer)
        await registry.assign_care(connection, home, found[0], order=1)
    return House(
        url=database.url,
        home_id=home,
        resident_id=household.residents[0].resident_id,
        carers=(found[0],),
        technician=found[1],
    )


@asynccontextmanager
async def alerting(database: Database, clock: Clock) -> AsyncIterator[None]:
    """Run the service on a clock of the test."""
    settings = AlertsSettings(
        database_url=database.url_as("wayhome_alerts"),
        instance="alerts-1",
        poll_ms=50,
        local_network=True,
        public_url="https://pages.example/",
    )
    health = Health("alerts", clock)
    health.set("started", ok=True)
    context = Context(settings=settings, clock=clock, health=health, instance="alerts-1")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(main(context))
        try:
            await until(lambda: "findings" in health.report()["parts"])
            yield
        finally:
            task.cancel()


async def take_in(house: House, told: Sequence[Finding]) -> None:
    """Let the service have what detection noticed, one after the other."""
    for finding in told:
        house.write(finding)
        cleared = finding.phase is Phase.CLEARED
        query = "select count(*) from alert where detector = %s and (cleared_at is not null) = %s"

        def is_taken(
            query: str = query, finding: Finding = finding, cleared: bool = cleared
        ) -> bool:
            return house.execute(query, finding.detector, cleared) == [(1,)]

        await until(is_taken)
