"""The servers that all other tests stand on: each starts, answers, comes back after a kill."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.loopback import BeyondLoopbackError, is_loopback
from tests.servers.ports import KEPT, accepts, free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.servers.broker_fixtures import Broker
    from tests.servers.databases import Database
    from tests.servers.mosquitto import Mosquitto
    from wayhome.embedded.postgres import EmbeddedPostgres

DEADLINE_S = 10.0


def publish(url: str) -> None:
    """Send one message at QoS 1 and wait until the broker has acknowledged it."""
    address = urlsplit(url)
    client = paho.Client(CallbackAPIVersion.VERSION2)
    if address.username:
        client.username_pw_set(address.username, address.password)
    client.connect(str(address.hostname), address.port or 1883)
    client.loop_start()
    try:
        client.publish("homes/7f3k/wayhome/lamp/state", b"1", qos=1).wait_for_publish(DEADLINE_S)
        assert client.is_connected()
    finally:
        client.disconnect()
        client.loop_stop()


def is_accepted(url: str) -> bool:
    """Whether a broker lets a client in."""
    answers: list[bool] = []
    address = urlsplit(url)
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(address.username or "", address.password)
    client.on_connect = lambda *seen: answers.append(not seen[3].is_failure)
    client.connect(str(address.hostname), address.port or 1883)
    deadline = time.monotonic() + DEADLINE_S
    while not answers and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()
    return answers[0]


def test_a_database_is_migrated_and_takes_a_connection(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        assert connection.execute("select count(*) from observation").fetchone() == (0,)
        extensions = {row[0] for row in connection.execute("select extname from pg_extension")}
    assert ("timescaledb" in extensions) == (database.kind == "timescale")


def test_a_hypertable_survives_the_cloning(timescale_database: Database) -> None:
    with psycopg.connect(timescale_database.url) as connection:
        rows = connection.execute(
            "select hypertable_name from timescaledb_information.hypertables"
        ).fetchall()
    assert ("observation",) in rows


def test_a_service_logs_in_as_its_own_role(database: Database) -> None:
    with psycopg.connect(database.url_as("wayhome_gateway")) as connection:
        assert connection.execute("select current_user").fetchone() == ("wayhome_gateway",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from carer")


@pytest.mark.parametrize("run", [1, 2])
def test_tests_do_not_see_each_others_rows(database: Database, run: int) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("create table trace as select %s::int as run", (run,))
        assert connection.execute("select run from trace").fetchall() == [(run,)]


def test_an_empty_database_has_no_table(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("select to_regclass('observation')").fetchone()
    assert found == (None,)


@pytest.mark.faults
def test_a_killed_database_comes_back(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("create table kept as select 1 as one")
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url(), connect_timeout=1)
    own_postgres.start()
    with psycopg.connect(own_postgres.url()) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


@pytest.mark.faults
def test_a_killed_broker_comes_back_at_its_address(broker: Broker) -> None:
    before = broker.url
    publish(before)
    broker.kill()
    assert not accepts(urlsplit(before).port or 0)
    broker.start()
    assert broker.url == before
    publish(broker.url)


def test_a_mosquitto_with_users_refuses_strangers(make_mosquitto: Callable[..., Mosquitto]) -> None:
    broker = make_mosquitto(users={"hub": "right"})
    assert is_accepted(broker.url_as("hub"))
    assert not is_accepted(broker.url_as("hub").replace("right", "wrong"))


def test_docker_compose_judges_a_file(docker_compose: Path, tmp_path: Path) -> None:
    def verdict(text: str) -> int:
        (tmp_path / "compose.yml").write_text(text)
        command = [str(docker_compose), "-f", str(tmp_path / "compose.yml"), "config", "-q"]
        return subprocess.run(command, check=False, capture_output=True).returncode

    assert verdict("services: {gateway: {image: wayhome}}") == 0
    assert verdict("services: {gateway: {imagine: wayhome}}") != 0


@pytest.mark.browser
def test_the_browser_shows_a_page(page: Page) -> None:
    page.set_content("<h1>Wayhome</h1>")
    assert page.inner_text("h1") == "Wayhome"


def test_a_port_that_another_process_was_given_is_given_to_nobody_else() -> None:
    given = [free_port() for _ in range(KEPT)]
    assert len(set(given)) == KEPT
    ask = f"from tests.servers import ports; print(*map(ports._promise, {given}))"
    told = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["None"] * KEPT


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        (None, True),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("wayhome.example", False),
    ],
)
def test_only_this_machine_is_loopback(host: str | None, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(BeyondLoopbackError):
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    with pytest.raises(BeyondLoopbackError):
        socket.getaddrinfo("wayhome.example", 443)
