"""Ports for servers that can not pick their own."""

from __future__ import annotations

import random
import socket

# Below the range from which Linux gives ports to outgoing connections: a server that is killed and
# started again must find its port free.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """Return a loopback port that is free now; the caller retries when another was quicker."""
    for _ in range(100):
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on the loopback")


def accepts(port: int) -> bool:
    """Whether something on the loopback takes connections at ``port``."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
