"""GOV.UK Notify, as councils and the NHS use it: texts and e-mail by templates.

https://docs.notifications.service.gov.uk/rest-api.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import msgspec

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from alerts.phone_words import REPLIES, asks_reply
from alerts.posting import Post, Poster
from core.model.address import AddressKind, checked
from core.model.errors import Permanent
from core.model.words import marked

_SERVICE = slice(-73, -37)
_SECRET = slice(-36, None)
"""A key is NAME-SERVICE-SECRET; both ends are UUIDs."""


class _Answer(msgspec.Struct):
    id: str = ""


class Notify:
    """Sends to a phone number by one template of the service, to a mailbox by another."""

    name = "notify"
    title = marked("GOV.UK Notify")
    max_length = 600
    wakes = True
    takes = AddressKind.PHONE_OR_EMAIL
    most_in_quarter = 5

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings.timeout_s)

    @staticmethod
    def lacks(settings: ChannelSettings) -> str:
        """Return what is missing."""
        notify = settings.notify
        if not notify.key:
            return "WAYHOME_NOTIFY_KEY"
        if not (notify.sms_template or notify.email_template):
            return "WAYHOME_NOTIFY_SMS_TEMPLATE or WAYHOME_NOTIFY_EMAIL_TEMPLATE"
        return ""

    async def send(self, delivery: Outgoing) -> Receipt:
        """Send one message; see `Poster.post` for what may go wrong."""
        notify = self._settings.notify
        address = checked(AddressKind.PHONE_OR_EMAIL, delivery.address)
        mail = "@" in address
        template = notify.email_template if mail else notify.sms_template
        if self.lacks(self._settings) or not template:
            raise Permanent(f"{'e-mail' if mail else 'texts'} by GOV.UK Notify not set up here")
        asked = delivery.code and not mail and delivery.kind in REPLIES
        reply = f" {asks_reply(delivery)}" if asked else ""
        text = shortened(delivery.text.replace("\0", ""), self.max_length - len(reply)) + reply
        fields = {
            "email_address" if mail else "phone_number": address,
            "template_id": template,
            "personalisation": {"title": delivery.title, "text": text, "link": delivery.link},
            "reference": delivery.idempotency_key,
        }
        answer = await self._poster.post(
            Post(
                address=f"{notify.url}/v2/notifications/{'email' if mail else 'sms'}",
                content=msgspec.json.encode(fields),
                headers={
                    "Authorization": f"Bearer {_token(notify.key)}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": delivery.idempotency_key,
                },
            )
        )
        try:
            return Receipt(reference=msgspec.json.decode(answer, type=_Answer).id)
        except msgspec.MsgspecError:
            return Receipt()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


def _token(key: str) -> str:
    """Return a signed token (JWT, HS256) that is good for half a minute, as Notify wants it."""
    head = _part({"typ": "JWT", "alg": "HS256"})
    body = _part({"iss": key[_SERVICE], "iat": int(time.time())})
    digest = hmac.new(key[_SECRET].encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_text(digest)}"


def _part(fields: dict[str, object]) -> str:
    return _text(msgspec.json.encode(fields))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


CHANNEL = Notify
