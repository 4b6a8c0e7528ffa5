"""A power cut across a district: every home alerts in the same second, while one channel hangs.

    .venv/bin/python bench/alerts.py --json

The real alerting service as a process of its own, on the embedded PostgreSQL with fsync on. Each first
carer has two of four channels (push to a browser, ntfy, webhook, text), so that half of them have one
that hangs and never answers; `bench/endpoints.py` plays the services behind them.

``first_notification_s``  from the commit of the findings to the first message of each home
``told``                  homes of which the first carer was told, of ``homes``
``within_policy``         all of them before the second step was due, and nobody told out of turn
``finding_to_push_ms``    steady state, one alert every 200 ms: from the commit of a finding to its push
``cpu_ms_per_alert``      processor time of the alerting service for one alert of the burst
``minute``                once what the service does each minute, by the clock and in processor time of this
                          process: a look at all that the burst has left open, and the auditor's
"""

# ruff: noqa: E402 (run as a script, it has to find the project)
from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alerts.auditor import Auditor
from alerts.dead_man import DeadMan
from alerts.push_key import new_key
from alerts.service import Alerting
from core.runtime.clock import SystemClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings, child_environment
from core.store.migrate import migrate
from core.store.pool import open_pool
from tests.servers.ports import free_port
from wayhome.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PASSWORD = "bench"  # noqa: S105 (of a server that lives for this run)
CHANNELS = ("webpush", "ntfy", "webhook", "sms")
HANGING = "webhook"
SECOND_STEP_S = 180.0
STEADY = 100
SECOND = 100_000
"""Number added to a home's for its second carer, who must not be told yet."""


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def address(channel: str, port: int, recipient: int, point: str) -> str:
    """Address of a recipient in a channel."""
    if channel == "sms":
        return f"+44{recipient:09d}"
    place = f"http://127.0.0.1:{port}/{channel}/{recipient}"
    if channel != "webpush":
        return place
    keys = {"p256dh": point, "auth": base64.urlsafe_b64encode(bytes(16)).decode()}
    return json.dumps({"endpoint": place, "keys": keys})


def furnish(connection: psycopg.Connection, homes: int, port: int) -> None:
    """Register the homes, each with two carers who have two channels each."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = base64.urlsafe_b64encode(
        point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    ).decode()
    connection.execute("insert into organisation (organisation_id, name) values ('leeds', 'Leeds')")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into home (home_id, organisation_id, name) values (%s, 'leeds', 'x')",
            [(f"h{home}",) for home in range(homes)],
        )
        connection.execute("insert into resident (home_id, name) select home_id, 'R' from home")
        for order in (1, 2):
            recipients = [(home, home + SECOND * (order - 1)) for home in range(homes)]
            cursor.executemany(
                "insert into carer (carer_id, organisation_id, login, name, role, password_hash)"
                " overriding system value values (%s, 'leeds', %s, 'C', 'family_carer', '')",
                [(number + 1, f"c{number}") for _, number in recipients],
            )
            cursor.executemany(
                "insert into care (home_id, carer_id, telling_order) values (%s, %s, %s)",
                [(f"h{home}", number + 1, order) for home, number in recipients],
            )
            cursor.executemany(
                "insert into contact_point (carer_id, channel, address) values (%s, %s, %s)",
                [
                    (number + 1, channel, address(channel, port, number, text))
                    for home, number in recipients
                    for channel in (CHANNELS[home % 4], CHANNELS[(home + 1) % 4])
                ],
            )
    # as autovacuum does within a minute: no district is registered in the second before the power fails
    connection.execute("analyze")


def alarm(connection: psycopg.Connection, first: int, last: int) -> float:
    """Write an urgent finding for each of these homes, as analytics does; return when it was committed."""
    now = datetime.now(UTC)
    onset = now - timedelta(minutes=5)
    with connection.transaction():
        connection.cursor().executemany(
            "insert into finding (home_id, resident_id, detector, severity, audience, phase, onset,"
            " noticed_at, what, step) select home_id, resident_id, 'inactivity', 'urgent', 'carers',"
            " 'opened', %s, %s, 'No movement', 1 from resident where home_id = %s",
            [(onset, now, f"h{home}") for home in range(first, last)],
        )
        connection.execute("select pg_notify('finding', '')")
    return time.monotonic()


@dataclass
class Bench:
    """What runs."""

    connection: psycopg.Connection
    service: subprocess.Popen[bytes]
    endpoints: subprocess.Popen[bytes]
    log: Path
    #: URL by which the service reaches the database.
    url: str

    def messages(self) -> list[tuple[float, str, int]]:
        """Return what came to the endpoints so far: when, by which channel, to whom."""
        lines = self.log.read_text().splitlines()[1:]
        parts = [line.split() for line in lines if line.count(" ") == 2]
        return [(float(at), channel, int(to)) for at, channel, to in parts]

    def first_times(self, homes: range, wanted: str = "") -> dict[int, float]:
        """Return when each home's first message came, by a channel or by any that answers."""
        found: dict[int, float] = {}
        for at, channel, to in self.messages():
            if to in homes and (channel == wanted if wanted else channel != HANGING):
                found.setdefault(to, at)
        return found

    def cpu_s(self) -> float:
        """Processor time of the service so far."""
        fields = Path(f"/proc/{self.service.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(homes: int, folder: Path) -> Iterator[Bench]:
    """Run database, service and endpoints."""
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    port = free_port()
    log = folder / "messages"
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("create database bench")
        owner = postgres.url("bench")
        migrate(owner, passwords={"wayhome_alerts": PASSWORD})
        with psycopg.connect(owner, autocommit=True) as connection:
            furnish(connection, homes, port)
            connection.execute("analyze")
            with log.open("wb") as out:
                command = [sys.executable, str(ROOT / "bench" / "endpoints.py"), str(port), HANGING]
                processes.append(subprocess.Popen(command, stdout=out))
            processes.append(_service(owner, port, folder))
            while not connection.execute("select 1 from channel_offer").fetchone():
                assert processes[1].poll() is None, "the alerting service ended"
                time.sleep(0.05)
            time.sleep(1.0)
            yield Bench(connection, processes[1], processes[0], log, _url(owner))
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)
        postgres.stop()


def _url(owner: str) -> str:
    parts = urlsplit(owner)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"wayhome_alerts:{PASSWORD}@{place}"))


def _service(owner: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    settings = {
        "database_url": _url(owner),
        "instance": "bench",
        "log_level": "WARNING",
        "push_key": new_key(),
        "phone_url": f"http://127.0.0.1:{port}",
        "phone_account": "AC1",
        "phone_token": "token",
        "phone_from": "+447700900000",
        "webhook_secret": "key",
        "local_network": "true",
    }
    with (folder / "service.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "alerts"], cwd=ROOT, env=child_environment(settings), stderr=log
        )


def burst(bench: Bench, homes: int) -> dict[str, object]:
    """Let every home alert at once."""
    wanted = range(homes)
    before = bench.cpu_s()
    began = alarm(bench.connection, 0, homes)
    while len(found := bench.first_times(wanted)) < homes and time.monotonic() - began < 120:
        time.sleep(0.2)
    cpu_ms = (bench.cpu_s() - before) / homes * 1000
    delays = sorted(at - began for at in found.values())
    out_of_turn = sum(to >= SECOND for at, _, to in bench.messages() if at - began < SECOND_STEP_S)
    in_time = bool(delays) and delays[-1] < SECOND_STEP_S
    return {
        "homes": homes,
        "told": len(found),
        "first_notification_s": _percentiles(delays, 3),
        "within_policy": in_time and len(found) == homes and out_of_turn == 0,
        "out_of_turn": out_of_turn,
        "cpu_ms_per_alert": round(cpu_ms, 2),
    }


def steady(bench: Bench, first: int) -> dict[str, float]:
    """Let one home alert every 200 ms; return the delays of its push."""
    began = {}
    for home in range(first, first + STEADY * 4, 4):  # those with push as their first channel
        began[home] = alarm(bench.connection, home, home + 1)
        time.sleep(max(0.0, 0.2 - (time.monotonic() - began[home])))
    wanted = range(first, first + STEADY * 4)
    deadline = time.monotonic() + 30
    while len(found := bench.first_times(wanted, "webpush")) < STEADY:
        assert time.monotonic() < deadline, f"{STEADY - len(found)} pushes did not come"
        time.sleep(0.2)
    return _percentiles(sorted((found[home] - began[home]) * 1000 for home in began), 1)


async def minute(url: str) -> dict[str, dict[str, float]]:
    """Do what the service does each minute, without sending anything."""
    clock = SystemClock()
    settings = AlertsSettings(database_url=url, instance="bench")
    health = Health("alerts", clock)
    context = Context(settings=settings, clock=clock, health=health, instance="bench")
    found = {}
    async with open_pool(url) as pool:
        alerting = Alerting(context, pool, [])
        auditor = Auditor(pool, clock, health, DeadMan(""), lease_s=settings.lease_s)
        for name, look in (("look", alerting.audit_once), ("auditor", auditor.look_once)):
            await look()  # the first fills the caches
            began, cpu = time.monotonic(), time.process_time()
            await look()
            cpu = time.process_time() - cpu
            found[name] = {"s": round(time.monotonic() - began, 2), "cpu_s": round(cpu, 2)}
    return found


def _percentiles(delays: Sequence[float], digits: int) -> dict[str, float]:
    if not delays:
        return {}
    return {
        "p50": round(delays[len(delays) // 2], digits),
        "p99": round(delays[min(len(delays) - 1, int(len(delays) * 0.99))], digits),
    }


def measure(homes: int) -> dict[str, object]:
    """Run both parts."""
    with tempfile.TemporaryDirectory(prefix="wayhome-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with running(homes + STEADY * 4, folder) as bench:
            say(f"{STEADY} alerts, one every 200 ms")
            calm = steady(bench, homes)
            say(f"{homes} homes alert at once, {HANGING} hangs")
            report = burst(bench, homes)
            report["minute"] = asyncio.run(minute(bench.url))
        return report | {"finding_to_push_ms": calm}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--homes", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    report = measure(chosen.homes)
    if chosen.json:
        print(json.dumps(report))
    else:
        for key, value in report.items():
            print(f"{key:22} {value}")


if __name__ == "__main__":
    main()
