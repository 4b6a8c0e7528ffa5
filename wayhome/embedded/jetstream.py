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
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as line:
            _set_bound(line, login, limit_bytes)
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


def _set_bound(line: socket.socket, login: Login, limit_bytes: int) -> None:
    conversation = line.makefile("rwb")
    conversation.readline()  # INFO
    hello: dict[str, object] = {"verbose": False, "pedantic": False}
    if login[0]:
        hello |= {"user": login[0], "pass": login[1]}
    conversation.write(b"CONNECT " + msgspec.json.encode(hello) + b"\r\n")
    conversation.write(f"SUB {INBOX} 1\r\n".encode())
    wanted = _ask(conversation, INFO, b"")["config"]
    wanted |= {"max_bytes": limit_bytes, "discard": "new"}
    _ask(conversation, UPDATE, msgspec.json.encode(wanted))


def _ask(conversation: Any, subject: str, request: bytes) -> dict[str, Any]:
    conversation.write(f"PUB {subject} {INBOX} {len(request)}\r\n".encode() + request + b"\r\n")
    conversation.flush()
    while head := conversation.readline():
        if head.startswith(b"MSG "):
            answer = msgspec.json.decode(
                conversation.read(int(head.split()[-1])), type=dict[str, Any]
            )
            conversation.readline()
            if "error" in answer:
                raise ValueError(answer["error"])
            return answer
        if head.startswith(b"-ERR"):
            raise ValueError(head.decode().strip())
    raise ValueError("it hung up")
