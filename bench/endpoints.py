"""Plays the services behind four channels: notes when each message comes, and never answers for one.

    python bench/endpoints.py PORT HANGING

Prints a line for each message, ``MONOTONIC_S CHANNEL RECIPIENT``; HANGING is a channel or empty.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time

TO = re.compile(rb"To=%2B44(\d+)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ANSWER = b'HTTP/1.1 201 Created\r\nContent-Length: 14\r\n\r\n{"sid": "SM1"}'


class Endpoint(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, hanging: str) -> None:
        self._hanging = hanging
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came; answer each request that is complete."""
        self._read += data
        while True:
            head, end, rest = self._read.partition(b"\r\n\r\n")
            found = LENGTH.search(head)
            length = int(found[1]) if found else 0
            if not end or len(rest) < length:
                return
            self._take(head, rest[:length])
            self._read = rest[length:]

    def _take(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        channel, _, recipient = path.strip("/").partition("/")
        if channel == "2010-04-01":
            found = TO.search(body)
            channel, recipient = "sms", str(int(found[1])) if found else "?"
        sys.stdout.write(f"{time.monotonic():.6f} {channel} {recipient}\n")
        if channel != self._hanging:
            self._transport.write(ANSWER)


async def main(port: int, hanging: str) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Endpoint(hanging), "127.0.0.1", port, backlog=1000
    )
    sys.stdout.write("ready\n")
    async with server:
        while True:
            sys.stdout.flush()
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
