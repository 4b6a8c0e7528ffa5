"""What the doctor says of a reading, and of systems that are not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.store.diagnosis import Diagnosis
from tests.servers.broker_fixtures import Broker
from tests.servers.databases import Database
from wayhome import checkup
from wayhome.system import System

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Diagnosis(
    server="17.6",
    timescale="2.19.3",
    pending=(),
    now=NOW,
    gateways={"gateway": (NOW - timedelta(seconds=3), True)},
    last_step=NOW - timedelta(seconds=20),
    quarantine={},
    refused={"retained": 4},
    discovered=1,
    overdue=0,
    fenced=0,
)


def failing(seen: Diagnosis, now: datetime = NOW) -> list[str]:
    return [check.name for check in checkup.database_checks(seen, now) if not check.ok]


def test_all_is_well() -> None:
    assert failing(WELL) == []


def test_each_trouble_is_named_with_advice() -> None:
    troubles = {
        "clock": (WELL, NOW + timedelta(seconds=9)),
        "gateway gateway": (replace(WELL, gateways={"gateway": (NOW, False)}), NOW),
        "gateway": (replace(WELL, gateways={}), NOW),
        "analytics": (replace(WELL, last_step=NOW - timedelta(minutes=5)), NOW),
        "deliveries": (replace(WELL, overdue=2), NOW),
        "quarantine": (replace(WELL, quarantine={"malformed": 3}), NOW),
        "detectors": (replace(WELL, fenced=1), NOW),
        "migrations": (replace(WELL, pending=("0009_x",)), NOW),
    }
    for name, (seen, now) in troubles.items():
        assert failing(seen, now) == [name]
        (trouble,) = (check for check in checkup.database_checks(seen, now) if not check.ok)
        assert trouble.advice


async def test_a_real_system_is_examined(database: Database, broker: Broker) -> None:
    urls = {"wayhome_operator": database.url_as("wayhome_operator")}
    checks = await checkup.examine(System(database_urls=urls, mqtt_url=broker.url))
    by_name = {check.name: check for check in checks}
    assert by_name["program"].found == "Python alone"
    assert by_name["broker"].ok
    assert by_name["database"].ok
    assert by_name["migrations"].ok
    assert ("TimescaleDB 2" in by_name["database"].found) == (database.kind == "timescale")
    assert not by_name["gateway"].ok


async def test_what_does_not_answer_is_said_and_hides_nothing() -> None:
    nowhere = System(
        database_urls={"": "postgresql://x:secret@127.0.0.1:9/x"}, mqtt_url="mqtt://127.0.0.1:9"
    )
    checks = await checkup.examine(nowhere)
    assert [check.name for check in checks if not check.ok] == ["broker", "database"]
    assert "secret" not in str(checks)
