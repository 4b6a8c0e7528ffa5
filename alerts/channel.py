"""The contract of a channel: one message to one person out, a receipt or a reason back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from alerts import channels
from alerts.channel_settings import ChannelSettings
from core.model import plugins
from core.model.errors import Permanent, PluginBroken, Temporary
from core.model.finding import Severity
from core.model.ids import AlertId, DeliveryId
from core.runtime.language import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.model.address import AddressKind

__all__ = [
    "Busy",
    "Channel",
    "ChannelSettings",
    "Gone",
    "Outgoing",
    "Receipt",
    "Traits",
    "discover",
    "shortened",
    "traits",
]


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


class Gone(Permanent):
    """The service says that this address has ended for good; it is not a way to the person any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one address of one person. Its texts say no more than that person chose."""

    delivery_id: DeliveryId
    #: None for what is not about an alert: a test, or word that another way to the person has ended.
    alert_id: AlertId | None
    #: ``alert``, ``test`` or ``lost``.
    kind: str = "alert"
    #: Where the channel reaches the person; empty for the page.
    address: str
    severity: Severity
    #: Round of the escalation, from 0.
    step: int
    title: str
    text: str
    #: Page of the alert; empty when the address of the pages is not set.
    link: str = ""
    #: What a reply by text must hold to count as "I'm on it"; empty where nothing takes replies.
    code: str = ""
    #: Tag of the language that the texts are in: the reader's.
    language: str = ENGLISH
    #: The person typed the address: it must not lead into our own network.
    typed: bool = False

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
    #: What kind of address it needs.
    takes: AddressKind

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


def _writes(language: str) -> bool:
    del language
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a channel's class may say beyond the contract, as class attributes of the same names."""

    #: Messages to one person in 15 minutes at most; 0 for no limit. The first word of an urgent alert
    #: is never held.
    most_in_quarter: int = 0
    #: Checks that the service behind it makes impossible: name of the check and the reason.
    cannot: Mapping[str, str] = field(default_factory=dict)
    #: Settings that are missing for it to work, for people; empty when it is ready.
    lacks: str = ""
    #: Tells whether the service behind it can say a language aloud; always true where it writes.
    says: Callable[[str], bool] = field(default=_writes)


def traits(kind: type[Channel], settings: ChannelSettings) -> Traits:
    """Return what a channel says of itself; ``lacks`` is a static method of the settings there."""
    lacks = getattr(kind, "lacks", None)
    return Traits(
        most_in_quarter=getattr(kind, "most_in_quarter", 0),
        cannot=getattr(kind, "cannot", {}),
        lacks="" if lacks is None else lacks(settings),
        says=getattr(kind, "says", _writes),
    )


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
