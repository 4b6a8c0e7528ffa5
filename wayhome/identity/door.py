"""The contract of a door of credentials: one kind of broker, told whom to let in while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.model.identity import Grant


class CredentialsDoor(Protocol):
    """What the reconciler may do at a broker.

    Each method raises `core.model.errors.BrokerUnavailable` when the broker is away or refuses; what was done
    of it is then unknown, and the next look tells.
    """

    @property
    def name(self) -> str:
        """Kind of broker, e.g. ``mosquitto``."""

    async def present(self) -> Collection[Grant]:
        """Return every client that the broker knows; make sure that it is closed to all others."""

    async def admit(self, grants: Sequence[Grant]) -> None:
        """Let these in, from now on; others are not disturbed. Doing it again changes nothing."""

    async def dismiss(self, clients: Sequence[str]) -> None:
        """Forget these and end their connections. Doing it again changes nothing."""

    async def close(self) -> None:
        """Let go of the connection to the broker, if there is one."""
