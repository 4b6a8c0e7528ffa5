"""Where what goes: read from a file that the operator of the system writes. Without one nothing goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from core.model.basis import Purpose
from core.model.errors import Misconfigured
from core.model.ids import OrganisationId
from core.store.sharing import Route
from wayhome.sharing.connector import Connector, ConnectorSettings, discover


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One route, as the file says it."""

    connector: str
    recipient: str
    organisations: tuple[str, ...]
    #: First day that is sent.
    since: date
    settings: ConnectorSettings
    purpose: Purpose = Purpose.RECORD_SHARING

    @property
    def route(self) -> Route:
        """The route."""
        return Route(
            connector=self.connector,
            recipient=self.recipient,
            purpose=self.purpose,
            organisations=tuple(OrganisationId(one) for one in self.organisations),
            since=self.since,
        )

    def make(self) -> Connector:
        """Make the connector.

        Raises
        ------
        Misconfigured
            Naming the setting, if one is missing or there is no such connector.
        """
        kind = discover().get(self.connector)
        if kind is None:
            raise Misconfigured(f"connector: expected one of {', '.join(discover())}")
        return kind(self.settings)


def read(path: Path) -> Plan:
    """Read a file.

    Raises
    ------
    Misconfigured
        Naming the field, if it is not as docs/how-to/fhir.md describes it.
    """
    try:
        plan = msgspec.toml.decode(path.read_bytes(), type=Plan, strict=True)
    except OSError as error:
        raise Misconfigured(f"{path.name}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path.name}: {error}") from error
    if not plan.recipient.strip():
        raise Misconfigured("recipient: expected a few words")
    if not plan.organisations:
        raise Misconfigured("organisations: expected the ids of those whose residents are shared")
    plan.make()
    return plan
