"""The contract of a connector: one composition to one record, and the record's own name for it back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from core.model import plugins
from core.model.errors import PluginBroken
from wayhome.sharing import connectors

if TYPE_CHECKING:
    from collections.abc import Mapping

Composition = dict[str, Any]
"""A COMPOSITION of openEHR in canonical JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSettings:
    """What connectors may need; each says what it lacks."""

    #: Folder to write into.
    folder: str = ""
    #: Address of the openEHR REST interface, e.g. ``https://…/ehrbase/rest/openehr/v1``.
    url: str = ""
    username: str = ""
    #: File with the password, for its owner only.
    password_file: str = ""
    #: Namespace under which the receiver knows our residents.
    namespace: str = "https://wayhome.example/fhir/sid/resident"
    timeout_s: float = 20.0

    def password(self) -> str:
        """Read the password.

        Raises
        ------
        OSError
            If the file can not be read.
        """
        return Path(self.password_file).read_text("utf-8").strip() if self.password_file else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One composition about one person."""

    #: The same for every attempt; it stands in the composition too, as the id of the originating item.
    key: str
    #: Number of the resident, as the receiver knows it within the namespace.
    subject: str
    composition: Composition


class Connector(Protocol):
    """A way into a record. A module in ``wayhome/sharing/connectors`` offers its class as ``CONNECTOR``."""

    #: Equals the module's name.
    name: str
    #: Name for people.
    title: str

    def __init__(self, settings: ConnectorSettings) -> None:
        """Make it; nothing is sent yet.

        Raises
        ------
        Misconfigured
            Naming the setting that it lacks.
        """
        ...

    async def send(self, parcel: Parcel) -> str:
        """Hand a composition over, so that the record has it once however often this is called.

        Returns the record's own name for it.

        Raises
        ------
        Temporary
            If trying again may help.
        Permanent
            If this record will never take it.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@cache
def discover() -> Mapping[str, type[Connector]]:
    """Return all connectors by name.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or its name is not its module's.
    """
    found = cast("dict[str, type[Connector]]", plugins.discover(connectors, "CONNECTOR"))
    for module, kind in found.items():
        if kind.name != module:
            raise PluginBroken(
                f"wayhome/sharing/connectors/{module}.py: its name must be {module!r}"
            )
    return found
