"""A call that reads the alert out; the key 1 answers it. A call that is picked up is no answer."""

from __future__ import annotations

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from alerts.phone import lacks, provider, says
from alerts.phone_words import KEYS, asks_key
from alerts.posting import Poster
from alerts.provider import Ring
from core.model.address import AddressKind, checked
from core.model.errors import Permanent
from core.model.words import marked


class Voice:
    """Calls by a provider of calls, for what must wake somebody who sleeps."""

    name = "voice"
    title = marked("Phone call")
    max_length = 600
    wakes = True
    takes = AddressKind.PHONE
    most_in_quarter = 3

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings.timeout_s)

    @staticmethod
    def lacks(settings: ChannelSettings) -> str:
        """Return what is missing."""
        return lacks(settings)

    @staticmethod
    def says(language: str) -> bool:
        """Tell whether a provider reads out this language; what it cannot say goes out in English."""
        return says(language)

    async def send(self, delivery: Outgoing) -> Receipt:
        """Make one call; see `Poster.post` for what may go wrong."""
        number = checked(AddressKind.PHONE, delivery.address)
        if self.lacks(self._settings):
            raise Permanent("calls are not set up here")
        answerable = bool(self._settings.receipts_url) and delivery.kind in KEYS
        tail = f" {asks_key(delivery)}" if answerable else ""
        said = shortened(f"{delivery.title}. {delivery.text}", self.max_length - len(tail))
        ring = Ring(
            number=number,
            text=said + tail,
            key=delivery.idempotency_key,
            delivery_id=delivery.delivery_id,
            answerable=answerable,
            language=delivery.language,
        )
        return await provider(self._settings, self._poster).call(ring)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


CHANNEL = Voice
