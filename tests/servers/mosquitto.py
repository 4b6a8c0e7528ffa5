"""A private Mosquitto: own port and folder, persistence on disk; may be killed and restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from tests.servers.availability import program, unavailable
from tests.servers.ports import accepts, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START_DEADLINE_S = 10.0
ATTEMPTS = 20


class Mosquitto:
    """One broker process on the loopback.

    Parameters
    ----------
    folder
        For its configuration, log and persistence.
    users
        Log-in names and passwords; without any, anonymous clients are let in.
    lines
        Further lines of configuration.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str] | None = None,
        lines: Sequence[str] = (),
    ) -> None:
        found = program(
            "mosquitto", variable="WAYHOME_MOSQUITTO", unpacked="mosquitto/usr/sbin/mosquitto"
        )
        self.program = found or unavailable("no mosquitto: run scripts/test-servers")
        self.folder = folder
        self.users = dict(users or {})
        self.lines = tuple(lines)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for clients, as the first user when there are users."""
        for user in self.users:
            return self.url_as(user)
        return f"mqtt://127.0.0.1:{self.port}"

    def url_as(self, user: str) -> str:
        """Address with the name and password of ``user``."""
        return f"mqtt://{user}:{self.users[user]}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process number while it runs."""
        if self._process is None:
            raise RuntimeError("this broker is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it, on the port it had before or a free one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        keep = self.port
        for _ in range(ATTEMPTS):
            self.port = keep or free_port()
            self._configure()
            if self._launch():
                return
            time.sleep(0.05)
        raise RuntimeError(f"mosquitto did not start: {self._log()[-2000:]}")

    def stop(self) -> None:
        """End it in order: the persistence is written."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop in order and start again."""
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_DEADLINE_S)
            self._process = None

    def _launch(self) -> bool:
        with (self.folder / "mosquitto.log").open("wb") as log:
            # setpriv: the broker dies with this process, however this process dies
            self._process = subprocess.Popen(
                [
                    "setpriv",
                    "--pdeathsig",
                    "KILL",
                    self.program,
                    "-c",
                    self._configuration,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if " running" in self._log() and accepts(self.port):
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def _log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    @property
    def _configuration(self) -> Path:
        return self.folder / "mosquitto.conf"

    def _configure(self) -> None:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
            f"allow_anonymous {'false' if self.users else 'true'}",
            *(
                []
                if any(line.startswith("max_queued") for line in self.lines)
                else ["max_queued_messages 0"]
            ),
            *self.lines,
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # the test's folders are closed to user mosquitto
        if self.users:
            lines.append(f"password_file {self._passwords()}")
        self._configuration.write_text("\n".join(lines) + "\n")

    def _passwords(self) -> Path:
        file = self.folder / "passwords"
        file.touch(mode=0o600)
        hasher = program(
            "mosquitto_passwd",
            variable="WAYHOME_MOSQUITTO_PASSWD",
            unpacked="mosquitto/usr/bin/mosquitto_passwd",
        )
        for user, password in self.users.items():
            command = [hasher or "mosquitto_passwd", "-b", file, user, password]
            subprocess.run(command, check=True, capture_output=True)
        return file
