"""Messages of other systems through real brokers and the gateway into the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.gateway.running import HOME, Table, device, publisher, register, running_gateway, until
from tests.journeys.commands import run
from tests.servers.broker_fixtures import Broker
from tests.servers.databases import Database

DOOR, KETTLE = "device:LEE:LD:door", "device:LEE:LD:kettle"


def entity(name: str, kind: str, value: object, at: str) -> dict[str, object]:
    time = {"timestamp": {"type": "DateTime", "value": at}}
    return {
        "id": name,
        "type": kind,
        "observation": {"type": "String", "value": value, "metadata": time},
    }


async def test_a_record_of_the_leeds_pilot_is_told_and_told_again(
    plain_database: Database, broker: Broker, tmp_path: Path
) -> None:
    await register(plain_database.url, [device(DOOR, "activage"), device(KETTLE, "activage")])
    now = datetime.now(UTC).isoformat()
    record = tmp_path / "record.jsonl"
    both = [entity(DOOR, "DoorStateSensor", "OPEN", now), entity(KETTLE, "EnergyMeter", "40", now)]
    record.write_text(
        json.dumps({"data": both}) + "\n\n" + json.dumps(entity(DOOR, "TV_Viewing", 1, now)) + "\n"
    )
    command = ("replay", "activage", HOME, record, "--mqtt-url", broker.url, "--json")
    table = Table(plain_database.url)
    async with running_gateway(plain_database.url_as("wayhome_gateway"), broker.url):
        for _ in range(2):
            status, out, err = await run(*command)
            assert status == 0, err
            assert json.loads(out.splitlines()[-1]) == {"published": 3}
            await until(lambda: table.observations() == 2)
    rows = table.rows("select quantity, value from observation order by quantity")
    assert rows == [("contact", 1.0), ("power", 40.0)]
    assert table.one("select count(*) from quarantine") == 0


async def test_a_record_with_a_fault_is_refused_whole_and_names_the_line(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    record.write_text(json.dumps({"id": DOOR, "type": "Pedometer"}) + '\n{"type": "Pedometer"}\n')
    command = ("replay", "activage", HOME, record, "--mqtt-url", "mqtt://127.0.0.1:1")
    status, _, err = await run(*command)
    assert status == 2
    assert "line 2, id" in " ".join(err.split())


async def test_a_call_for_help_over_lorawan_arrives(
    plain_database: Database, broker: Broker
) -> None:
    await register(plain_database.url, [device("24e124535b3a0001", "chirpstack")])
    said = {
        "time": datetime.now(UTC).isoformat(),
        "deviceInfo": {"deviceProfileName": "Milesight WS101-SOS"},
        "fPort": 85,
        "data": "/y4B",
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -36}],
    }
    topic = f"homes/{HOME}/chirpstack/application/a/device/24e124535b3a0001/event/up"
    table = Table(plain_database.url)
    async with (
        running_gateway(plain_database.url_as("wayhome_gateway"), broker.url),
        publisher(broker) as hub,
    ):
        await hub.publish(topic, json.dumps(said).encode())
        await until(lambda: table.observations() == 2)
    assert table.rows("select quantity, discriminator from observation order by quantity") == [
        ("signal", "0016c001f153a14c"),
        ("sos", ""),
    ]
