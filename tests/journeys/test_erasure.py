"""A person is known to a running system by words found nowhere else, is erased, and is found nowhere."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import argon2
import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from core.model.ids import HomeId, OrganisationId
from core.runtime.broker import BrokerSettings, Publisher, retained_topics
from core.store import registry, tally
from core.store.pool import connect
from sensors.simulator import homes
from tests.dashboard.missing_words import a_photo
from tests.dashboard.visitors import Browser
from tests.journeys.hubs import let_in
from tests.journeys.searching import files_below, in_files, in_tables
from tests.servers.postgres_fixtures import server_folder
from tests.stores.marking import mark
from wayhome.cli import app
from wayhome.retained import clear_retained
from wayhome.stack import Stack, StackSettings
from wayhome.system import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.mosquitto import Mosquitto

ROOT = Path(__file__).parents[2]
HOME, PASSWORD = "7f3k", "Pauciloquent-9"
NAME, ADDRESS, PLACE, LATITUDE = "Zyxomma Quarrington", "Vellichor Row", "Ombrophile", 53.8127731
DEVICE, WORD, COMMENT, PHOTO = "gallimaufry_lamp", "pomander", "sprezzatura", "zugzwang"
CARER, PHONE, GUEST, MARK = "quill", "+447700900321", "Widdershins", "Zwanzigfach"
OTHER, OTHER_WORD = "b1", "Onomatopoeia"
WORDS = (NAME, ADDRESS, PLACE, str(LATITUDE), DEVICE, WORD, COMMENT, PHOTO, GUEST, MARK)
NUMBER_STAYS = {
    "public.access_record",
    "public.erasure",
    "pg_catalog.pg_statistic",
    "pg_catalog.pg_authid",  # digits of a salted password may happen to be those of the number
}
"""Where the number of the home may stay: core.model.subject.KEPT says why; and statistics of those tables."""


async def register(stack: Stack) -> None:
    household = homes.household(
        HomeId(HOME), organisation_id=OrganisationId("care"), name=ADDRESS, resident=NAME
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
            CARER,
            name="Quill",
            role="family_carer",
            password_hash=argon2.PasswordHasher().hash(PASSWORD),
        )
        await registry.assign_care(connection, HomeId(HOME), carer)
        await registry.set_contact(connection, carer, "webhook", "http://127.0.0.1:9/nobody")


async def speak(stack: Stack) -> None:
    """Let the hub say what it says all day, some of it to be kept by the broker."""
    hub = BrokerSettings(
        url=stack.system.mqtt_url,
        client_id="hub",
        username=f"hub-{HOME}",
        password=(stack.secrets / f"hub-{HOME}").read_text(),
    )
    pressed = {"action": "emergency", "last_seen": datetime.now(UTC).isoformat()}
    place = {"_type": "location", "lat": LATITUDE, "lon": 1.0, "tid": WORD}
    said: list[tuple[str, object, bool]] = [
        (f"owntracks/{DEVICE}/b", place, True),
        (f"owntracks/{DEVICE}/b", {"_type": "transition", "event": "x", "desc": PLACE}, False),
        (f"zigbee2mqtt/{DEVICE}", {"occupancy": True, "note": WORD}, True),
        (f"zigbee2mqtt/{homes.motion_sensor('Hall')}", {"occupancy": WORD}, True),
        (f"zigbee2mqtt/{homes.PENDANT}", pressed, False),
    ]
    async with Publisher(hub) as publisher:
        for topic, payload, retain in said:
            await publisher.publish(
                f"homes/{HOME}/{topic}", json.dumps(payload).encode(), retain=retain
            )
    async with (
        asyncio.timeout(60),
        connect(stack.system.database("wayhome_operator"), autocommit=True) as connection,
    ):
        while not (await tally.count(connection)).alerts:
            await asyncio.sleep(0.1)


async def care(stack: Stack, resident: int) -> None:
    """Let a carer do on the pages what leaves words about a person."""
    async with httpx.AsyncClient(base_url=stack.web_url) as client:
        carer = Browser(client)
        await carer.log_in(CARER, PASSWORD)
        profile = {"full_name": NAME, "born": "1944-03-03", "base": "0", "then": "stop"}
        answers = [
            await carer.send("/alerts/1/comment", comment=COMMENT),
            await carer.send(f"/missing/{resident}/profile/person", **profile),
        ]
        csrf = (await client.get("/api/session")).json()["csrf"]
        photo = (f"{PHOTO}.jpg", a_photo(comment=PHOTO.encode()), "image/jpeg")
        answers += [
            await client.post(
                f"/missing/{resident}/photo", data={"csrf": csrf}, files={"photo": photo}
            ),
            await carer.send(f"/missing/{resident}/pack"),
        ]
        assert [one.status_code for one in answers] == [303] * len(answers)
        for path in ("/today", f"/homes/{HOME}", "/alerts/1", answers[-1].headers["location"]):
            await carer.text(path)


async def said_by_services(stack: Stack) -> str:
    async with httpx.AsyncClient() as client:
        return "".join(
            [
                (await client.get(f"http://127.0.0.1:{child.health_port}{path}")).text
                for child in stack.children
                for path in ("/metrics", "/health")
            ]
        )


async def be_known(stack: Stack) -> int:
    """Let a person live here, with words in every column there is; return the number."""
    owner = stack.system.database("")
    await register(stack)
    await speak(stack)
    with psycopg.connect(owner, autocommit=True) as connection:
        ((resident,),) = connection.execute("select resident_id from resident").fetchall()
        await care(stack, resident)
        connection.execute(
            "insert into invitation (organisation_id, token_hash, name, role, home_id, invited_by,"
            " created_at, expires_at) select 'care', 'x', %s, role, %s, carer_id, now(), now()"
            " from carer",
            (GUEST, HOME),
        )
        before = {word for _, word in in_tables(owner, WORDS)}
        assert {word.lower() for word in (NAME, ADDRESS, DEVICE, COMMENT, GUEST)} <= before
        mark(connection, HOME, MARK)
        connection.execute("analyze")
    return int(resident)


async def erase(folder: Path, resident: int) -> dict[str, object]:
    words = ("residents", "erase", str(resident), "--reason", "asked for", "--yes")
    options = ("--folder", str(folder), "--settle-s", "1", "--json")
    result = await asyncio.to_thread(CliRunner().invoke, app, [*words, *options])
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return answer


@pytest.mark.journey
async def test_who_is_erased_is_found_nowhere_in_a_running_system() -> None:
    folder = server_folder()
    async with Stack(StackSettings(folder=folder, web_port=0)) as stack:
        owner, reader = stack.system.database(""), stack.system.publisher("a-reader")
        async with Publisher(stack.system.publisher("another")) as publisher:
            await publisher.publish(
                f"homes/{OTHER}/zigbee2mqtt/lamp", OTHER_WORD.encode(), retain=True
            )
        resident = await be_known(stack)
        assert len(await retained_topics(reader, f"homes/{HOME}/#")) == 3
        before = {
            word
            for _, word in in_files(files_below(folder / "postgres" / "data" / "pg_wal"), WORDS)
        }
        assert len(before) > len(WORDS) / 2, "the log of changes held the person"
        answer = await erase(folder, resident)
        assert (answer["left"], answer["broker"]) == ({}, "keeps no message of the home")
        assert answer["disk"] == {}, "nothing is left to be overwritten one day"
        assert await retained_topics(reader, f"homes/{HOME}/#") == ()
        await stack.refresh_accounts()  # as it does of itself every five seconds

        assert in_tables(owner, WORDS) == set()
        assert {table for table, _ in in_tables(owner, [HOME])} <= NUMBER_STAYS
        # every file: tables, log of changes, queue of the broker, logs
        assert in_files(files_below(folder), WORDS) == set()
        assert await retained_topics(reader, "homes/#") == (f"homes/{OTHER}/zigbee2mqtt/lamp",)
        assert in_files(files_below(folder / "broker" / "queue"), [OTHER_WORD])
        said = await said_by_services(stack)
        assert [word for word in (*WORDS, HOME) if word.lower() in said.lower()] == []
        servers = [folder / "postgres", folder / "broker" / "queue"]
        numbers = in_files(files_below(folder, but=servers), [HOME])
        assert {file.rpartition(".")[2] for file, _ in numbers} <= {"log"}


def test_the_servers_in_containers_let_go_of_it_within_a_minute() -> None:
    broker = (ROOT / "mosquitto" / "mosquitto.conf").read_text()
    assert re.findall(r"^autosave_interval (\d+)$", broker, re.MULTILINE) == ["60"]
    assert '"-c", "wal_recycle=off"' in (ROOT / "docker-compose.yml").read_text()


async def test_mosquitto_forgets_what_it_retained_of_a_home(
    make_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = make_mosquitto()
    system = System(database_urls={}, mqtt_url=broker.url)
    async with Publisher(system.publisher("hub")) as publisher:
        for home in (HOME, "b1"):
            topic = f"homes/{home}/zigbee2mqtt/{DEVICE}_{home}"
            await publisher.publish(topic, WORD.encode(), retain=True)
    assert await clear_retained(system, HomeId(HOME)) == ()
    left = await retained_topics(system.publisher("reader"), "homes/#")
    assert left == (f"homes/b1/zigbee2mqtt/{DEVICE}_b1",)
    broker.stop()  # its memory is written to its file
    kept = in_files(files_below(broker.folder), [f"{DEVICE}_{HOME}", f"{DEVICE}_b1"])
    assert {word for file, word in kept if file.endswith(".db")} == {f"{DEVICE}_b1"}
