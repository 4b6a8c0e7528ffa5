"""Bounds what waits in nats-server for an absent MQTT reader, without locking that reader out.

nats-server keeps MQTT messages and MQTT sessions in one store. When messages fill it, the reader who
would empty it can not come back: its session no longer fits (observed with 2.15.1). So the stream of
the messages gets a bound of its own, below the store's; a publisher at the bound is left without its
PUBACK and keeps its message. MQTT has no word for this, so it is said in the few lines of NATS' own
protocol that it takes.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from core.model.errors import BrokerUnavailable
from core.runtime import mqtt

MESSAGES = "$MQTT_msgs"
"""The stream in which nats-server keeps what is published at QoS 1."""
INFO, UPDATE = f"$JS.API.STREAM.INFO.{MESSAGES}", f"$JS.API.STREAM.UPDATE.{MESSAGES}"
INBOX = "_INBOX.wayhome"
TIMEOUT_S = 5.0


Login = tuple[str, str]
"""User and password; empty where nobody needs one."""


def bound(greeting: tuple[socket.socket, Login], port: int, login: Login, limit_bytes: int) -> None:
    """Let at most ``limit_bytes`` of messages wait; the newest is refused beyond.

    Parameters
    ----------
    greeting
        Open connection to the broker's MQTT port, whose first client brings the stream into being, and
        the log-in there.
    port
        Port of NATS' own protocol on the loopback.
    login
        Of somebody who may see and change the stream.

    Raises
    ------
    BrokerUnavailable
        If the broker does not do it.
    """
    try:
        _greet(*greeting)
        with conversation(port, login) as line:
            wanted = line.ask(INFO)["config"]
            line.ask(UPDATE, wanted | {"max_bytes": limit_bytes, "discard": "new"})
    except (OSError, msgspec.MsgspecError, KeyError, ValueError) as error:
        raise BrokerUnavailable(
            f"the embedded broker's queue can not be bounded: {error}"
        ) from error


def _greet(line: socket.socket, login: Login) -> None:
    line.settimeout(TIMEOUT_S)
    hello = mqtt.Connect(
        client_id=f"wayhome-{secrets.token_hex(8)}", username=login[0], password=login[1]
    )
    line.sendall(hello.encode("3.1.1"))
    line.recv(4)


class Refused(ValueError):  # noqa: N818 (reads as its answer)
    """The broker answers that it does not do something."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code = int(error.get("err_code", 0))


class Conversation:
    """A few words of NATS' own protocol, a question at a time."""

    def __init__(self, line: socket.socket, login: Login) -> None:
        self._file = line.makefile("rwb")
        self._file.readline()  # INFO
        hello: dict[str, object] = {"verbose": False, "pedantic": False, "headers": True}
        if login[0]:
            hello |= {"user": login[0], "pass": login[1]}
        self._file.write(b"CONNECT " + msgspec.json.encode(hello) + b"\r\n")
        self._file.write(f"SUB {INBOX} 1\r\n".encode())

    def ask(self, subject: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask and return the answer.

        Raises
        ------
        Refused
            If it says no.
        ValueError
            If it hangs up, or we may not ask.
        """
        body = b"" if request is None else msgspec.json.encode(request)
        self._file.write(f"PUB {subject} {INBOX} {len(body)}\r\n".encode() + body + b"\r\n")
        return self._answer()

    def publish(self, subject: str, head: bytes, body: bytes) -> dict[str, Any]:
        """Put a message with its headers into a stream; return where it is.

        Raises
        ------
        Refused
            If the stream does not take it.
        """
        sizes = f"{len(head)} {len(head) + len(body)}"
        self._file.write(f"HPUB {subject} {INBOX} {sizes}\r\n".encode() + head + body + b"\r\n")
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        self._file.flush()
        while head := self._file.readline():
            if head.startswith(b"MSG "):
                answer = msgspec.json.decode(
                    self._file.read(int(head.split()[-1])), type=dict[str, Any]
                )
                self._file.readline()
                if "error" in answer:
                    raise Refused(answer["error"])
                return answer
            if head.startswith(b"-ERR"):
                raise ValueError(head.decode().strip())
        raise ValueError("it hung up")


@contextmanager
def conversation(port: int, login: Login) -> Iterator[Conversation]:
    """Speak to the broker on the loopback."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as line:
        yield Conversation(line, login)
