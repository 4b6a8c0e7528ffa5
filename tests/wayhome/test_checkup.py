"""What the doctor says of a reading, and of systems that are not there."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from core.store.diagnosis import Diagnosis
from tests.servers.broker_fixtures import Broker
from tests.servers.databases import Database
from tests.stores.seed import SEED
from wayhome import certificates, checkup, cli
from wayhome.system import System

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Diagnosis(
    server="17.6",
    timescale="2.19.3",
    pending=(),
    now=NOW,
    gateways={"gateway": (NOW - timedelta(seconds=3), True)},
    last_step=NOW - timedelta(seconds=20),
    waits=timedelta(seconds=1),
    quarantine={},
    refused={"retained": 4},
    discovered=1,
    overdue=0,
    fenced=0,
    alerts_at=NOW - timedelta(seconds=50),
    unreachable=0,
    audited=0,
    retained_at=NOW - timedelta(hours=20),
    not_retained="",
    dashboard_at=NOW - timedelta(seconds=40),
    identity_at=NOW - timedelta(seconds=2),
    credentials=3,
    backup_at=NOW - timedelta(hours=30),
    installed_at=NOW - timedelta(days=400),
)


class DiskUsage(NamedTuple):
    total: int
    used: int
    free: int


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
        "alerts": (replace(WELL, waits=timedelta(minutes=2)), NOW),
        "deliveries": (replace(WELL, overdue=2), NOW),
        "operators": (replace(WELL, unheard=1), NOW),
        "people": (replace(WELL, unreachable=1), NOW),
        "auditor": (replace(WELL, audited=1), NOW),
        "dashboard": (replace(WELL, dashboard_at=NOW - timedelta(minutes=4)), NOW),
        "identity": (replace(WELL, identity_fault="the broker does not answer"), NOW),
        "backup": (replace(WELL, backup_at=NOW - timedelta(days=3)), NOW),
        "retention": (replace(WELL, retained_at=NOW - timedelta(days=3)), NOW),
        "quarantine": (replace(WELL, quarantine={"malformed": 3}), NOW),
        "detectors": (replace(WELL, fenced=1), NOW),
        "database": (replace(WELL, writable=False), NOW),
        "migrations": (replace(WELL, pending=("0009_x",)), NOW),
    }
    for name, (seen, now) in troubles.items():
        assert failing(seen, now) == [name]
        (trouble,) = (check for check in checkup.database_checks(seen, now) if not check.ok)
        assert trouble.advice


def test_alerting_that_stands_still_is_said_on_a_day_without_findings() -> None:
    for dead in (None, NOW - timedelta(minutes=4)):
        assert failing(replace(WELL, alerts_at=dead, waits=timedelta())) == ["alerts"]
    assert failing(replace(WELL, not_retained="positions")) == ["retention"]
    assert failing(replace(WELL, retained_at=None)) == [], "a system of today"


def test_a_sign_of_life_that_is_still_to_come_is_none() -> None:
    """A clock that ran ahead once made a service that died later look alive until that time came."""
    ahead = NOW + timedelta(hours=5)
    dead = {
        "gateway one": replace(WELL, gateways={"one": (ahead, True)}),
        "analytics": replace(WELL, last_step=ahead),
        "alerts": replace(WELL, alerts_at=ahead),
        "dashboard": replace(WELL, dashboard_at=ahead),
        "identity": replace(WELL, identity_at=ahead),
        "backup": replace(WELL, backup_at=NOW + timedelta(days=400)),
    }
    for name, seen in dead.items():
        assert failing(seen) == [name]


def test_pages_and_backups_that_never_were_are_said() -> None:
    assert failing(replace(WELL, dashboard_at=None)) == ["dashboard"]
    assert failing(replace(WELL, backup_at=None)) == ["backup"]
    young = replace(WELL, backup_at=None, installed_at=NOW - timedelta(hours=40))
    assert failing(young) == [], "nothing that is older than a night can be lost"
    assert failing(replace(WELL, backup_at=None, installed_at=None)) == []


def test_an_identity_service_that_stands_still_is_said_where_hubs_have_certificates() -> None:
    for dead in (None, NOW - timedelta(minutes=4)):
        assert failing(replace(WELL, identity_at=dead)) == ["identity"]
        assert failing(replace(WELL, identity_at=dead, credentials=0)) == []


async def test_a_backup_is_written_down(plain_database: Database) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("update _yoyo_migration set applied_at_utc = now() - interval '9 days'")
    url = plain_database.url_as("wayhome_operator")
    system = System(database_urls={"wayhome_operator": url})

    async def backup() -> checkup.Check:
        (found,) = [one for one in await checkup.database(system) if one.name == "backup"]
        return found

    assert not (await backup()).ok
    told = await asyncio.to_thread(
        CliRunner().invoke,
        cli.app,
        ["backed-up", "--database-url", plain_database.url_as("wayhome_registrar")],
    )
    assert told.exit_code == 0, told.output
    assert (await backup()).ok
    assert (await backup()).found == "last noted 0 h ago"


def test_a_disk_that_is_almost_full_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkup.disk(tmp_path).found.endswith(str(tmp_path) + " is")
    for free, well in ((60 << 30, True), (4 << 30, False), (1 << 29, False)):
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _, free=free: DiskUsage(100 << 30, 0, free)
        )
        assert checkup.disk(tmp_path).ok is well


@pytest.mark.parametrize(
    ("left", "said"),
    [(60, "ends in 60 days"), (5, "ends in 5 days"), (-2, "certificate has expired")],
)
async def test_a_certificate_near_its_end_or_past_it_is_said(
    tmp_path: Path, left: int, said: str
) -> None:
    now = datetime.now(UTC)
    authority = certificates.new_authority(now)
    lasts = certificates.SERVER_LASTS
    server = certificates.new_server(
        authority, ["localhost"], now - lasts + timedelta(days=left, hours=1)
    )
    for name, text in (("ca.crt", authority.certificate), ("key", server.key)):
        (tmp_path / name).write_text(text)
    (tmp_path / "crt").write_text(server.certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    ) as listener:
        port = listener.sockets[0].getsockname()[1]
        system = System(
            database_urls={},
            mqtt_url=f"mqtts://localhost:{port}",
            mqtt_ca_file=str(tmp_path / "ca.crt"),
        )
        (check,) = await checkup.certificate(system)
    assert (check.ok, said in check.found) == (left > 14, True)
    assert "HUP" in check.advice


def test_a_gateway_of_another_name_is_forgotten_and_the_last_one_is_not() -> None:
    old = (NOW - timedelta(days=2), True)
    assert failing(replace(WELL, gateways=WELL.gateways | {"old": old})) == []
    assert failing(replace(WELL, gateways={"old": old})) == ["gateway old"]


async def test_nobody_who_takes_findings_in_is_said(
    plain_database: Database, broker: Broker
) -> None:
    with psycopg.connect(plain_database.url) as connection:
        connection.execute(SEED.encode())
        connection.execute("delete from alert_cursor")
        connection.execute("update finding set recorded_at = now() - interval '1 hour'")
    urls = {"wayhome_operator": plain_database.url_as("wayhome_operator")}
    by_name = {
        check.name: check
        for check in await checkup.examine(System(database_urls=urls, mqtt_url=broker.url))
    }
    assert not by_name["alerts"].ok
    assert by_name["alerts"].found.startswith("oldest finding or answer waits for 36")


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


async def test_a_database_that_takes_no_writes_is_not_well(plain_database: Database) -> None:
    """Read from, it looks as it did a minute ago: after a failover, or on the disk's last block."""
    system = System(database_urls={"wayhome_operator": plain_database.url_as("wayhome_operator")})
    for only_read, well in (("off", True), ("on", False)):
        with psycopg.connect(plain_database.url, autocommit=True) as owner:
            owner.execute(
                sql.SQL("alter database {} set default_transaction_read_only = {}").format(
                    sql.Identifier(owner.info.dbname), sql.SQL(only_read)
                )
            )
        (found,) = [one for one in await checkup.database(system) if one.name == "database"]
        assert found.ok is well
        assert ("takes no writes" in found.found) is not well


async def test_what_does_not_answer_is_said_and_hides_nothing() -> None:
    nowhere = System(
        database_urls={"": "postgresql://x:secret@127.0.0.1:9/x"}, mqtt_url="mqtt://127.0.0.1:9"
    )
    checks = await checkup.examine(nowhere)
    assert [check.name for check in checks if not check.ok] == ["broker", "database"]
    assert "secret" not in str(checks)
