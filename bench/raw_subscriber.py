"""The least a QoS 1 subscriber can do: count and acknowledge. What `bench/ingest.py` measures against.

A blocking socket, MQTT 3.1.1, one pass over each chunk without making an object of a message, one write of
PUBACKs a chunk. Prints ``ready`` when subscribed and the monotonic time when the last message has come.

    python bench/raw_subscriber.py HOST PORT MESSAGES
"""

from __future__ import annotations

import socket
import sys
import time

CHUNK = 1 << 18


def connect(host: str, port: int) -> socket.socket:
    """Connect, subscribe to everything at QoS 1, wait for the SUBACK."""
    link = socket.create_connection((host, port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = b"raw"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client
    link.sendall(b"\x10" + bytes([len(body)]) + body)
    assert link.recv(4)[:1] == b"\x20"
    body = b"\x00\x01\x00\x07homes/#\x01"
    link.sendall(b"\x82" + bytes([len(body)]) + body)
    assert link.recv(5)[:1] == b"\x90"
    return link


def run(host: str, port: int, wanted: int) -> None:
    """Count and acknowledge until ``wanted`` messages have come."""
    link = connect(host, port)
    print("ready", flush=True)
    seen, rest = 0, b""
    while seen < wanted:
        stream = rest + link.recv(CHUNK)
        at, end, acks = 0, len(stream), []
        while end - at > 5:
            size, start = stream[at + 1], at + 2
            if size & 0x80:
                size, start = (size & 0x7F) | stream[at + 2] << 7, at + 3
            if start + size > end:
                break
            topic = stream[start] << 8 | stream[start + 1]
            acks.append(b"\x40\x02" + stream[start + 2 + topic : start + 4 + topic])
            at = start + size
        rest = stream[at:]
        if acks:
            link.sendall(b"".join(acks))
            seen += len(acks)
    print(time.monotonic(), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
