"""TLS for an embedded broker that listens beyond this machine: a private authority, made on first start."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path

from wayhome import certificates
from wayhome.certificates import Pair
from wayhome.embedded.broker import Certificate
from wayhome.secret import write_secret

AUTHORITY = "ca.crt"
"""What a hub must trust; the only file of the folder that leaves it."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104


def is_wanted(host: str) -> bool:
    """Whether a broker that listens on ``host`` can be reached from other machines.

    Examples
    --------
    >>> is_wanted("127.0.0.1"), is_wanted("0.0.0.0")
    (False, True)
    """
    return host not in _LOOPBACK


def certificate(folder: Path, host: str, now: datetime) -> Certificate:
    """Return the broker's certificate, made or renewed when due, signed by the authority in ``folder``.

    Parameters
    ----------
    folder
        Closed folder of the authority and the broker's certificate; made when missing.
    host
        Address that the broker listens on; its certificate stands for this and the machine's name.
    """
    name = socket.gethostname()
    names = list(dict.fromkeys((name, f"{name}.local", "localhost", "127.0.0.1")))
    if host not in _EVERYWHERE and host not in names:
        names.append(host)
    authority = _authority(folder, now)
    made, key = folder / "server.crt", folder / "server.key"
    if not made.exists() or certificates.is_due(made.read_text(), authority, names, now):
        server = certificates.new_server(authority, names, now)
        write_secret(folder, key.name, server.key)  # first: until the second is there, both are due
        write_secret(folder, made.name, server.certificate)
    return Certificate(certificate=made, key=key)


def _authority(folder: Path, now: datetime) -> Pair:
    made, key = folder / AUTHORITY, folder / "ca.key"
    if not made.exists():
        authority = certificates.new_authority(now)
        write_secret(folder, key.name, authority.key)
        write_secret(folder, made.name, authority.certificate)
    return Pair(certificate=made.read_text(), key=key.read_text())
