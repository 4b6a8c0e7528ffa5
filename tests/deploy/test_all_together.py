"""docker-compose.yml acted out: its services as processes, with its environment, on its broker."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from core.runtime.settings import SERVICES
from tests.deploy.shipped import ShippedMosquitto, compose
from tests.gateway.running import device, register, until
from tests.house.tree import ROOT
from tests.identity.speaker import Speaker, context_of, unpacked
from tests.servers.ports import free_port
from wayhome import installation
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = "7f3k"
STARTS_S = 90.0


class Installed:
    """The folders and servers of the compose file on this machine."""

    def __init__(self, folder: Path, database: EmbeddedPostgres) -> None:
        self.secrets = folder / "secrets"
        install(Wanted(folder=self.secrets), datetime.now(UTC))
        self.database = database
        self.broker = ShippedMosquitto(folder / "broker", self.secrets)
        self.broker.start()
        self.ports = {name: free_port() for name in SERVICES}
        self._places = {
            "/secrets/": f"{self.secrets}/",
            "/revocations/": f"{self.secrets}/revocations/",
            "mosquitto:8884": f"localhost:{self.broker.inner_port}",
            "mosquitto:8885": f"localhost:{self.broker.certificates_port}",
            "localhost:8885": f"localhost:{self.broker.certificates_port}",
        }
        connections = self.secrets / "operator" / "connections.json"
        inner = f"localhost:{self.broker.inner_port}"
        connections.write_text(connections.read_text().replace("mosquitto:8884", inner))

    def here(self, text: str) -> str:
        """Return what stands in the compose file with its defaults, and the places of this machine."""
        text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
        for place, other in self._places.items():
            text = text.replace(place, other)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """Return what a container has, and nothing of ours but the way to the program."""
        said: dict[str, Any] = compose()["services"][name].get("environment", {})
        given = {key: self.here(str(value)) for key, value in said.items()}
        for key in given:
            if key.endswith("_PORT") and key != "WAYHOME_SMTP_PORT":
                given[key] = str(free_port())
        if name in self.ports:
            given["WAYHOME_HEALTH_PORT"] = str(self.ports[name])
        given["PYTHONPATH"] = str(ROOT)
        return given

    def run(self, name: str, *words: str, code: int = 0) -> str:
        """Run a container once; return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "wayhome", *map(self.here, words)],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment(name),
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def started(self, name: str) -> Iterator[None]:
        """Run a service while the block runs."""
        words = compose()["services"][name]["command"]
        with (self.secrets.parent / f"{name}.log").open("w") as log:
            service = subprocess.Popen(
                [sys.executable, "-m", "wayhome", *words], env=self.environment(name), stderr=log
            )
        try:
            yield
        finally:
            service.terminate()
            assert service.wait(40) == 0, name

    def is_well(self, name: str) -> bool:
        """Ask as its health check does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}/health") as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def stored(self) -> int:
        """How many observations there are."""
        with psycopg.connect(self.database.url()) as owner:
            row = owner.execute("select count(*) from observation").fetchone()
        return 0 if row is None else int(row[0])


@pytest.fixture
def installed(
    tmp_path: Path, own_postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installed]:
    """Give what `init`, `mosquitto` and `database` leave."""
    monkeypatch.setattr(installation, "DATABASE", own_postgres.url().rpartition("@")[2])
    made = Installed(tmp_path, own_postgres)
    (made.secrets / "migrate" / "database-url").write_text(own_postgres.url())
    yield made
    made.broker.stop()


@pytest.mark.faults
async def test_its_services_are_well_and_a_hub_that_is_let_in_is_heard(
    installed: Installed, tmp_path: Path
) -> None:
    installed.run("migrate", *compose()["services"]["migrate"]["command"])
    with ExitStack() as running:
        for name in SERVICES:
            running.enter_context(installed.started(name))
        for name in SERVICES:
            await until(partial(installed.is_well, name), within_s=STARTS_S, what=name)
        registrar = (installed.secrets / "operator" / "connections.json").read_text()
        await register(
            json.loads(registrar)["database_urls"]["wayhome_registrar"], [device("door")]
        )
        bundle = tmp_path / "hub.zip"
        await asyncio.to_thread(
            installed.run, "operator", "hubs", "bundle", HOME, "--out", str(bundle)
        )
        papers = unpacked(bundle.read_bytes(), tmp_path / "papers")
        await until(lambda: heard(installed, context_of(papers)), what="the hub is let in")
        await until(lambda: installed.stored() > 0, what="it is stored")
        said = await asyncio.to_thread(
            partial(installed.run, "operator", "doctor", "--json", code=1)
        )
    wrong = {one["name"] for one in json.loads(said)["checks"] if not one["ok"]}
    assert wrong == {"operators"}, "nobody of them is registered yet, and that is all"


def heard(installed: Installed, context: Any) -> bool:
    """Say a word as the hub; whether the broker took it."""
    hub = Speaker(installed.broker.certificates_port, context, "x", "5")
    try:
        return hub.publish(f"homes/{HOME}/wayhome/door/contact", b'{"v": 1}') < 0x80
    finally:
        hub.close()
