"""The contract of a provider of texts and calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.runtime.language import ENGLISH

if TYPE_CHECKING:
    from alerts.channel import Receipt


LONGEST_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A call, or a text, to one number."""

    #: E.164.
    number: str
    #: What is read out, or written.
    text: str
    #: The same for every attempt.
    key: str
    #: Number of the delivery, for callbacks.
    delivery_id: int
    #: A key pressed during the call, or a reply to the text, can answer.
    answerable: bool
    #: Tag of the language of the text.
    language: str = ENGLISH


class Provider(Protocol):
    """Sends texts and makes calls.

    A second one is a class like `alerts.twilio.Twilio`, named in `alerts.phone` and in the setting
    ``phone_provider``; its callbacks come in at `alerts.receipts`.
    """

    async def write(self, ring: Ring) -> Receipt:
        """Send a text."""
        ...

    async def call(self, ring: Ring) -> Receipt:
        """Call, read out, and take a key."""
        ...


def kept(text: str) -> str:
    r"""Return what a service says as the database can keep it: anybody may run one, and say anything.

    Examples
    --------
    >>> kept("no \x00 here")
    'no   here'
    """
    return text[:LONGEST_KEPT].replace("\0", " ")
