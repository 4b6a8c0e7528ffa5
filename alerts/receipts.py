"""Where providers call back: how far a message got, which key was pressed, what was written back.

A small application in the alerting service, because the ledger is written here only. A proxy leads
``/receipts/`` to it (docs/how-to/channels.md). Nothing is believed without the provider's signature.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import msgspec
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.answer_code import Guesses, code_of, codes_in
from alerts.phone_answers import answer, language_of
from alerts.provider import kept
from alerts.twilio import STATES, ask, say, signature
from core.model.errors import Malformed, StoreUnavailable
from core.model.ids import DeliveryId
from core.model.words import marked
from core.runtime.health import serve_app
from core.runtime.language import ENGLISH, words
from core.store import provider_receipt as receipt_table
from core.store.pool import transaction
from core.store.provider_receipt import ProviderEvent, ProviderState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from alerts.channel_settings import ChannelSettings
    from core.runtime.clock import Clock
    from core.runtime.service import Context
    from core.runtime.settings import AlertsSettings
    from core.store.pool import Pool

log = logging.getLogger("wayhome.alerts")

LONGEST_BODY = 16 * 1024
ANSWERABLE = timedelta(hours=24)
"""A reply is taken for a message of the last day."""
KEY = "1"
KEY_WITHIN_S = 9.0
"""A provider waits 15 s for what to say next; then the person hears that the call has failed."""
TOO_MANY = marked("Nobody is on it by this: too many digits were wrong. Please open Wayhome.")
NO_CODE = marked("Nobody is on it yet: please reply with the six digits of the message.")
NOT_KEY = marked("That was not the key 1. Nobody is on it yet. Press 1 to answer.")
NOT_WRITTEN = marked(
    "Your answer could not be written down just now. Nobody is on it yet."
    " Wait a moment and press 1 again, or open Wayhome."
)
CALL_OVER = marked("This call is over.")
NOTIFY_STATES = {
    "created": ProviderState.SENT,
    "sending": ProviderState.SENT,
    "sent": ProviderState.SENT,
    "pending": ProviderState.SENT,
    "delivered": ProviderState.DELIVERED,
    "permanent-failure": ProviderState.FAILED,
    "temporary-failure": ProviderState.FAILED,
    "technical-failure": ProviderState.FAILED,
}
KEY_OF_DELIVERY = "wayhome-delivery-"
_XML = "text/xml; charset=utf-8"


class _NotifyReceipt(msgspec.Struct):
    reference: str | None = ""
    id: str = ""
    status: str = ""


class _NotifyText(msgspec.Struct):
    source_number: str = ""
    message: str = ""


class _Unsigned(Exception):  # noqa: N818 (an answer, not a fault)
    """It is not from the provider."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """Takes callbacks."""

    pool: Pool
    clock: Clock
    settings: ChannelSettings
    guesses: Guesses = field(default_factory=Guesses)

    def app(self) -> Starlette:
        """Return the application."""
        number = "{delivery_id:int}"
        routes = {
            f"/receipts/twilio/texts/{number}": self.state,
            f"/receipts/twilio/calls/{number}": self.state,
            f"/receipts/twilio/keys/{number}": self.key,
            f"/receipts/twilio/keys/{number}/{{language:str}}": self.key,
            "/receipts/twilio/replies": self.reply,
            "/receipts/notify/states": self.notify_state,
            "/receipts/notify/replies": self.notify_reply,
        }
        return Starlette(
            routes=[
                Route(path, _answered(endpoint), methods=["POST"])
                for path, endpoint in routes.items()
            ]
        )

    async def state(self, request: Request) -> Response:
        """Take how far a text or a call got."""
        fields = await self._signed_form(request)
        state = STATES.get(fields.get("MessageStatus", fields.get("CallStatus", "")))
        if state is not None:
            reference = fields.get("MessageSid", fields.get("CallSid", ""))
            await self._note(_number(request), state, reference, fields.get("ErrorCode", ""))
        return Response(status_code=204)

    async def key(self, request: Request) -> Response:
        """Take the key that was pressed during a call; one that does not count is asked for again."""
        fields = await self._signed_form(request)
        known = str(request.path_params.get("language", ""))
        if known and fields.get("Digits") != KEY:
            return self._ask(NOT_KEY, known, request)
        try:
            async with asyncio.timeout(KEY_WITHIN_S), transaction(self.pool) as connection:
                sent = await receipt_table.delivery_with(connection, _number(request))
                if sent is None:
                    return _said(CALL_OVER, ENGLISH)
                language = language_of(sent)
                if fields.get("Digits") != KEY:
                    return self._ask(NOT_KEY, language, request)
                return _said(await answer(connection, sent, self.clock.now()), language)
        except (StoreUnavailable, TimeoutError):
            log.warning("a key could not be written down", extra={"action": "key_not_kept"})
            return self._ask(NOT_WRITTEN, known or ENGLISH, request)

    def _ask(self, text: str, language: str, request: Request) -> Response:
        """Return words that the call reads out, and after which a key is taken again."""
        spoken = say(words(language).gettext(text), language)
        action = self.settings.receipts_url + request.url.path
        return Response(f"<Response>{ask(spoken, action)}</Response>", media_type=_XML)

    async def reply(self, request: Request) -> Response:
        """Take a text that somebody wrote back."""
        fields = await self._signed_form(request)
        done = await self._take_reply(fields.get("From", ""), fields.get("Body", ""))
        text = f"<Message>{escape(done)}</Message>" if done else ""
        return Response(f"<Response>{text}</Response>", media_type=_XML)

    async def notify_state(self, request: Request) -> Response:
        """Take how far a message by GOV.UK Notify got."""
        found = await self._notified(request, _NotifyReceipt)
        number = (found.reference or "").removeprefix(KEY_OF_DELIVERY)
        state = NOTIFY_STATES.get(found.status)
        if state is not None and number.isdecimal() and len(number) < len(str(2**63)):
            await self._note(DeliveryId(int(number)), state, found.id, found.status)
        return Response(status_code=204)

    async def notify_reply(self, request: Request) -> Response:
        """Take a text that somebody wrote back to GOV.UK Notify."""
        found = await self._notified(request, _NotifyText)
        await self._take_reply(f"+{found.source_number.lstrip('+')}", found.message)
        return Response(status_code=204)

    async def _take_reply(self, address: str, text: str) -> str:
        """Find the message that a reply means by its code; return what to say."""
        codes = codes_in(text)
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            found = await receipt_table.sent_to(
                connection, kept(address), ("sms", "notify"), now - ANSWERABLE
            )
            said = words(language_of(found[0]) if found else ENGLISH)
            if codes and self.guesses.too_many(address, now):
                log.warning("too many wrong codes by text", extra={"action": "reply_limited"})
                return said.gettext(TOO_MANY)
            for sent in found:
                if code_of(self.settings.secret, sent.delivery_id) in codes:
                    return await answer(connection, sent, now)
        if codes and found:
            self.guesses.note(address, now)
        log.info("reply without a code", extra={"action": "reply_unclear", "sent": len(found)})
        return said.gettext(NO_CODE) if found else ""

    async def _note(
        self, delivery_id: DeliveryId, state: ProviderState, reference: str, detail: str
    ) -> None:
        event = ProviderEvent(
            delivery_id=delivery_id,
            state=state,
            at=self.clock.now(),
            reference=kept(reference),
            detail=kept(detail),
        )
        async with transaction(self.pool) as connection:
            if await receipt_table.delivery_with(connection, delivery_id) is None:
                return
            fresh = await receipt_table.note_event(connection, event)
        log.info(
            "provider called back",
            extra={
                "action": "receipt",
                "delivery": delivery_id,
                "state": state.value,
                "fresh": fresh,
            },
        )

    async def _signed_form(self, request: Request) -> dict[str, str]:
        """Return a form that Twilio has signed, over the public address that it posted to."""
        fields = dict(
            parse_qsl(
                (await _body(request)).decode(errors="replace"),
                keep_blank_values=True,
                max_num_fields=100,
            )
        )
        url = self.settings.receipts_url + request.url.path
        wanted = signature(self.settings.phone.token, url, fields)
        given = request.headers.get("x-twilio-signature", "")
        if not self.settings.phone.token or not _same(given, wanted):
            raise _Unsigned
        return fields

    async def _notified(self, request: Request, kind: type[Any]) -> Any:
        """Return what GOV.UK Notify says, which carries the token that we gave it."""
        wanted = self.settings.notify.callback_token
        given = request.headers.get("authorization", "")
        if not wanted or not _same(given, f"Bearer {wanted}"):
            raise _Unsigned
        try:
            return msgspec.json.decode(await _body(request), type=kind)
        except msgspec.MsgspecError as error:
            raise Malformed("body", "a callback of GOV.UK Notify") from error


@asynccontextmanager
async def receiving(
    context: Context[AlertsSettings], pool: Pool, settings: ChannelSettings
) -> AsyncIterator[None]:
    """Take callbacks while the block runs, where a port is set for them."""
    port = context.settings.receipts_port
    if port == 0:
        yield
        return
    app = Receiving(pool, context.clock, settings).app()
    async with serve_app(app, context.settings.receipts_host, port):
        log.info("callbacks are taken", extra={"action": "receiving", "port": port})
        yield


def _answered(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Give what may go wrong its status; a provider tries a 503 again."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _Unsigned:
            log.warning("callback not signed", extra={"action": "receipt_refused"})
            return PlainTextResponse("the signature is not the provider's", status_code=403)
        except (Malformed, ValueError) as error:
            text = str(error) if isinstance(error, Malformed) else "the form is not one"
            return PlainTextResponse(text, status_code=400)
        except StoreUnavailable:
            return PlainTextResponse("the database does not answer", status_code=503)

    return answered


async def _body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LONGEST_BODY:
            raise Malformed("body", f"at most {LONGEST_BODY} bytes")
    return found


def _number(request: Request) -> DeliveryId:
    number = int(request.path_params["delivery_id"])
    if number >= 2**63:
        raise Malformed("path", "the number of a delivery")
    return DeliveryId(number)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _said(text: str, language: str) -> Response:
    """Return words that the call reads out before it ends; in English where no voice speaks the language."""
    return Response(f"<Response>{say(text, language)}</Response>", media_type=_XML)
