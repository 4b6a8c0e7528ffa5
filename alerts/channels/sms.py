"""A text to a mobile phone; a reply with its code answers the alert."""

from __future__ import annotations

from alerts.channel import ChannelSettings, Outgoing, Receipt
from alerts.phone import lacks, provider
from alerts.phone_words import REPLIES, asks_reply
from alerts.posting import Poster
from alerts.provider import Ring
from alerts.text_length import fitting
from core.model.address import AddressKind, checked
from core.model.errors import Permanent
from core.model.words import marked


class Sms:
    """Writes by a provider of texts; says how soon, and how to answer by a reply."""

    name = "sms"
    title = marked("Text message")
    max_length = 320
    wakes = True
    takes = AddressKind.PHONE
    most_in_quarter = 5

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings.timeout_s)

    @staticmethod
    def lacks(settings: ChannelSettings) -> str:
        """Return what is missing."""
        return lacks(settings)

    async def send(self, delivery: Outgoing) -> Receipt:
        """Send one text; see `Poster.post` for what may go wrong."""
        number = checked(AddressKind.PHONE, delivery.address)
        if self.lacks(self._settings):
            raise Permanent("texts are not set up here")
        answerable = bool(delivery.code) and delivery.kind in REPLIES
        reply = f" {asks_reply(delivery)}" if answerable else ""
        tail = f"{reply} {delivery.link}".rstrip()
        ring = Ring(
            number=number,
            text=fitting(_plain(delivery.text), tail, self.max_length),
            key=delivery.idempotency_key,
            delivery_id=delivery.delivery_id,
            answerable=answerable,
        )
        return await provider(self._settings, self._poster).write(ring)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


CHANNEL = Sms
