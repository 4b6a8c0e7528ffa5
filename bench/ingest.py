"""The gateway through Mosquitto against a raw subscriber that only counts and acknowledges.

    .venv/bin/python bench/ingest.py --json

Both as processes of their own, in turns, on the same broker and messages: numbered native messages with a
device time, from many devices, sent by `bench/blast.py` as fast as the broker takes them. The raw
subscriber is `bench/raw_subscriber.py` (ours, a blocking socket; quicker than paho or our own client).
PostgreSQL is the embedded one with fsync on. Figures are medians over the rounds:

``gateway_per_s``  messages a second from the first published to the last committed
``raw_per_s``      the same for the raw subscriber, to the last acknowledged
``ratio``          median of the rounds' own ratios
``cpu_us_per_msg`` processor time of the gateway's process for one message, the MQTT protocol included
``p50_ms, p99_ms`` publish-to-committed at half of ``gateway_per_s``, of probes among the load, seen by a
                   reader that is woken by the commit's NOTIFY
``compiled``       whether it was the program of `make fast` (``.venv-fast/bin/python bench/ingest.py``)
``compiled_modules``  how many modules of it are compiled
``fsync_ms``       median of 200 writes of 8 kB with fsync in the database's folder

Take ratios and processor times from it; rates of different runs on shared cores say little.
"""

# ruff: noqa: E402 (run as a script, it has to find the tests' servers)
from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).parents[1]
# where the compiled program is installed, the sources must not hide it
COMPILED = find_spec("wayhome__mypyc") is not None
sys.path.insert(len(sys.path) if COMPILED else 0, str(ROOT))

import psycopg

from core.runtime.broker import BrokerSettings, Publisher
from core.runtime.compiled import compiled
from core.runtime.settings import child_environment
from core.store.migrate import migrate
from tests.gateway.running import device, register
from tests.servers.mosquitto import Mosquitto
from wayhome.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOMES = 100
DEVICES = 20
PROBES_PER_S = 40
PASSWORD = "bench"  # noqa: S105 (of a server that lives for this run)
BROKER = ("max_queued_messages 0", "max_inflight_messages 4000")


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def build(file: Path, messages: int, start: datetime, first: int) -> None:
    """Write packets: each message from another device, its time a millisecond after the one before."""
    begin = start.timestamp()
    with file.open("wb") as out:
        for number in range(messages):
            sensor = number % (HOMES * DEVICES)
            topic = f"homes/h{sensor // DEVICES}/wayhome/d{sensor % DEVICES}/illuminance".encode()
            at = f"{begin + number * 1e-5:.5f}"
            payload = f'{{"v":{number % 1000},"t":{at},"seq":{first + number},"boot":"b"}}'.encode()
            packet_id = (number % 65535 + 1).to_bytes(2, "big")
            body = len(topic).to_bytes(2, "big") + topic + packet_id + payload
            packet = bytes((0x32, len(body) & 0x7F | 0x80, len(body) >> 7)) + body
            out.write(len(packet).to_bytes(4, "big") + packet)


@dataclass
class Bench:
    """The servers of one run."""

    database_url: str
    owner_url: str
    broker: Mosquitto
    folder: Path
    first: int = 0

    def prepare(self, messages: int) -> Path:
        """Build the packets of one round; their times lie just before now, as those of live devices do."""
        file = self.folder / "packets"
        build(file, messages, datetime.now(UTC), self.first)
        self.first += messages
        return file

    def blast(self, file: Path, rate: float = 0.0) -> subprocess.Popen[bytes]:
        """Start to publish."""
        place = ["127.0.0.1", str(self.broker.port), str(file), str(rate)]
        command = [sys.executable, str(ROOT / "bench" / "blast.py"), *place]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def gateway(self) -> subprocess.Popen[bytes]:
        """Start a gateway and wait until it hears the broker."""
        settings = {
            "database_url": self.database_url,
            "mqtt_url": self.broker.url,
            "instance": "bench",
            "log_level": "WARNING",
        }
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute("delete from gateway_heartbeat")
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway"],
                cwd=self.folder if COMPILED else ROOT,
                env=child_environment(settings),
            )
            query = "select 1 from gateway_heartbeat where broker_connected"
            while not connection.execute(query).fetchone():
                assert process.poll() is None, "the gateway ended"
                time.sleep(0.02)
        return process


def end(bench: Bench, gateway: subprocess.Popen[bytes]) -> None:
    """End a gateway, and its session at the broker with it: or the next round would be queued for it."""
    gateway.terminate()
    gateway.wait(30)
    client = b"wayhome-bench"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client
    with socket.create_connection(("127.0.0.1", bench.broker.port)) as link:
        link.sendall(b"\x10" + bytes([len(body)]) + body)
        assert link.recv(4)[:1] == b"\x20"
        link.sendall(b"\xe0\x00")


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def raw_round(bench: Bench, messages: int) -> float:
    """Messages a second of the raw subscriber."""
    file = bench.prepare(messages)
    command = [sys.executable, str(ROOT / "bench" / "raw_subscriber.py"), "127.0.0.1"]
    command += [str(bench.broker.port), str(messages)]
    raw = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert raw.stdout is not None
    raw.stdout.readline()
    blast = bench.blast(file)
    last = float(raw.stdout.readline())
    output, _ = blast.communicate()
    raw.wait()
    return messages / (last - float(output.split()[0]))


def gateway_round(bench: Bench, messages: int) -> tuple[float, float]:
    """Messages a second of the gateway, and its processor time for one in microseconds."""
    gateway = bench.gateway()
    file = bench.prepare(messages)
    with psycopg.connect(bench.owner_url, autocommit=True) as connection:
        row = connection.execute("select count(*) from observation").fetchone()
        wanted = (row[0] if row else 0) + messages
        connection.execute("listen observation")
        before = cpu_s(gateway)
        blast = bench.blast(file)
        committed = _committed(connection, messages, wanted)
        cpu_us = (cpu_s(gateway) - before) / messages * 1e6
        output, _ = blast.communicate()
    end(bench, gateway)
    return messages / (committed - float(output.split()[0])), cpu_us


def _committed(connection: psycopg.Connection[Any], messages: int, wanted: int) -> float:
    """Wait for the last commit; return its monotonic time as seen from here."""
    deadline = time.monotonic() + 60 + messages / 1000
    heard = time.monotonic()
    while time.monotonic() < deadline:
        silent = True
        for _ in connection.notifies(timeout=0.5, stop_after=1):
            heard, silent = time.monotonic(), False
        if silent:
            row = connection.execute("select count(*) from observation").fetchone()
            if row and row[0] >= wanted:
                return heard
    raise AssertionError("not all messages were committed")


async def latency(bench: Bench, rate: float, seconds: float) -> list[float]:
    """Milliseconds from publishing to committed, of probes among a steady load."""
    gateway = bench.gateway()
    file = bench.prepare(int(rate * (seconds + 2)))
    blast = bench.blast(file, rate)
    await asyncio.sleep(1.0)
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    settings = BrokerSettings(url=bench.broker.url, client_id="probe", protocol="3.1.1")
    async with (
        Publisher(settings) as publisher,
        asyncio.TaskGroup() as group,
    ):
        watch = group.create_task(_watch(bench.owner_url, seen))
        await asyncio.sleep(0.5)
        for number in range(int(seconds * PROBES_PER_S)):
            payload = json.dumps({"v": number, "t": time.time()}).encode()
            sent[number] = time.monotonic()
            await publisher.enqueue("homes/probe/wayhome/probe/steps", payload)
            await asyncio.sleep(1.0 / PROBES_PER_S)
        await asyncio.sleep(2.0)
        watch.cancel()
    blast.communicate()
    end(bench, gateway)
    assert len(seen) == len(sent), f"{len(sent) - len(seen)} probes were not seen"
    return [(seen[number] - sent[number]) * 1000.0 for number in sent]


async def _watch(url: str, seen: dict[int, float]) -> None:
    connect = psycopg.AsyncConnection.connect
    async with await connect(url, autocommit=True) as notices:
        await notices.execute("listen observation")
        async with await connect(url, autocommit=True) as connection:
            async for _ in notices.notifies():
                await _look(connection, seen)


async def _look(connection: psycopg.AsyncConnection[Any], seen: dict[int, float]) -> None:
    found = await connection.execute(
        "select value from observation where device_id ="
        " (select device_id from device where home_id = 'probe') and value > %s",
        (max(seen, default=-1),),
    )
    now = time.monotonic()
    for (value,) in await found.fetchall():
        seen[int(value)] = now


def fsync_ms(folder: Path) -> float:
    """Median of 200 writes of 8 kB with fsync."""
    spans = []
    with (folder / "fsync").open("wb") as out:
        for _ in range(200):
            begin = time.perf_counter()
            out.write(bytes(8192))
            out.flush()
            os.fsync(out.fileno())
            spans.append((time.perf_counter() - begin) * 1000.0)
    return statistics.median(spans)


async def furnish(owner_url: str) -> None:
    """Register the homes."""
    for home in range(HOMES):
        name = f"h{home}"
        await register(owner_url, [device(f"d{n}", home=name) for n in range(DEVICES)], home=name)
    await register(owner_url, [device("probe", home="probe")], home="probe")


@contextmanager
def servers(folder: Path) -> Iterator[Bench]:
    """Run a durable PostgreSQL with registered homes, and Mosquitto."""
    postgres = EmbeddedPostgres(folder / "postgres")
    broker = Mosquitto(folder / "mosquitto", lines=BROKER)
    postgres.start()
    broker.start()
    try:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("create database bench")
        owner = postgres.url("bench")
        migrate(owner, passwords={"wayhome_gateway": PASSWORD})
        say("registering")
        asyncio.run(furnish(owner))
        parts = urlsplit(owner)
        place = parts.netloc.rpartition("@")[2]
        url = urlunsplit(parts._replace(netloc=f"wayhome_gateway:{PASSWORD}@{place}"))
        yield Bench(database_url=url, owner_url=owner, broker=broker, folder=folder)
    finally:
        broker.stop()
        postgres.stop()


def measure(bench: Bench, messages: int, rounds: int, seconds: float) -> dict[str, float]:
    """Run the rounds in turns and return the medians."""
    gateways, raws, ratios, cpus = [], [], [], []
    for number in range(rounds):
        raw = raw_round(bench, messages)
        gateway, cpu_us = gateway_round(bench, messages)
        say(
            f"round {number + 1}/{rounds}: raw {raw:,.0f}/s, gateway {gateway:,.0f}/s,"
            f" ratio {gateway / raw:.2f}, {cpu_us:.1f} µs"
        )
        gateways.append(gateway)
        raws.append(raw)
        ratios.append(gateway / raw)
        cpus.append(cpu_us)
    half = statistics.median(gateways) / 2
    say(f"latency at {half:,.0f}/s for {seconds:g} s")
    delays = sorted(asyncio.run(latency(bench, half, seconds)))
    return {
        "gateway_per_s": round(statistics.median(gateways)),
        "raw_per_s": round(statistics.median(raws)),
        "ratio": round(statistics.median(ratios), 3),
        "cpu_us_per_msg": round(statistics.median(cpus), 2),
        "p50_ms": round(delays[len(delays) // 2], 2),
        "p99_ms": round(delays[int(len(delays) * 0.99)], 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--messages", type=int, default=100_000, help="messages of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the latency run")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="wayhome-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with servers(folder) as bench:
            report = measure(bench, chosen.messages, chosen.rounds, chosen.seconds)
        report["fsync_ms"] = round(fsync_ms(folder), 3)
    report |= {"compiled": COMPILED, "compiled_modules": len(compiled())}
    if chosen.json:
        print(json.dumps(report))
    else:
        for key, value in report.items():
            print(f"{key:15} {value:,}")


if __name__ == "__main__":
    main()
