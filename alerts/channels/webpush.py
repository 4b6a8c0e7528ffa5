"""Push to a browser (RFC 8030), so that only the browser can read it (RFC 8291), signed (RFC 8292)."""

from __future__ import annotations

import base64
import json
import os

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from alerts.posting import Post, Poster
from alerts.push_key import authorization
from core.model.address import AddressKind, checked
from core.model.errors import Permanent
from core.model.finding import Severity
from core.model.words import marked
from core.runtime.language import direction, words

URGENCY = {Severity.NOTICE: "normal", Severity.CHECK: "high", Severity.URGENT: "high"}
"""A phone that saves power gets ``high`` at once."""
ARRIVED = marked("It arrived")
"""On the button of a test."""
TTL_S = 3600
"""How long a push service keeps it for a phone that is away; later steps have told others by then."""


class Webpush:
    """Pushes to the browsers of a person, on any phone or computer, without an app of a shop."""

    name = "webpush"
    title = marked("Push to a browser")
    max_length = 1000
    wakes = True
    takes = AddressKind.PUSH

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings.timeout_s, local_network=settings.local_network)

    @staticmethod
    def lacks(settings: ChannelSettings) -> str:
        """Return what is missing."""
        return "" if settings.push_key else "WAYHOME_PUSH_KEY"

    async def send(self, delivery: Outgoing) -> Receipt:
        """Push one message; a 404 or 410 says that the browser has ended its subscription."""
        if not self._settings.push_key:
            raise Permanent("push is not set up here")
        found = json.loads(checked(AddressKind.PUSH, delivery.address))
        endpoint = found["endpoint"]
        text = msgspec.json.encode(
            {
                "title": delivery.title,
                "text": shortened(delivery.text, self.max_length),
                "link": delivery.link,
                "kind": delivery.kind,
                "severity": delivery.severity.value,
                "tag": _topic(delivery),
                "delivery": delivery.delivery_id,
                "lang": delivery.language,
                "dir": direction(delivery.language),
                "arrived": words(delivery.language).gettext(ARRIVED),
            }
        )
        await self._poster.post(
            Post(
                address=endpoint,
                content=_encrypted(text, found["keys"]),
                headers={
                    "Content-Encoding": "aes128gcm",
                    "Content-Type": "application/octet-stream",
                    "TTL": str(TTL_S),
                    "Urgency": URGENCY[delivery.severity],
                    "Topic": _topic(delivery),
                    "Idempotency-Key": delivery.idempotency_key,
                    "Authorization": authorization(
                        self._settings.push_key, endpoint, self._settings.push_contact
                    ),
                },
                typed=delivery.typed,
                may_end=True,
            )
        )
        return Receipt()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


def _topic(delivery: Outgoing) -> str:
    """Name under which a later word of the same alert takes the place of one not fetched yet."""
    about = delivery.delivery_id if delivery.alert_id is None else delivery.alert_id
    return f"wayhome-{delivery.kind}-{about}"[:32]


def _encrypted(text: bytes, keys: dict[str, str]) -> bytes:
    try:
        encrypted: bytes = http_ece.encrypt(
            text,
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_bytes(keys["p256dh"]),
            auth_secret=_bytes(keys["auth"]),
            version="aes128gcm",
        )
    except (ValueError, http_ece.ECEException) as error:
        raise Permanent("the browser's key is not one") from error
    return encrypted


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


CHANNEL = Webpush
