"""The secrets of an installation in containers: a folder per reader, made once and then kept.

    authority/  root       the private authority's certificate and key
    hubs/       root       a password per home's hub, to be carried to the hub
    broker/     mosquitto  certificate, key, password and ACL files, the health probe's options
    identity/   wayhome    the authority of hubs and devices, which is not the broker's
    revocations/           the broker's list of certificates that have ended: no secret
    database/   postgres   the owner's password
    migrate/    wayhome    the owner's address and a password per database role
    gateway/ analytics/ alerts/ dashboard/ identity/ operator/   wayhome   what each needs, and no more

Each folder is a volume of its own in docker-compose.yml, so that a service sees its own secrets only.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alerts import push_key
from core.model.errors import Misconfigured
from core.model.identity import password_grant
from core.model.ids import HomeId
from core.runtime.set_clock import check_set
from core.store.migrate import ROLES
from wayhome import broker_access, certificates
from wayhome.certificates import Pair
from wayhome.embedded import tls
from wayhome.identity import issuing, rotation
from wayhome.identity.mosquitto_door import first_file
from wayhome.identity.service import READABLE, WITH_PASSWORDS
from wayhome.secret import secret
from wayhome.system import CONNECTIONS, System

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

BROKER_NAMES = ("mosquitto", "localhost")
"""How our own containers reach the broker; the names for hubs come on top."""
DATABASE = "database:5432/wayhome"
SERVICES = ("gateway", "analytics", "alerts", "dashboard", "identity")
REVOCATIONS, SECURITY = "hubs.crl", "dynamic-security.json"
OF_PROVIDERS = ("smtp-password", "phone-token", "notify-key", "dead-man-url")
"""Secrets that others give out: empty files, to be filled by hand (docs/how-to/channels.md)."""
#: Numeric users inside the images: eclipse-mosquitto, timescaledb (Alpine's postgres) and our own.
OWNERS = {"broker": 1883, "database": 70} | dict.fromkeys(
    (*SERVICES, "migrate", "operator", "revocations"), 10001
)
_OPERATOR_ROLES = (
    "wayhome_registrar",
    "wayhome_operator",
    "wayhome_gateway",
    "wayhome_analytics",
    "wayhome_dashboard",
    "wayhome_identity",
    "wayhome_sharing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an installation shall have."""

    folder: Path
    #: Names and addresses under which hubs reach the broker; as before when empty.
    broker_names: tuple[str, ...] = ()
    #: Homes whose hub is let in from now on, and those whose hub no longer is.
    homes: tuple[str, ...] = ()
    without_homes: tuple[str, ...] = ()
    #: A revocation list (PEM) for the broker; the one it has stays when empty.
    revocations: str = ""
    #: Another authority of hubs in place of the present one, or an end to the one before.
    rotation: str = ""
    #: Give each folder to the user of the container that reads it; needs root.
    owners: bool = False


def install(wanted: Wanted, now: datetime) -> None:
    """Make what is missing, renew what is due, keep the rest as it is.

    Raises
    ------
    Misconfigured
        If a name is none, or the folder can not be written; or if the clock was never set, by which an
        authority of twenty years would have ended long ago.
    """
    check_set(now)
    try:
        _install(wanted, now)
    except OSError as error:
        raise Misconfigured(f"--folder {wanted.folder}: {error.strerror}") from error


def _install(wanted: Wanted, now: datetime) -> None:
    folder = wanted.folder
    _certificates(folder, wanted.broker_names, now)
    _hubs(folder / "hubs", wanted)
    if wanted.rotation == "begin":
        rotation.begin(folder / "identity", now)
    elif wanted.rotation == "end":
        rotation.end(folder / "identity")
    _things(folder, wanted.revocations, now)
    _broker(folder)
    _database(folder)
    _services(folder)
    if wanted.owners:
        _give_away(folder)


def keep(path: Path, text: str) -> Path:
    """Let ``path`` hold ``text``, readable by its owner only; untouched where it already does."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    if path.exists() and path.read_text() == text:
        return path
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.rename(path)
    return path


def _certificates(folder: Path, names: Sequence[str], now: datetime) -> None:
    authority = _authority(folder / "authority", now)
    keep(folder / "broker" / "ca.crt", authority.certificate)
    names_file = folder / "broker" / "names"
    known = names_file.read_text().split() if names_file.exists() else []
    names = tuple(dict.fromkeys((*BROKER_NAMES, *(names or known))))
    present = folder / "broker" / "server.crt"
    key = folder / "broker" / "server.key"
    if not (present.exists() and key.exists()) or certificates.is_due(
        present.read_text(), authority, names, now
    ):
        server = certificates.new_server(authority, names, now)
        # The key first: a crash in between leaves a certificate that is still due.
        keep(key, server.key)
        keep(present, server.certificate)
    keep(names_file, "\n".join(names) + "\n")


def _authority(folder: Path, now: datetime) -> Pair:
    certificate, key = folder / "ca.crt", folder / "ca.key"
    if not certificate.exists():
        made = certificates.new_authority(now)
        keep(key, made.key)
        keep(certificate, made.certificate)
    return Pair(certificate=certificate.read_text(), key=key.read_text())


def _hubs(folder: Path, wanted: Wanted) -> None:
    for home in (*wanted.homes, *wanted.without_homes):
        broker_access.hub(home, "")  # refuses a bad name before it becomes a path
    for home in wanted.homes:
        secret(folder, f"hub-{home}")
    for home in wanted.without_homes:
        (folder / f"hub-{home}").unlink(missing_ok=True)


def _things(folder: Path, revocations: str, now: datetime) -> None:
    """Make the authority of hubs and devices, and what the broker needs to know its certificates."""
    identity, broker = folder / "identity", folder / "broker"
    tls.hubs_authority(identity, now)
    trusted = rotation.trusted(identity)
    changed = _differs(broker / issuing.AUTHORITY, trusted)
    keep(broker / issuing.AUTHORITY, trusted)
    known, former = folder / "revocations" / REVOCATIONS, broker / REVOCATIONS
    kept = next((one.read_text() for one in (known, former) if one.exists()), "")
    former.unlink(missing_ok=True)  # until 0303 it was brought there by hand
    kept = revocations or kept or rotation.lists(identity, (), now)
    if changed and not revocations and rotation.before(identity) is not None:
        # a broker that takes lists wants one of each authority that it trusts
        kept += certificates.revocation_list(issuing.read_authority(identity), (), now)
    _show(known, kept)


def _show(path: Path, text: str) -> None:
    """Let ``path`` hold what is no secret: the identity service writes it, the broker reads it."""
    if not path.exists() or path.read_text() != text:
        keep(path, text)
    path.parent.chmod(0o755)
    path.chmod(READABLE)


def _differs(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() != text


def _broker(folder: Path) -> None:
    place = folder / "broker"
    passwords = {
        "gateway": secret(folder / "gateway", "mqtt-password").read_text(),
        "replay": secret(folder / "operator", "mqtt-password").read_text(),
        "probe": secret(place, "probe-password").read_text(),
    }
    ours = broker_access.inside(passwords)
    homes = [file.name.removeprefix("hub-") for file in sorted((folder / "hubs").glob("hub-*"))]
    hubs = [
        broker_access.hub(home, (folder / "hubs" / f"hub-{home}").read_text()) for home in homes
    ]
    keep(place / "passwords", broker_access.password_file((*ours, *hubs)))
    grants = [password_grant(HomeId(home)) for home in homes]
    keep(place / SECURITY, json.dumps(first_file(grants), indent=1) + "\n")
    keep(folder / "identity" / WITH_PASSWORDS, "".join(f"{home}\n" for home in homes))
    for former in ("inside.passwords", "inside.acl", "hubs.passwords", "hubs.acl"):
        (place / former).unlink(missing_ok=True)  # until 0303 a file of each listener
    # mosquitto_sub finds its options in $XDG_CONFIG_HOME/mosquitto_sub: no password on a command line
    options = {"-h": "localhost", "-p": "8884", "--cafile": f"{place}/ca.crt", "-u": "probe"}
    options["-P"] = passwords["probe"]
    options["-i"] = "wayhome-probe"  # a client without a name is refused
    keep(place / "mosquitto_sub", "".join(f"{key} {text}\n" for key, text in options.items()))


def _database(folder: Path) -> None:
    owner = secret(folder / "database", "owner-password").read_text()
    keep(folder / "migrate" / "database-url", f"postgresql://wayhome:{owner}@{DATABASE}\n")
    for role in ROLES:
        secret(folder / "migrate", role)


def _services(folder: Path) -> None:
    urls = {
        role: f"postgresql://{role}:{(folder / 'migrate' / role).read_text()}@{DATABASE}"
        for role in ROLES
    }
    for service in SERVICES:
        keep(folder / service / "database-url", urls[f"wayhome_{service}"] + "\n")
    secret(folder / "alerts", "webhook-secret")
    secret(folder / "dashboard", "identity-key")
    secret(folder / "alerts", "push-key", push_key.new_key)
    secret(folder / "alerts", "notify-callback-token")
    for name in OF_PROVIDERS:
        secret(folder / "alerts", name, str)
    authority = (folder / "broker" / "ca.crt").read_text()
    keep(folder / "gateway" / "ca.crt", authority)
    keep(folder / "identity" / "ca.crt", authority)
    keep(folder / "operator" / "ca.crt", authority)
    system = System(
        database_urls={role: urls[role] for role in _OPERATOR_ROLES},
        mqtt_url="mqtts://mosquitto:8884",
        mqtt_username="replay",
        mqtt_password=(folder / "operator" / "mqtt-password").read_text(),
        mqtt_ca_file=f"{folder}/operator/ca.crt",
    )
    keep(folder / "operator" / CONNECTIONS, msgspec.json.encode(system).decode())


def _give_away(folder: Path) -> None:
    for reader, owner in OWNERS.items():
        for path in _tree(folder / reader):
            if path.stat().st_uid != owner:
                os.chown(path, owner, owner)


def _tree(folder: Path) -> Iterator[Path]:
    yield from folder.iterdir()
    yield folder
