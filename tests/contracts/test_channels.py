from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from urllib.parse import parse_qs

import pytest

from alerts.channel import Channel, ChannelSettings, Gone, discover, traits
from alerts.checks import MESSAGE, Check, checks
from alerts.push_key import public_key
from core.model.address import AddressKind
from core.model.errors import Permanent, PluginBroken, Temporary
from core.model.finding import Severity
from tests.alerts.receiver import Answer, Receiver, receiving
from tests.alerts.stages import STAGES, PushStage, WebStage, mailing

ALL = [
    pytest.param(kind, check, id=f"{name}-{title}")
    for name, kind in discover().items()
    for title, check in checks(kind).items()
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize(("kind", "check"), ALL)
async def test_contract(kind: type[Channel], check: Check, receiver: Receiver) -> None:
    if kind.name == "email":
        with mailing() as stage:
            await check(kind, stage)
    else:
        await check(kind, STAGES[kind.name](receiver))


def test_all_channels_are_there_and_one_wakes_nobody() -> None:
    assert set(discover()) >= {*STAGES, "email"}
    assert [name for name, kind in discover().items() if not kind.wakes] == ["web"]


class Careless:
    """Swallows every failure and forgets the key."""

    name = "careless"
    title = "Careless"
    max_length = 10
    wakes = True
    takes = AddressKind.WEB

    def __init__(self, settings: ChannelSettings) -> None:
        del settings

    async def send(self, _: object) -> None:
        return None

    async def close(self) -> None:
        return None


@pytest.mark.parametrize("name", sorted(set(checks(discover()["ntfy"])) - {"describes_itself"}))
async def test_the_checks_find_a_careless_channel(name: str, receiver: Receiver) -> None:
    kind: type[Channel] = Careless  # type: ignore[assignment]
    with pytest.raises((PluginBroken, ValueError)):
        await checks(kind)[name](kind, WebStage(receiver))


async def test_a_webhook_is_signed_and_says_what_to_do(receiver: Receiver) -> None:
    channel = discover()["webhook"](ChannelSettings(secret="key"))
    await channel.send(replace(MESSAGE, address=receiver.url()))
    await channel.close()
    (request,) = receiver.requests
    assert request.json == {
        "delivery": 71,
        "kind": "alert",
        "alert": 12,
        "step": 0,
        "severity": "urgent",
        "title": "Wayhome: act now",
        "text": "Someone may need help now. Open Wayhome.",
        "link": "https://pages.example/alerts/12",
    }
    digest = hmac.new(b"key", request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-wayhome-signature"] == f"sha256={digest}"
    assert request.key == "wayhome-delivery-71"


async def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    channel = discover()["webhook"](ChannelSettings())
    await channel.send(replace(MESSAGE, address=receiver.url()))
    await channel.close()
    assert "x-wayhome-signature" not in receiver.requests[0].headers


async def test_ntfy_gets_its_headers_and_gives_its_id(receiver: Receiver) -> None:
    receiver.answer(Answer(body=b'{"id": "xE73Iyuabi", "event": "message"}'))
    channel = discover()["ntfy"](ChannelSettings())
    address = receiver.url().replace("http://", "http://carer:secret@")
    receipt = await channel.send(replace(MESSAGE, address=address, title="Wayhome – now"))
    await channel.send(replace(MESSAGE, address=address, severity=Severity.NOTICE, link=""))
    await channel.close()
    assert receipt.reference == "xE73Iyuabi"
    first, second = receiver.requests
    assert str(make_header(decode_header(first.headers["title"]))) == "Wayhome – now"
    assert (first.headers["priority"], first.headers["tags"]) == ("5", "rotating_light")
    assert first.headers["click"] == MESSAGE.link
    assert first.headers["authorization"].startswith("Basic ")
    assert first.body.decode() == MESSAGE.text
    assert second.headers["priority"] == "2"
    assert "click" not in second.headers


async def test_a_failure_names_no_address(receiver: Receiver) -> None:
    receiver.answer(Answer(status=500, body=b"secret detail"))
    channel = discover()["ntfy"](ChannelSettings())
    with pytest.raises(Temporary) as caught:
        await channel.send(replace(MESSAGE, address=receiver.url()))
    await channel.close()
    assert str(caught.value) == "answered 500"


async def test_a_push_can_be_read_by_the_browser_only_and_is_signed(receiver: Receiver) -> None:
    stage = PushStage(receiver)
    channel = discover()["webpush"](stage.settings(2))
    await channel.send(replace(MESSAGE, address=stage.address))
    await channel.close()
    (request,) = receiver.requests
    assert b"Someone" not in request.body
    assert stage.shown(request) == {
        "title": "Wayhome: act now",
        "text": "Someone may need help now. Open Wayhome.",
        "link": "https://pages.example/alerts/12",
        "kind": "alert",
        "severity": "urgent",
        "tag": "wayhome-alert-12",
        "delivery": 71,
        "lang": "en-GB",
        "dir": "ltr",
        "arrived": "It arrived",
    }
    heads = request.headers
    assert (heads["urgency"], heads["topic"], heads["ttl"]) == ("high", "wayhome-alert-12", "3600")
    key = public_key(stage.settings(2).push_key)
    assert re.fullmatch(rf"vapid t=[\w.-]+,k={key}", heads["authorization"])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_ended_its_subscription_is_gone(
    receiver: Receiver, status: int
) -> None:
    stage = PushStage(receiver)
    stage.play(status, {})
    channel = discover()["webpush"](stage.settings(2))
    with pytest.raises(Gone):
        await channel.send(replace(MESSAGE, address=stage.address))
    await channel.close()


@pytest.mark.parametrize("name", ["ntfy", "webhook", "webpush"])
@pytest.mark.parametrize("place", ["http://localhost", "https://localhost", "https://127.0.0.1"])
async def test_what_somebody_typed_does_not_lead_into_our_network(
    receiver: Receiver, name: str, place: str
) -> None:
    stage = STAGES[name](receiver)
    address = stage.address.replace("http://127.0.0.1", place)
    channel = discover()[name](stage.settings(2))
    with pytest.raises(Permanent, match="local network"):
        await channel.send(replace(MESSAGE, address=address, typed=True))
    await channel.close()
    assert receiver.requests == []


@pytest.mark.parametrize("name", ["webhook", "webpush"])
@pytest.mark.parametrize("place", ["https://[::1]", "https://127.1", "https://2130706433"])
async def test_nor_does_another_way_to_write_its_number(
    receiver: Receiver, name: str, place: str
) -> None:
    stage = STAGES[name](receiver)
    channel = discover()[name](stage.settings(2))
    address = stage.address.replace("http://127.0.0.1", place)
    with pytest.raises(Permanent):
        await channel.send(replace(MESSAGE, address=address, typed=True))
    await channel.close()
    assert receiver.requests == []


async def test_apprise_takes_no_address_that_somebody_typed(receiver: Receiver) -> None:
    stage = STAGES["apprise"](receiver)
    channel = discover()["apprise"](stage.settings(2))
    with pytest.raises(Permanent, match="organisation"):
        await channel.send(replace(MESSAGE, address=stage.address, typed=True))
    await channel.close()
    assert receiver.requests == []


async def test_a_call_takes_a_key_and_a_text_a_code(receiver: Receiver) -> None:
    for name in ("voice", "sms"):
        stage = STAGES[name](receiver)
        channel = discover()[name](stage.settings(2))
        receiver.answer(Answer(status=201, body=b'{"sid": "X1"}'), stage.path)
        receipt = await channel.send(replace(MESSAGE, address="+447700900123", code="482913"))
        await channel.close()
        assert receipt.reference == "X1"
    call, text = (parse_qs(request.body.decode()) for request in receiver.requests)
    (twiml,) = call["Twiml"]
    assert twiml.count("Press 1 to say: I am on it.") == 3
    assert 'action="https://care.example/receipts/twilio/keys/71/en-GB"' in twiml
    (said,) = text["Body"]
    assert said.endswith(
        "Open Wayhome. Reply 482913 to say: I am on it. https://pages.example/alerts/12"
    )
    assert text["StatusCallback"] == ["https://care.example/receipts/twilio/texts/71"]


async def test_notify_chooses_the_template_by_the_address(receiver: Receiver) -> None:
    stage = STAGES["notify"](receiver)
    channel = discover()["notify"](stage.settings(2))
    await channel.send(replace(MESSAGE, address="+447700900123"))
    await channel.send(replace(MESSAGE, address="ann@example.org"))
    await channel.close()
    text, mail = receiver.requests
    assert (text.path, mail.path) == ("/v2/notifications/sms", "/v2/notifications/email")
    assert (text.json["template_id"], mail.json["template_id"]) == (
        "sms-template",
        "email-template",
    )
    assert text.json["reference"] == "wayhome-delivery-71"
    head, body, signed = text.headers["authorization"].removeprefix("Bearer ").split(".")
    secret = b"22222222-2222-2222-2222-222222222222"
    digest = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(f"{signed}=") == digest
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims["iss"] == "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize("name", ["email", "notify", "sms", "voice", "webpush"])
async def test_a_channel_that_is_not_set_up_says_which_setting_it_lacks(name: str) -> None:
    kind = discover()[name]
    assert traits(kind, ChannelSettings()).lacks.startswith("WAYHOME_")
    channel = kind(ChannelSettings())
    addresses = {"webpush": PushStage(Receiver(1)).address, "email": "ann@example.org"}
    message = replace(MESSAGE, address=addresses.get(name, "+447700900123"))
    with pytest.raises(Permanent, match="not set up"):
        await channel.send(message)
    await channel.close()
