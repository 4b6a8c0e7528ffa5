"""What is shipped, read or run as it is: the compose file, and Mosquitto with its configuration."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.runtime.broker import BrokerSettings
from tests.house.tree import ROOT
from tests.servers.availability import in_ci, later_mosquitto, unavailable
from tests.servers.mosquitto import Mosquitto
from tests.servers.ports import accepts, free_port


@cache
def compose() -> dict[str, Any]:
    """Read docker-compose.yml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return found


def own_services() -> dict[str, Any]:
    """List the services that run our own image."""
    return {name: one for name, one in compose()["services"].items() if "build" in one}


class ShippedMosquitto(Mosquitto):
    """The production broker: mosquitto/mosquitto.conf, with only its places and ports changed.

    Its image has a later Mosquitto than hubs with Debian 12, and the two differ where it hurts (0303).
    """

    def __init__(self, folder: Path, secrets: Path) -> None:
        super().__init__(folder)
        #: What runs on a hub.
        self.hub_program = self.program
        if later := later_mosquitto():
            self.program = later
        elif in_ci():
            unavailable("no later mosquitto: run scripts/test-servers")
        self.secrets = secrets
        self.inner_port = free_port()
        self.certificates_port = free_port()
        #: What stands otherwise than in the file that is shipped.
        self.changed: dict[str, str] = {}

    def _configure(self) -> None:
        text = (ROOT / "mosquitto" / "mosquitto.conf").read_text("utf-8")
        text = text.replace("/secrets/", f"{self.secrets}/")
        text = text.replace("/revocations/", f"{self.secrets}/revocations/")
        text = text.replace("/mosquitto/data/", f"{self.folder}/")
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        text = text.replace("listener 8884", f"listener {self.inner_port} 127.0.0.1")
        text = text.replace("listener 8885", f"listener {self.certificates_port} 127.0.0.1")
        text = text.replace("plugin /usr/lib/", f"plugin {self._plugins}/")
        for line, other in self.changed.items():
            assert line in text
            text = text.replace(line, other)
        self._prepare()
        if os.geteuid() == 0:
            text += "user root\n"  # the test's folders are closed to user mosquitto
        self._configuration.write_text(text)

    def _prepare(self) -> None:
        """Do what the container does before it starts the broker."""
        (_, _, command) = compose()["services"]["mosquitto"]["command"]
        before = command.partition("known=")[0].replace("$$", "$")
        before = before.replace("/secrets/", f"{self.secrets}/")
        before = before.replace("/mosquitto/data/", f"{self.folder}/")
        subprocess.run(["sh", "-c", before], check=True)

    @property
    def _plugins(self) -> Path:
        """Folder of the plugins that belong to the program."""
        root = Path(self.program).parent.parent
        return next(root.glob("lib/*/mosquitto_dynamic_security.so")).parent

    def reload(self) -> None:
        """Read passwords, rules and certificates anew, as after `wayhome install`."""
        os.kill(self.pid, signal.SIGHUP)

    def log(self) -> str:
        """Return what it has said."""
        return self._log()

    def gateway(self, client_id: str = "wayhome-gateway", **changed: str) -> BrokerSettings:
        """How the gateway of the compose file reaches it."""
        return self.inside("gateway", self.word("gateway/mqtt-password"), client_id, **changed)

    def inside(
        self, username: str, password: str, client_id: str, **changed: str
    ) -> BrokerSettings:
        """How one of our own services reaches it."""
        return self._settings(self.inner_port, username, password, client_id, **changed)

    def hub(self, home: str, client_id: str = "", **changed: str) -> BrokerSettings:
        """How the hub of ``home`` reaches it."""
        word = changed.pop("password", None) or self.word(f"hubs/hub-{home}")
        return self._settings(self.port, f"hub-{home}", word, client_id or f"hub-{home}", **changed)

    def word(self, name: str) -> str:
        """Read a secret."""
        return (self.secrets / name).read_text()

    def _settings(
        self, port: int, username: str, password: str, client_id: str, **changed: str
    ) -> BrokerSettings:
        return BrokerSettings(
            url=f"mqtts://localhost:{port}",
            client_id=client_id,
            username=username,
            password=password,
            ca_file=changed.get("ca_file", str(self.secrets / "broker" / "ca.crt")),
            protocol=changed.get("protocol", "5"),
        )


class Hub:
    """A home's hub: Mosquitto with mosquitto/hub-bridge.conf.example filled in."""

    def __init__(self, folder: Path, broker: ShippedMosquitto, home: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._program = broker.hub_program
        text = (ROOT / "mosquitto" / "hub-bridge.conf.example").read_text("utf-8")
        text = text.replace("BROKER:8883", f"localhost:{broker.port}")
        text = text.replace(
            "/etc/mosquitto/certs/wayhome-ca.crt", f"{broker.secrets}/broker/ca.crt"
        )
        text = text.replace("PASSWORD", broker.word(f"hubs/hub-{home}")).replace("HOME", home)
        text = text.replace("listener 1883", f"listener {self.port}")
        text = text.replace("restart_timeout 2 60", "restart_timeout 1 1")
        # what Debian's mosquitto.conf says before it includes ours
        head = f"persistence true\npersistence_location {folder}/\n"
        head += "user root\n" if os.geteuid() == 0 else ""
        folder.mkdir()
        (folder / "hub.conf").write_text(head + text)
        self.start()

    @property
    def settings(self) -> BrokerSettings:
        """How the home's devices reach it."""
        return BrokerSettings(
            url=f"mqtt://127.0.0.1:{self.port}", client_id="devices", protocol="3.1.1"
        )

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", self._program, "-c", self.folder / "hub.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while not accepts(self.port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("the hub did not start")
            time.sleep(0.02)

    def has_saved(self, topic: str) -> bool:
        """Whether a message of ``topic`` is on its disk."""
        file = self.folder / "mosquitto.db"
        return file.exists() and topic.encode() in file.read_bytes()

    def kill(self) -> None:
        """Cut its power."""
        self._process.kill()
        self._process.wait(10)
