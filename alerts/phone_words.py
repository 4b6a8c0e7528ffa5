"""How somebody is asked to answer by phone, in their language. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.words import marked
from core.runtime.language import words

if TYPE_CHECKING:
    from alerts.channel import Outgoing

REPLIES = {
    "alert": marked("Reply %(code)s to say: I am on it."),
    "test": marked("Reply %(code)s to say: it arrived."),
}
"""By what a message is about; nothing else takes an answer by phone."""
KEYS = {
    "alert": marked("Press 1 to say: I am on it."),
    "test": marked("Press 1 to say: this call arrived."),
}


def asks_reply(delivery: Outgoing) -> str:
    """Say what a reply has to hold, and what it means."""
    return words(delivery.language).gettext(REPLIES[delivery.kind]) % {"code": delivery.code}


def asks_key(delivery: Outgoing) -> str:
    """Say which key to press, and what it means."""
    return words(delivery.language).gettext(KEYS[delivery.kind])
