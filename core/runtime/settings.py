"""One typed table of settings per service, read from the environment and from secret files."""

from __future__ import annotations

import math
import os
import types
import typing
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from core.model.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "WAYHOME_"
#: Variables of the project that are not settings of a service.
OTHERS = frozenset({"WAYHOME_DATA", "WAYHOME_FOLDER"})
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OTHER_PREFIXES = ("WAYHOME_TEST_", "WAYHOME_MOSQUITTO", "WAYHOME_DOCKER")


def setting(default: Any = MISSING, *, help: str, unit: str = "", **more: Any) -> Any:  # noqa: A002
    """Declare a setting with its sentence and unit.

    Parameters
    ----------
    more
        ``secret=True`` hides the value; ``least`` and ``most`` bound a number (``least`` is 0 otherwise);
        ``one_of`` lists the words that are allowed.
    """
    unknown = more.keys() - {"secret", "least", "most", "one_of"}
    if unknown:
        raise TypeError(f"no such property of a setting: {unknown}")
    metadata = {"help": help, "unit": unit, "secret": False, **more}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What every service needs."""

    database_url: str = setting(help="Address of the database, as a libpq URI.", secret=True)
    instance: str = setting("", help="Stable name of this process; the service's name when empty.")
    health_host: str = setting("127.0.0.1", help="Address that /health and /metrics listen on.")
    health_port: int = setting(0, help="Port of /health and /metrics; 0 for none.", most=65535)
    log_level: str = setting("INFO", help="DEBUG, INFO, WARNING or ERROR.", one_of=LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings(ServiceSettings):
    """The gateway: from the broker into the database."""

    mqtt_url: str = setting("mqtt://127.0.0.1:1883", help="The broker: mqtt:// or mqtts:// (TLS).")
    mqtt_username: str = setting("", help="User name at the broker.")
    mqtt_password: str = setting("", help="Password at the broker.", secret=True)
    mqtt_client_id: str = setting(
        "", help="Name of the broker session; wayhome-INSTANCE when empty. Must stay the same."
    )
    mqtt_ca_file: str = setting("", help="PEM file of the authorities to trust.")
    mqtt_certificate_file: str = setting("", help="PEM file of the gateway's own certificate.")
    mqtt_key_file: str = setting("", help="PEM file of the gateway's own key.")
    mqtt_protocol: str = setting(
        "auto",
        help="5, 3.1.1, or auto: 5 where the broker offers it.",
        one_of=("auto", "5", "3.1.1"),
    )
    shared_group: str = setting(
        "", help="Group of a shared subscription, for several gateways; empty for a single one."
    )
    batch_rows: int = setting(
        2000, help="Messages of one commit at most.", unit="messages", least=1
    )
    batch_wait_ms: int = setting(10, help="How long a batch waits for company.", unit="ms")
    buffer_messages: int = setting(4000, help="Unacknowledged messages in memory at most.", least=1)
    payload_limit_bytes: int = setting(
        65536, help="Longest payload that is read.", unit="bytes", least=1
    )
    device_rate_per_s: float = setting(
        20.0, help="Messages a device may send on and on.", unit="/s", least=0.001
    )
    device_burst: int = setting(
        5000, help="Messages a device may send at once, e.g. a backlog.", least=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsSettings(ServiceSettings):
    """Detection: from observations to findings."""

    shard: int = setting(0, help="Which share of the homes this process watches, from 0.")
    shards: int = setting(1, help="Into how many shares the homes are divided.", least=1)
    tick_s: float = setting(30.0, help="Grid of the engine's clock.", unit="s", least=0.1)
    snapshot_s: float = setting(300.0, help="How often the state is saved.", unit="s", least=0.1)
    poll_ms: int = setting(500, help="How often to look when nothing wakes it.", unit="ms", least=1)
    batch_rows: int = setting(5000, help="Observations of one step at most.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsSettings(ServiceSettings):
    """Alerting: from findings to a human who answers."""

    poll_ms: int = setting(500, help="How often to look when nothing wakes it.", unit="ms", least=1)
    lease_s: float = setting(
        30.0, help="How long a worker may hold a delivery.", unit="s", least=0.1
    )
    send_timeout_s: float = setting(
        10.0, help="How long one attempt may take.", unit="s", least=0.1
    )
    public_url: str = setting("", help="Address of the pages, for links in messages.")
    webhook_secret: str = setting("", help="Key that signs webhooks (HMAC-SHA256).", secret=True)
    local_network: bool = setting(
        default=False, help="Let addresses that carers type lead into the local network."
    )
    receipts_host: str = setting("127.0.0.1", help="Address that providers' callbacks come in on.")
    receipts_port: int = setting(0, help="Port of them; 0 for none.", most=65535)
    receipts_url: str = setting(
        "", help="Public https address that a proxy leads to that port; empty for no callbacks."
    )
    push_key: str = setting("", help="Private key of web push (VAPID), base64url.", secret=True)
    push_contact: str = setting(
        "", help="mailto: or https: for push services to write to; PUBLIC_URL when empty."
    )
    smtp_host: str = setting("", help="Mail server that takes alerts by e-mail; empty for none.")
    smtp_port: int = setting(587, help="Its port.", least=1, most=65535)
    smtp_security: str = setting(
        "starttls", help="tls, starttls or none.", one_of=("tls", "starttls", "none")
    )
    smtp_username: str = setting("", help="User name at the mail server.")
    smtp_password: str = setting("", help="Password at the mail server.", secret=True)
    smtp_from: str = setting("", help="Address that stands as the sender of e-mail.")
    phone_provider: str = setting(
        "twilio", help="Whose interface texts and calls go through.", one_of=("twilio",)
    )
    phone_url: str = setting("https://api.twilio.com", help="Address of that interface.")
    phone_account: str = setting("", help="Account at the provider; empty for no texts and calls.")
    phone_token: str = setting("", help="Its token; also checks its callbacks.", secret=True)
    phone_from: str = setting("", help="Number that texts and calls come from (E.164).")
    notify_url: str = setting(
        "https://api.notifications.service.gov.uk", help="Address of GOV.UK Notify."
    )
    notify_key: str = setting("", help="API key of GOV.UK Notify; empty for none.", secret=True)
    notify_sms_template: str = setting("", help="Its template for texts, with ((text)).")
    notify_email_template: str = setting(
        "", help="Its template for e-mail, with ((title)), ((text)) and ((link))."
    )
    notify_callback_token: str = setting(
        "", help="Bearer token that its callbacks carry.", secret=True
    )
    dead_man_url: str = setting(
        "",
        help="Where to tell every minute that all is well (https, as healthchecks.io); /fail when not.",
        secret=True,
    )
    disk_folder: str = setting(
        "/",
        help="Operators are told when the disk of this folder is almost full: one that the database shares.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSettings(ServiceSettings):
    """The pages."""

    web_host: str = setting("127.0.0.1", help="Address that the pages listen on.")
    web_port: int = setting(8080, help="Port of the pages.", most=65535)
    public_url: str = setting("", help="Address as people type it; http://HOST:PORT when empty.")
    local_network: bool = setting(
        default=False, help="Let addresses that carers type lead into the local network."
    )
    cookie_secure: bool = setting(default=True, help="Send cookies over https only.")
    session_hours: float = setting(
        336.0,
        help="How long a log-in lasts without use; a carer at night is not to be asked.",
        unit="h",
        least=0.01,
    )
    identity_key: str = setting(
        "",
        help="Key that seals the secrets of authenticator apps; without one there are none. Must stay.",
        secret=True,
    )
    trusted_proxies: str = setting(
        "",
        help="Addresses or networks of our own proxies, by comma; their X-Forwarded-For is believed.",
    )
    security_contact: str = setting(
        "",
        help="Who takes reports of weaknesses: e-mail or https://, several by comma; served as security.txt.",
    )
    herbert_form: str = setting(
        "national", help="Form of the missing-person profile: a file of dashboard/missing/forms."
    )
    police_link_hours: int = setting(
        12, help="How long a link for the police lasts unless the carer says.", unit="h", least=1
    )
    police_link_most_days: int = setting(
        7, help="How long a link for the police may last.", unit="days", least=1, most=30
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings(ServiceSettings):
    """Identity of things: certificates of hubs and devices, and who is let in at the broker."""

    authority_folder: str = setting(
        "/secrets/identity", help="Folder with hubs-ca.crt and hubs-ca.key."
    )
    mqtt_url: str = setting(
        "mqtts://127.0.0.1:8885", help="The broker's listener for certificates: mqtts://."
    )
    mqtt_ca_file: str = setting("", help="PEM file of the authority of the broker's certificate.")
    hub_broker: str = setting(
        "localhost:8885", help="host:port under which hubs reach that listener; goes into bundles."
    )
    public_url: str = setting(
        "", help="Address of the pages; where it is https, hubs renew their certificates there."
    )
    revocation_list: str = setting(
        "", help="File to keep for Mosquitto's crlfile: who has ended does not get in at all."
    )
    hub_certificate_days: int = setting(
        90, help="How long a certificate of a hub or device lasts.", unit="days", least=1, most=397
    )
    hub_overlap_days: int = setting(
        7,
        help="How long the certificate before goes on working after a new one was made.",
        unit="days",
        most=30,
    )


SERVICES: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "analytics": AnalyticsSettings,
    "alerts": AlertsSettings,
    "dashboard": DashboardSettings,
    "identity": IdentitySettings,
}

S = TypeVar("S", bound=ServiceSettings)


def load(
    kind: type[S],
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> S:
    """Read the settings of one service.

    Parameters
    ----------
    kind
        The dataclass of the service.
    overrides
        Values that win over the environment, e.g. from the command line; None values are ignored.
    environment
        For tests; the process's environment when None.

    Raises
    ------
    Misconfigured
        Naming the variable, if one is unknown, unreadable, missing, of the wrong type or out of range.

    Examples
    --------
    >>> load(GatewaySettings, environment={"WAYHOME_DATABASE_URL": "x", "WAYHOME_BATCH_ROWS": "9"}).batch_rows
    9
    """
    source = os.environ if environment is None else environment  # noqa: TID251
    _refuse_unknown(source)
    values: dict[str, Any] = {}
    types_by_name = typing.get_type_hints(kind)
    for entry in fields(kind):
        text = _text(source, entry.name)
        if text is not None:
            values[entry.name] = _convert(entry, types_by_name[entry.name], text)
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    for entry in fields(kind):
        if entry.default is MISSING and not values.get(entry.name):
            raise Misconfigured(f"{variable(entry.name)} is missing: {entry.metadata['help']}")
        if entry.name in values:
            _check(entry, values[entry.name])
    return kind(**values)


def variable(name: str) -> str:
    """Name of the environment variable of a setting.

    Examples
    --------
    >>> variable("health_port")
    'WAYHOME_HEALTH_PORT'
    """
    return PREFIX + name.upper()


def other(name: str, default: str) -> str:
    """Read one of the project's variables that is not a setting of a service."""
    if name not in OTHERS | {"XDG_STATE_HOME"}:
        raise Misconfigured(f"{name} is not a variable of Wayhome")
    return os.environ.get(name, default)  # noqa: TID251


def child_environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Environment for a child process: ours without any setting, plus ``settings`` that are not None."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(PREFIX)}  # noqa: TID251
    given = {name: value for name, value in settings.items() if value is not None}
    return kept | {variable(name): str(value) for name, value in given.items()}


def redacted(settings: ServiceSettings) -> dict[str, object]:
    """Return the settings for a log or a page: secrets only as set or not set, also those in a URL."""
    return {entry.name: _shown(entry, getattr(settings, entry.name)) for entry in fields(settings)}


def _shown(entry: Field[Any], value: object) -> object:
    if entry.metadata["secret"]:
        return "set" if value else "not set"
    if isinstance(value, str) and "@" in value:
        try:
            parts = urlsplit(value)
        except ValueError:
            return "set"
        user, at, place = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"***@{place}")) if user + at else value
    return value


def _text(source: Mapping[str, str], name: str) -> str | None:
    key = variable(name)
    file = source.get(f"{key}_FILE")
    if file is None:
        return source.get(key)
    if key in source:
        raise Misconfigured(f"{key} and {key}_FILE are both set: keep one")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{key}_FILE can not be read: {type(error).__name__}") from None


def _refuse_unknown(source: Mapping[str, str]) -> None:
    known = {variable(entry.name) for kind in SERVICES.values() for entry in fields(kind)}
    known |= {f"{name}_FILE" for name in known} | OTHERS
    for name in source:
        if name.startswith(PREFIX) and name not in known and not name.startswith(OTHER_PREFIXES):
            raise Misconfigured(
                f"{name} is not a setting of Wayhome; see docs/reference/settings.md"
            )


def _convert(entry: Field[Any], kind: Any, text: str) -> Any:
    if isinstance(kind, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    key = variable(entry.name)
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise Misconfigured(f"{key}: expected true or false")
        return words[text.lower()]
    if kind in {int, float}:
        try:
            return cast("type[float]", kind)(text)
        except ValueError as error:
            raise Misconfigured(f"{key}: expected a number") from error
    return text


def _check(entry: Field[Any], value: object) -> None:
    key, allowed = variable(entry.name), entry.metadata
    if isinstance(value, int | float) and not isinstance(value, bool):
        least, most = allowed.get("least", 0), allowed.get("most", math.inf)
        if not (least <= value <= most and value != math.inf):
            upper = "" if most == math.inf else f" and at most {most}"
            raise Misconfigured(f"{key}: expected a number of at least {least}{upper}")
    words = allowed.get("one_of")
    if words and str(value) not in words and str(value).upper() not in words:
        raise Misconfigured(f"{key}: expected {', '.join(words)}")
