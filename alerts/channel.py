"""The contract of a channel: one message to one person out, a receipt or a reason back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from alerts import channels
from core.model import plugins
from core.model.errors import PluginBroken, Temporary
from core.model.finding import Severity
from core.model.ids import AlertId, DeliveryId

if TYPE_CHECKING:
    from collections.abc import Mapping


class Busy(Temporary):
    """The service behind the channel asks us to come back later.

    Parameters
    ----------
    retry_after_s
        Seconds it asks us to wait.
    """

    def __init__(self, text: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What a channel may need beyond the address."""

    #: Longest time in seconds to wait for one answer of the service.
    timeout_s: float = 10.0
    #: Key that signs messages (HMAC-SHA256); empty for none.
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one person. Its texts name nobody and say nothing about anybody."""

    delivery_id: DeliveryId
    alert_id: AlertId
    #: Where the channel reaches the person; empty for the page.
    address: str
    severity: Severity
    #: Round of the escalation, from 0.
    step: int
    title: str
    text: str
    #: Page of the alert; empty when the address of the pages is not set.
    link: str = ""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of a delivery, so that a receiver can drop a second one."""
        return f"wayhome-delivery-{self.delivery_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The service behind the channel took the message. Nobody has seen it for that."""

    #: The service's own name for the message; empty when it gives none.
    reference: str = ""


class Channel(Protocol):
    """A way to reach people. A module in ``alerts/channels`` offers its class as ``CHANNEL``.

    It is made with `ChannelSettings` and lives as long as the service.
    """

    #: Equals the module's name; stands in ``contact_point.channel``.
    name: str
    #: Name for people.
    title: str
    #: Longest text in characters that the service takes; the channel shortens what is longer.
    max_length: int
    #: True when it needs an address and reaches a person who is not looking at the page.
    wakes: bool

    def __init__(self, settings: ChannelSettings) -> None:
        """Make it; nothing is sent yet."""
        ...

    async def send(self, delivery: Outgoing) -> Receipt:
        """Hand the message over to the service.

        Raises
        ------
        Temporary
            If trying again may help: no answer, overloaded, an error of the service.
        Permanent
            If this address will never take it: gone, refused, malformed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@cache
def discover() -> Mapping[str, type[Channel]]:
    """Return all channels by name.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or its name is not its module's name.
    """
    found = cast("dict[str, type[Channel]]", plugins.discover(channels, "CHANNEL"))
    for module, channel in found.items():
        if channel.name != module:
            raise PluginBroken(f"alerts/channels/{module}.py: its name must be {module!r}")
    return found


def shortened(text: str, length: int) -> str:
    """Return ``text`` in at most ``length`` characters, cut at a word where it can be.

    Examples
    --------
    >>> shortened("Someone needs you now", 14)
    'Someone needs…'
    >>> shortened("short", 14)
    'short'
    """
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    return (words or text[: length - 1]) + "…"
