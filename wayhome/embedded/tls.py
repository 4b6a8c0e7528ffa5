"""TLS for an embedded broker that listens beyond this machine: private authorities, made on first start.

Everybody who speaks to it shows a certificate, our own services too: nats-server checks all clients of a
listener in one way.
"""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from pathlib import Path

from wayhome import certificates
from wayhome.certificates import Pair
from wayhome.embedded.broker import Certificate, ClientCheck
from wayhome.embedded.forgetting import INNER_NAME
from wayhome.identity import issuing, rotation
from wayhome.secret import write_secret

OWN_LASTS = timedelta(days=397)
"""Of the certificates of our own services; made anew at each start, and before they end (`renewing`)."""
AUTHORITY = "ca.crt"
"""What a hub must trust; the only file of the folder that leaves it."""
SERVER = "server.crt"
SERVICES = ("gateway", "replay")
"""Our own clients of a broker that wants certificates."""
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
    names, authority = _names(host), _authority(folder, now)
    made, key = folder / SERVER, folder / "server.key"
    if not made.exists() or certificates.is_due(made.read_text(), authority, names, now):
        server = certificates.new_server(authority, names, now)
        write_secret(folder, key.name, server.key)  # first: until the second is there, both are due
        write_secret(folder, made.name, server.certificate)
    return Certificate(certificate=made, key=key)


def are_due(folder: Path, host: str, now: datetime) -> bool:
    """Whether the broker's certificate, or that of one of our services, has less than a month left."""
    if certificates.is_due(
        (folder / SERVER).read_text(), _authority(folder, now), _names(host), now
    ):
        return True
    own = ((folder / f"{name}.crt").read_text() for name in (INNER_NAME, *SERVICES))
    ends = (certificates.facts(one).ends_at for one in own)
    return any(end - now < certificates.RENEWED_BEFORE for end in ends)


def _names(host: str) -> list[str]:
    name = socket.gethostname()
    names = list(dict.fromkeys((name, f"{name}.local", "localhost", "127.0.0.1")))
    if host not in _EVERYWHERE and host not in names:
        names.append(host)
    return names


def name_for_hubs(host: str) -> str:
    """Return under which name other machines reach a broker that listens on ``host``."""
    return f"{socket.gethostname()}.local" if host in _EVERYWHERE else host


def client_check(folder: Path, now: datetime) -> ClientCheck:
    """Return how the broker knows its clients: by certificates of the authority of hubs in ``folder``."""
    authority = hubs_authority(folder, now)
    pair = _own(folder, authority, INNER_NAME, now)
    return ClientCheck(authority=rotation.write_trusted(folder), own=pair)


def own_certificate(folder: Path, name: str, now: datetime) -> Certificate:
    """Return a new certificate of one of our own services."""
    return _own(folder, hubs_authority(folder, now), name, now)


def own_certificates(folder: Path, now: datetime) -> tuple[Certificate, ...]:
    """Return new certificates of our own clients, those of `SERVICES`."""
    return tuple(own_certificate(folder, name, now) for name in SERVICES)


def hubs_authority(folder: Path, now: datetime) -> Pair:
    """Return the authority of hubs and devices in ``folder``, made when missing."""
    if not (folder / issuing.AUTHORITY).exists():
        made = certificates.new_authority(now, issuing.TITLE)
        write_secret(folder, issuing.AUTHORITY_KEY, made.key)
        write_secret(folder, issuing.AUTHORITY, made.certificate)
    return issuing.read_authority(folder)


def _own(folder: Path, authority: Pair, name: str, now: datetime) -> Certificate:
    pair = certificates.new_client(authority, name, now, OWN_LASTS)
    return Certificate(
        certificate=write_secret(folder, f"{name}.crt", pair.certificate),
        key=write_secret(folder, f"{name}.key", pair.key),
    )


def _authority(folder: Path, now: datetime) -> Pair:
    made, key = folder / AUTHORITY, folder / "ca.key"
    if not made.exists():
        authority = certificates.new_authority(now)
        write_secret(folder, key.name, authority.key)
        write_secret(folder, made.name, authority.certificate)
    return Pair(certificate=made.read_text(), key=key.read_text())
