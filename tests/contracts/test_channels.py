from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.header import decode_header, make_header

import pytest

from alerts.channel import Channel, ChannelSettings, discover
from alerts.checks import MESSAGE, Check, checks
from core.model.errors import PluginBroken, Temporary
from core.model.finding import Severity
from tests.alerts.receiver import Answer, Receiver, receiving

ALL = [
    pytest.param(kind, check, id=f"{name}-{title}")
    for name, kind in discover().items()
    for title, check in checks(kind).items()
]


@dataclass(frozen=True, slots=True)
class RealStage:
    receiver: Receiver

    @property
    def address(self) -> str:
        return self.receiver.url()

    def play(self, status: int, headers: dict[str, str], *, hangs: bool = False) -> None:
        self.receiver.answer(Answer(status=status, headers=headers, hangs=hangs))

    def keys(self) -> list[str]:
        return [request.key for request in self.receiver.requests]

    def heads(self) -> list[dict[str, str]]:
        return [request.headers for request in self.receiver.requests]

    def bodies(self) -> list[bytes]:
        return [request.body for request in self.receiver.requests]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize(("kind", "check"), ALL)
async def test_contract(kind: type[Channel], check: Check, receiver: Receiver) -> None:
    await check(kind, RealStage(receiver))


def test_the_first_channels_are_there() -> None:
    assert {"ntfy", "web", "webhook"} <= set(discover())
    assert [name for name, kind in discover().items() if not kind.wakes] == ["web"]


class Careless:
    """Swallows every failure and forgets the key."""

    name = "careless"
    title = "Careless"
    max_length = 10
    wakes = True

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
        await checks(kind)[name](kind, RealStage(receiver))


async def test_a_webhook_is_signed_and_says_what_to_do(receiver: Receiver) -> None:
    channel = discover()["webhook"](ChannelSettings(secret="key"))
    await channel.send(replace(MESSAGE, address=receiver.url()))
    await channel.close()
    (request,) = receiver.requests
    assert request.json == {
        "delivery": 71,
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
