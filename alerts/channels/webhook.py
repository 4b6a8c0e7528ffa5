"""A JSON POST to any address: a care provider's own system, a chat bridge, an alarm centre."""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from alerts.posting import Post, Poster
from core.model.address import AddressKind
from core.model.words import marked


class Webhook:
    """Posts severity, text and link; signed when a secret is set.

    The signature is ``X-Wayhome-Signature: sha256=HEX``, the HMAC-SHA256 of the body, which holds the
    delivery's id: a receiver that keeps the ids it has seen can drop repeats and replays.
    """

    name = "webhook"
    title = marked("Webhook")
    max_length = 1000
    wakes = True
    takes = AddressKind.WEB

    def __init__(self, settings: ChannelSettings) -> None:
        self._secret = settings.secret.encode()
        self._poster = Poster(settings.timeout_s, local_network=settings.local_network)

    async def send(self, delivery: Outgoing) -> Receipt:
        """Post one message; see `Poster.post` for what may go wrong."""
        body = msgspec.json.encode(
            {
                "delivery": delivery.delivery_id,
                "kind": delivery.kind,
                "alert": delivery.alert_id,
                "step": delivery.step,
                "severity": delivery.severity.value,
                "title": delivery.title,
                "text": shortened(delivery.text, self.max_length),
                "link": delivery.link,
            }
        )
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": delivery.idempotency_key,
        }
        if self._secret:
            digest = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
            headers["X-Wayhome-Signature"] = f"sha256={digest}"
        await self._poster.post(
            Post(address=delivery.address, content=body, headers=headers, typed=delivery.typed)
        )
        return Receipt()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


CHANNEL = Webhook
