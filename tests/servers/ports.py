"""Ports for servers that can not pick their own."""

from __future__ import annotations

import random
import socket
from collections import deque

# Below the range from which Linux gives ports to outgoing connections: a server that is killed and
# started again must find its port free. And beside the range of `wayhome.embedded.process.free_port`,
# which knows nothing of the promises below. Above 10080, where Chromium opens no page.
LOWEST, HIGHEST = 10_100, 19_999
KEPT = 64
"""So many of the last ports are promised to nobody else: each is listened on long before it is their turn."""

_promised: deque[socket.socket] = deque()


def free_port() -> int:
    """Return a loopback port that is free now, and that no other test process is given meanwhile.

    A server of ours starts seconds after its port was chosen. A name in the abstract namespace, which ends
    with this process, keeps the others from choosing it too.
    """
    for _ in range(1000):
        port = random.randint(LOWEST, HIGHEST)
        if _is_free(port) and (promise := _promise(port)):
            _promised.append(promise)
            if len(_promised) > KEPT:
                _promised.popleft().close()
            return port
    raise RuntimeError("no free port on the loopback")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _promise(port: int) -> socket.socket | None:
    promise = socket.socket(socket.AF_UNIX)
    try:
        promise.bind(f"\0wayhome-test-port-{port}")
    except OSError:
        promise.close()
        return None
    return promise


def accepts(port: int) -> bool:
    """Whether something on the loopback takes connections at ``port``."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
