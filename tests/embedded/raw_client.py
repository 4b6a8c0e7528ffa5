"""The few bytes of MQTT that show what a broker says to a client, without a client's own patience."""

from __future__ import annotations

import secrets
import socket
import ssl

from core.runtime import mqtt

CONNACK, SUBACK = 0x20, 0x90


def answer(line: socket.socket) -> bytes:
    """Read one short packet; nothing when the broker hangs up."""
    head = line.recv(2)
    if len(head) < 2:
        return b""
    return head + line.recv(head[1])


def connect(
    port: int,
    username: str = "",
    password: str = "",
    ca_file: str = "",
    certificate: tuple[str, str] | None = None,
) -> socket.socket:
    """Open a connection and send CONNECT; with ``ca_file`` over TLS, ``certificate`` is file and key."""
    line = socket.create_connection(("127.0.0.1", port), 5)
    if ca_file:
        context = ssl.create_default_context(cafile=ca_file)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        line = context.wrap_socket(line, server_hostname="127.0.0.1")
    request = mqtt.Connect(
        client_id=f"raw-{secrets.token_hex(4)}", username=username, password=password
    )
    line.sendall(request.encode("3.1.1"))
    return line


def is_let_in(
    port: int,
    username: str = "",
    password: str = "",
    ca_file: str = "",
    certificate: tuple[str, str] | None = None,
) -> bool:
    """Whether the broker answers CONNECT with success."""
    try:
        with connect(port, username, password, ca_file, certificate) as line:
            packet = answer(line)
    except (ConnectionError, ssl.SSLError):
        return False
    return packet[:1] == bytes([CONNACK]) and packet[3] == 0


def granted(port: int, topic: str, username: str, password: str) -> bool:
    """Whether the broker, having let the client in, lets it subscribe to ``topic``."""
    with connect(port, username, password) as line:
        assert answer(line)[3] == 0
        line.sendall(mqtt.subscribe((topic,), "3.1.1"))
        packet = answer(line)
    return packet[:1] == bytes([SUBACK]) and packet[4] < 0x80
