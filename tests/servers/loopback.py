"""Refuses every connection of the test process beyond this machine."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

NAMES = frozenset({"", "localhost", "ip6-localhost", "testserver"})
WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})


class BeyondLoopbackError(RuntimeError):
    """A test tried to reach another machine."""


def is_loopback(host: object) -> bool:
    """Whether ``host``, a name or an address, is this machine."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host is None or host in NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, args: tuple[Any, ...]) -> None:
    if event not in WATCHED:
        return
    host = args[0] if event == "socket.getaddrinfo" else _host(args[1])
    if not is_loopback(host):
        raise BeyondLoopbackError(f"{event} to {host!r}: tests stay on the loopback")


def _host(address: object) -> object:
    # unix sockets give a path, netlink gives numbers, a connected socket gives nothing
    if isinstance(address, tuple) and address and isinstance(address[0], str | bytes):
        return address[0]
    return None


def install() -> None:
    """Watch the sockets of this process until it ends; an audit hook can not be taken off again."""
    sys.addaudithook(_guard)
