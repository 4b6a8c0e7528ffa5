"""Twilio's interface for texts and calls, which others offer too (``WAYHOME_PHONE_URL``).

https://www.twilio.com/docs/messaging/api/message-resource,
https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/usage/security
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import msgspec

from alerts.channel import Receipt
from alerts.posting import Post
from core.store.provider_receipt import ProviderState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.channel import ChannelSettings
    from alerts.posting import Poster
    from alerts.provider import Ring

STATES = {
    "accepted": ProviderState.SENT,
    "queued": ProviderState.SENT,
    "sending": ProviderState.SENT,
    "sent": ProviderState.SENT,
    "initiated": ProviderState.SENT,
    "ringing": ProviderState.SENT,
    "undelivered": ProviderState.FAILED,
    "failed": ProviderState.FAILED,
    "busy": ProviderState.FAILED,
    "no-answer": ProviderState.FAILED,
    "canceled": ProviderState.FAILED,
    "delivered": ProviderState.DELIVERED,
    "read": ProviderState.DELIVERED,
    "in-progress": ProviderState.DELIVERED,
    "completed": ProviderState.DELIVERED,
}
"""What its words of the state of a message or call mean; unknown ones are ignored."""
RING_S = 40
"""How long a phone rings before the call counts as not taken."""
PASSES = 3
"""How often a call says its text: who is woken at night misses the first time."""

VOICES = (
    *(
        "ca-ES",
        "cs-CZ",
        "cy-GB",
        "da-DK",
        "de-DE",
        "en-GB",
        "es-ES",
        "fi-FI",
        "fr-FR",
        "hi-IN",
        "is-IS",
    ),
    *(
        "it-IT",
        "ja-JP",
        "ko-KR",
        "nb-NO",
        "nl-NL",
        "pl-PL",
        "pt-PT",
        "ro-RO",
        "ru-RU",
        "sv-SE",
        "tr-TR",
    ),
    *("fr-CA", "pt-BR", "es-US", "zh-CN"),
)
"""Languages that its calls can read out, the one for a language without a country first.

https://www.twilio.com/docs/voice/twiml/say/text-speech
"""


def voice(language: str) -> str:
    """Return the voice for a language; empty for English, which needs no word, and where there is none.

    Examples
    --------
    >>> voice("de"), voice("fr-CA"), voice("de-AT"), voice("no-such"), voice("en-GB")
    ('de-DE', 'fr-CA', 'de-DE', '', '')
    """
    spoken = language.split("-", maxsplit=1)[0]
    if spoken == "en" or language in VOICES:
        return "" if spoken == "en" else language
    return next((one for one in VOICES if one.split("-")[0] == spoken), "")


def say(text: str, language: str) -> str:
    """Return the element by which a call reads text out.

    Examples
    --------
    >>> say("Tom & Jerry", "en-GB"), say("Los", "de")
    ('<Say>Tom &amp; Jerry</Say>', '<Say language="de-DE">Los</Say>')
    """
    found = voice(language)
    spoken = f' language="{found}"' if found else ""
    return f"<Say{spoken}>{escape(_sayable(text))}</Say>"


def ask(text: str, action: str) -> str:
    """Return the elements by which a call says what `say` returned, some times over, and takes a key.

    Examples
    --------
    >>> ask("<Say>Hi</Say>", "https://a.example/k").count('action="https://a.example/k"')
    3
    """
    where = escape(action, {'"': "&quot;"})
    return (
        f'<Gather numDigits="1" timeout="6" action="{where}" method="POST">{text}</Gather>' * PASSES
    )


class _Answer(msgspec.Struct):
    sid: str = ""


class Twilio:
    """Posts forms with the account's token."""

    def __init__(self, settings: ChannelSettings, poster: Poster) -> None:
        self._phone = settings.phone
        self._receipts_url = settings.receipts_url
        self._poster = poster

    async def write(self, ring: Ring) -> Receipt:
        """Send a text."""
        fields = {"To": ring.number, "From": self._phone.sender, "Body": ring.text}
        if self._receipts_url:
            fields["StatusCallback"] = self._callback("texts", ring)
        return await self._post("Messages", ring, fields)

    async def call(self, ring: Ring) -> Receipt:
        """Call, read out, and take a key."""
        fields = {
            "To": ring.number,
            "From": self._phone.sender,
            "Twiml": self._spoken(ring),
            "Timeout": str(RING_S),
        }
        if self._receipts_url:
            fields["StatusCallback"] = self._callback("calls", ring)
        return await self._post("Calls", ring, fields)

    def _callback(self, what: str, ring: Ring) -> str:
        return f"{self._receipts_url}/receipts/twilio/{what}/{ring.delivery_id}"

    def _spoken(self, ring: Ring) -> str:
        text = say(ring.text, ring.language)
        if not (ring.answerable and self._receipts_url):
            return f"<Response>{text * PASSES}</Response>"
        # the language goes with it: who presses a key while the database is away is answered too
        action = f"{self._callback('keys', ring)}/{ring.language}"
        return f"<Response>{ask(text, action)}</Response>"

    async def _post(self, what: str, ring: Ring, fields: Mapping[str, str]) -> Receipt:
        phone = self._phone
        login = base64.b64encode(f"{phone.account}:{phone.token}".encode()).decode()
        account = quote(phone.account, safe="")
        answer = await self._poster.post(
            Post(
                address=f"{phone.url}/2010-04-01/Accounts/{account}/{what}.json",
                content=urlencode(fields).encode(),
                headers={
                    "Authorization": f"Basic {login}",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Idempotency-Key": ring.key,
                },
            )
        )
        try:
            return Receipt(reference=msgspec.json.decode(answer, type=_Answer).sid)
        except msgspec.MsgspecError:
            return Receipt()


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """Return the signature that a callback of Twilio's carries in ``X-Twilio-Signature``.

    Examples
    --------
    Twilio's own example:

    >>> signature(
    ...     "12345",
    ...     "https://example.com/myapp.php?foo=1&bar=2",
    ...     {
    ...         "CallSid": "CA1234567890ABCDE",
    ...         "Caller": "+14158675310",
    ...         "Digits": "1234",
    ...         "From": "+14158675310",
    ...         "To": "+18005551212",
    ...     },
    ... )
    'L/OH5YylLD5NRKLltdqwSvS0BnU='
    """
    text = url + "".join(key + fields[key] for key in sorted(fields))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _sayable(text: str) -> str:
    """Return text without what XML can not carry."""
    return "".join(char if char.isprintable() else " " for char in text)
