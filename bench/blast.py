"""A publisher that is no bottleneck: QoS 1 packets built beforehand, sent as one stream of bytes.

    python bench/blast.py HOST PORT FILE RATE

FILE holds length-prefixed packets (4 bytes, big-endian); RATE is messages a second, 0 for as fast as the
broker takes them. Prints the monotonic time of the first byte, and of the last PUBACK.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path

SLICE_S = 0.005


def connect(host: str, port: int) -> socket.socket:
    """Connect as a publisher."""
    link = socket.create_connection((host, port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = b"blast"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client
    link.sendall(b"\x10" + bytes([len(body)]) + body)
    assert link.recv(4)[:1] == b"\x20"
    return link


def packets(file: Path) -> list[bytes]:
    """Read the packets of a file."""
    whole, at, found = file.read_bytes(), 0, []
    while at < len(whole):
        size = int.from_bytes(whole[at : at + 4], "big")
        found.append(whole[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def count_acknowledgements(link: socket.socket, wanted: int) -> None:
    """Read PUBACKs (4 bytes each) until all have come."""
    left = wanted * 4
    while left > 0:
        left -= len(link.recv(1 << 16))


def run(host: str, port: int, file: Path, rate: float) -> None:
    """Send everything at ``rate`` messages a second."""
    todo = packets(file)
    link = connect(host, port)
    reader = threading.Thread(target=count_acknowledgements, args=(link, len(todo)))
    reader.start()
    start = time.monotonic()
    if rate == 0:
        link.sendall(b"".join(todo))
    else:
        sent = 0
        while sent < len(todo):
            due = min(len(todo), int((time.monotonic() - start) * rate))
            link.sendall(b"".join(todo[sent:due]))
            sent = due
            time.sleep(SLICE_S)
    reader.join()
    print(start, time.monotonic(), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
