"""Whatever of a system ends by itself comes back, and what keeps ending is said plainly."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from core.model.errors import Temporary
from core.runtime.settings import child_environment
from tests.embedded import raw_client
from tests.servers.ports import free_port
from wayhome import certificates
from wayhome.embedded import tls
from wayhome.embedded.process import LOG_LIMIT_BYTES, rotate, running_in
from wayhome.stack import Stack, StackSettings
from wayhome.supervisor import (
    REPEATED,
    Child,
    State,
    keep_running,
    observed,
    until_healthy,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def eventually(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def broken(folder: Path) -> Child:
    """Return a service that can not start: nothing says where its database is."""
    return Child(
        name="alerts",
        arguments=("alerts",),
        environment=child_environment({}),
        health_port=free_port(),
        log_file=folder / "alerts.log",
    )


@pytest.mark.parametrize(
    ("before", "runs", "well", "after"),
    [
        (State.starting, True, False, State.starting),
        (State.starting, True, True, State.healthy),
        (State.healthy, True, False, State.unwell),
        (State.unwell, True, True, State.healthy),
        (State.restarting, False, False, State.restarting),
        (State.stopped, False, False, State.stopped),
    ],
)
def test_states_follow_what_is_seen(before: State, runs: bool, well: bool, after: State) -> None:
    assert observed(before, runs=runs, well=well) is after


@pytest.mark.faults
async def test_what_keeps_ending_is_named_with_its_last_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child = broken(tmp_path)
    task = asyncio.ensure_future(keep_running(child))
    try:
        # long before the time is over
        with pytest.raises(Temporary, match=r"alerts keeps ending .*WAYHOME_DATABASE_URL"):
            await until_healthy([child], 120)
        assert child.failures >= REPEATED
        assert child.state in {State.restarting, State.starting}
    finally:
        task.cancel()
        await asyncio.wait({task})
    (told, *_) = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert "alerts keeps ending, 3 times in a row" in told.getMessage()
    assert str(child.log_file) in told.getMessage()
    assert child.state.value == "stopped"


@pytest.mark.faults
async def test_a_lost_database_and_a_lost_broker_come_back(folder: Path) -> None:
    settings = StackSettings(folder=folder, web_port=0, services=(), durable=False)
    async with Stack(settings) as stack:
        postgres, broker = stack.postgres, stack.broker
        assert postgres is not None
        assert broker is not None
        addresses = (postgres.url(), broker.url)
        places = (postgres.data, "postgres"), (broker.folder, "nats-server")
        for pid in [one for place in places for one in running_in(*place)]:
            with suppress(ProcessLookupError):  # those of a killed server end by themselves
                os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not postgres.alive() and not broker.alive())
        await eventually(lambda: postgres.alive() and broker.alive())
        assert (postgres.url(), broker.url) == addresses
        with psycopg.connect(postgres.url()) as connection:
            assert connection.execute("select count(*) from observation").fetchone() == (0,)
        assert not raw_client.is_let_in(broker.port)
    assert running_in(postgres.data, "postgres") == ()
    assert running_in(broker.folder, "nats-server") == ()


@pytest.mark.faults
async def test_a_killed_service_is_healthy_again(folder: Path) -> None:
    settings = StackSettings(
        folder=folder, web_port=0, services=("gateway", "alerts"), durable=False
    )
    async with Stack(settings) as stack:
        await eventually(lambda: set(stack.status().values()) == {State.healthy})
        (gateway, _) = stack.children
        assert gateway.process is not None
        first = gateway.process.pid
        gateway.process.kill()
        await eventually(lambda: gateway.process is not None and gateway.process.pid != first)
        await eventually(lambda: stack.status()["gateway"] is State.healthy)
        assert gateway.failures == 1
        children = stack.children
    assert {child.state for child in children} == {State.stopped}
    assert not any(child.runs for child in children)


async def test_beyond_this_machine_the_broker_speaks_tls(folder: Path) -> None:
    settings = StackSettings(
        folder=folder, web_port=0, services=("gateway",), durable=False, mqtt_host=""
    )
    async with Stack(settings) as stack:  # its gateway is healthy: it trusts the new authority
        assert stack.system.mqtt_url.startswith("mqtts://127.0.0.1:")
        assert stack.broker is not None
        port, ca_file = stack.broker.port, stack.system.mqtt_ca_file
        own = (stack.system.mqtt_certificate_file, stack.system.mqtt_key_file)
        assert raw_client.is_let_in(port, ca_file=ca_file, certificate=own)
        assert not raw_client.is_let_in(port, ca_file=ca_file)
        assert not raw_client.is_let_in(port)
    for path in (folder / "certificates").iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("old", ["server", "gateway"])
async def test_certificates_that_end_soon_are_made_anew_while_it_runs(
    folder: Path, old: str
) -> None:
    settings = StackSettings(
        folder=folder, web_port=0, services=("gateway",), durable=False, mqtt_host=""
    )
    now, place = datetime.now(UTC), folder / "certificates"
    async with Stack(settings) as stack:
        assert stack.broker is not None
        renewal = stack.renewal(stack.broker)
        assert not await renewal.look(now), "they have a year"
        (gateway,) = stack.children
        first = gateway.process
        if old == "server":
            (place / "server.crt").unlink()
            tls.certificate(place, "", now - timedelta(days=340))
        else:
            tls.own_certificate(place, "gateway", now - timedelta(days=380))
        assert await renewal.look(now)
        for name in ("server", "gateway", "replay"):
            facts = certificates.facts((place / f"{name}.crt").read_text())
            assert facts.ends_at - now > timedelta(days=360)
        await eventually(lambda: gateway.process is not first)
        async with asyncio.timeout(30), httpx.AsyncClient() as client:
            while not await gateway.works(client):
                await asyncio.sleep(0.1)
        own = (stack.system.mqtt_certificate_file, stack.system.mqtt_key_file)
        ca_file = stack.system.mqtt_ca_file
        assert raw_client.is_let_in(stack.broker.port, ca_file=ca_file, certificate=own)


def test_a_log_is_emptied_where_the_disk_has_no_room_for_two(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    (tmp_path / "log.old").symlink_to("/dev/full")
    rotate(path)
    assert [(one.name, one.stat().st_size) for one in tmp_path.iterdir()] == [("log", 0)]


def test_a_log_stays_short_under_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"x" * (LOG_LIMIT_BYTES + 1))
        rotate(path)
        writer.write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "log.old").stat().st_size == LOG_LIMIT_BYTES + 1
