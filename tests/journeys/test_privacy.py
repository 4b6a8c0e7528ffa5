"""A whole journey with seeded names, places and secrets: no log of any service holds one of them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import argon2
import httpx
import psycopg
import pytest

from core.model.ids import HomeId, OrganisationId
from core.runtime.broker import BrokerSettings, Publisher
from core.store import registry, tally
from core.store.pool import connect
from sensors.simulator import homes
from tests.journeys.hubs import let_in
from tests.servers.postgres_fixtures import server_folder
from wayhome.stack import Stack, StackSettings

RESIDENT, HOME, CARER = "Zyxomma Quarrington", "Vellichor Terrace 77", "Quillon Featherstone"
LATITUDE, PLACE, PASSWORD = 53.8127731, "Ombrophile Tearoom", "Pauciloquent-9"
SEEDED = (RESIDENT, HOME, CARER, str(LATITUDE), PLACE, PASSWORD)


async def seed(stack: Stack) -> None:
    household = homes.household(
        HomeId("7f3k"), organisation_id=OrganisationId("care"), name=HOME, resident=RESIDENT
    )
    async with (
        let_in(stack),
        connect(stack.system.database("wayhome_registrar")) as connection,
    ):
        await registry.register_organisation(connection, OrganisationId("care"), "Care")
        await registry.register_household(connection, household)
        carer = await registry.register_carer(
            connection,
            OrganisationId("care"),
            "quill",
            name=CARER,
            role="family_carer",
            password_hash=argon2.PasswordHasher().hash(PASSWORD),
        )
        await registry.assign_care(connection, HomeId("7f3k"), carer)
        await registry.set_contact(connection, carer, "webhook", "http://127.0.0.1:9/nobody")


async def speak(stack: Stack) -> None:
    hub = BrokerSettings(
        url=stack.system.mqtt_url,
        client_id="hub",
        username="hub-7f3k",
        password=(stack.secrets / "hub-7f3k").read_text(),
    )
    now = datetime.now(UTC).isoformat()
    said: list[tuple[str, object]] = [
        (f"zigbee2mqtt/{homes.PENDANT}", {"action": "emergency", "last_seen": now}),
        ("owntracks/a/b", {"_type": "location", "lat": LATITUDE, "lon": 1.0}),
        ("owntracks/a/b", {"_type": "transition", "event": "gone", "desc": PLACE}),
        ("owntracks/a/b", {"_type": "location", "lat": LATITUDE, "lon": 999}),
    ]
    async with Publisher(hub) as publisher:
        for topic, payload in said:
            await publisher.publish(f"homes/7f3k/{topic}", json.dumps(payload).encode())


async def until_alerted(stack: Stack) -> None:
    async with (
        asyncio.timeout(60),
        connect(stack.system.database("wayhome_operator"), autocommit=True) as connection,
    ):
        while not (await tally.count(connection)).alerts:
            await asyncio.sleep(0.1)


async def until_failed(stack: Stack) -> None:
    query = (
        "select 1 from delivery_attempt join delivery using (delivery_id) where channel = 'webhook'"
    )
    async with (
        asyncio.timeout(60),
        await psycopg.AsyncConnection.connect(stack.system.database(""), autocommit=True) as owner,
    ):
        while not await (await owner.execute(query)).fetchone():
            await asyncio.sleep(0.05)


@pytest.mark.journey
async def test_no_log_holds_anything_personal() -> None:
    folder = server_folder()
    async with Stack(StackSettings(folder=folder, web_port=0, durable=False)) as stack:
        await seed(stack)
        await speak(stack)
        await until_alerted(stack)
        async with httpx.AsyncClient(base_url=stack.web_url) as client:
            await client.post("/login", data={"login": "quill", "password": PASSWORD})
            await client.get("/homes/7f3k")
        await until_failed(stack)  # the webhook does, and says so
        passwords = [path.read_text() for path in stack.secrets.iterdir()]
    logs = {
        path.name: path.read_text(errors="replace")
        for path in folder.rglob("*log")
        if path.is_file()
    }
    assert {"gateway.log", "analytics.log", "alerts.log", "dashboard.log"} <= logs.keys()
    assert "alert_opened" in logs["alerts.log"]
    for name, text in logs.items():
        for personal in (*SEEDED, *passwords):
            assert personal not in text, (name, personal)
