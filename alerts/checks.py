"""The contract of a channel as checks that anyone can run on their own.

A check is given a way to make the channel and a `Stage`: a real server that plays the service behind
it. It raises `PluginBroken` with what is wrong. ``tests/contracts/test_channels.py`` runs them all on
every channel found.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from alerts.channel import Busy, Channel, ChannelSettings, Outgoing, Receipt
from core.model.errors import Permanent, PluginBroken, Temporary
from core.model.finding import Severity
from core.model.ids import AlertId, DeliveryId

TIMEOUT_S = 0.3
ODD_TEXT = 'Zoë\'s "Straße" – 東京 🏠 \\ {"a": 1}\r\nX-Injected: yes\x00\x7f'


class Stage(Protocol):
    """A server that plays the service behind the channel; every request to it is noted."""

    @property
    def address(self) -> str:
        """Address that the channel is to post to."""
        ...

    def play(self, status: int, headers: dict[str, str], *, hangs: bool = False) -> None:
        """Answer so from now on."""
        ...

    def keys(self) -> list[str]:
        """Return the idempotency keys of the requests that came."""
        ...

    def heads(self) -> list[dict[str, str]]:
        """Return the headers of the requests that came, names in lower case."""
        ...

    def bodies(self) -> list[bytes]:
        """Return the bodies of the requests that came."""
        ...


Check = Callable[[type[Channel], Stage], Awaitable[None]]

MESSAGE = Outgoing(
    delivery_id=DeliveryId(71),
    alert_id=AlertId(12),
    address="",
    severity=Severity.URGENT,
    step=0,
    title="Wayhome: act now",
    text="Someone may need help now. Open Wayhome.",
    link="https://pages.example/alerts/12",
)


def checks(kind: type[Channel]) -> dict[str, Check]:
    """Return the checks that apply to a channel, by name."""
    found: list[Check] = [check_describes_itself, check_takes_a_message, check_odd_characters]
    if kind.wakes:
        found += [
            check_overload_is_temporary,
            check_refusal_is_permanent,
            check_slowness_is_temporary,
            check_redirects_are_not_followed,
            check_nobody_there_is_temporary,
            check_bad_addresses_are_permanent,
            check_attempts_share_a_key,
            check_long_texts_are_shortened,
        ]
    return {check.__name__.removeprefix("check_"): check for check in found}


async def check_describes_itself(kind: type[Channel], stage: Stage) -> None:
    """Check that it has a name, title, docstring and length, and that making it sends nothing."""
    _demand(kind.name.isidentifier() and bool(kind.title), "a name and a title")
    _demand(bool(inspect.getdoc(kind)) and kind.max_length >= 1, "a docstring and a length")
    await kind(ChannelSettings()).close()
    _demand(not stage.keys(), "nothing sent before it is asked to")


async def check_takes_a_message(kind: type[Channel], stage: Stage) -> None:
    """Check that a message that the service takes gives a receipt and leaves once."""
    receipt = await _send(kind, stage, MESSAGE)
    _demand(isinstance(receipt, Receipt), "a receipt")
    _demand(len(stage.keys()) == kind.wakes, "one request")


async def check_odd_characters(kind: type[Channel], stage: Stage) -> None:
    """Check that any characters are carried, and none of them becomes a header."""
    await _send(kind, stage, replace(MESSAGE, title=ODD_TEXT, text=ODD_TEXT))
    _demand(len(stage.keys()) == kind.wakes, "one request")
    for head, body in zip(stage.heads(), stage.bodies(), strict=True):
        _demand("x-injected" not in head, "no header made of text")
        _demand("東京".encode() in body, "the text as it is, in UTF-8")


async def check_overload_is_temporary(kind: type[Channel], stage: Stage) -> None:
    """Check that a 5xx or 429 is temporary, and the wait it asks for kept within reason."""
    for status in (500, 502, 503, 429):
        stage.play(status, {"Retry-After": "7"})
        error = await _failure(kind, stage, MESSAGE)
        _demand(isinstance(error, Temporary), f"{status} to be temporary")
        waits = isinstance(error, Busy) and error.retry_after_s == 7  # noqa: PLR2004
        _demand(waits or status != 429, "to wait the 7 s that a 429 asks for")  # noqa: PLR2004
    for text, longest_s in (("999999", 600.0), ("tomorrow", 0.0), ("-5", 0.0), ("²", 0.0)):
        stage.play(429, {"Retry-After": text.encode().decode("latin-1")})
        error = await _failure(kind, stage, MESSAGE)
        asked_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        _demand(0 <= asked_s <= longest_s, f"at most {longest_s} s of wait")


async def check_refusal_is_permanent(kind: type[Channel], stage: Stage) -> None:
    """Check that an address that refuses the message is not tried again."""
    for status in (400, 401, 403, 404, 410, 413):
        stage.play(status, {})
        error = await _failure(kind, stage, MESSAGE)
        _demand(isinstance(error, Permanent), f"{status} to be permanent")


async def check_slowness_is_temporary(kind: type[Channel], stage: Stage) -> None:
    """Check that a service that does not answer is given up in time, and tried again."""
    stage.play(200, {}, hangs=True)
    began = time.monotonic()
    error = await _failure(kind, stage, MESSAGE)
    _demand(isinstance(error, Temporary), "no answer to be temporary")
    _demand(time.monotonic() - began < 10 * TIMEOUT_S, "to give up in time")


async def check_redirects_are_not_followed(kind: type[Channel], stage: Stage) -> None:
    """Check that a message goes where it was addressed or nowhere."""
    stage.play(307, {"Location": stage.address})
    error = await _failure(kind, stage, MESSAGE)
    _demand(isinstance(error, Permanent), "a redirect to be permanent")
    _demand(len(stage.keys()) == 1, "no second request")


async def check_nobody_there_is_temporary(kind: type[Channel], stage: Stage) -> None:
    """Check that a port where nobody listens may be a restart: it is tried again."""
    del stage
    error = await _failure(kind, None, replace(MESSAGE, address="http://127.0.0.1:1/topic"))
    _demand(isinstance(error, Temporary), "nobody there to be temporary")


async def check_bad_addresses_are_permanent(kind: type[Channel], stage: Stage) -> None:
    """Check that only http(s) addresses with a host are posted to."""
    for address in (
        "",
        "push",
        "file:///etc/passwd",
        "ftp://h/x",
        "http://",
        "http://[::1",
        "\x00",
    ):
        error = await _failure(kind, None, replace(MESSAGE, address=address))
        _demand(isinstance(error, Permanent), "such an address to be permanent")
    _demand(not stage.keys(), "nothing sent")


async def check_attempts_share_a_key(kind: type[Channel], stage: Stage) -> None:
    """Check that two attempts of one delivery have one key, another delivery another."""
    for number in (71, 71, 72):
        await _send(kind, stage, replace(MESSAGE, delivery_id=DeliveryId(number)))
    first, second, other = stage.keys()
    _demand(first == second != other, "one key for each delivery")


async def check_long_texts_are_shortened(kind: type[Channel], stage: Stage) -> None:
    """Check that a text that is too long is cut, not refused."""
    await _send(kind, stage, replace(MESSAGE, text="wörd " * kind.max_length))
    (body,) = stage.bodies()
    _demand(body.decode().count("wörd") * len("wörd ") <= kind.max_length, "a text cut to length")


async def _send(kind: type[Channel], stage: Stage | None, message: Outgoing) -> Receipt:
    if stage is not None:
        message = replace(message, address=stage.address)
    channel = kind(ChannelSettings(timeout_s=TIMEOUT_S, secret="key"))  # noqa: S106
    try:
        return await channel.send(message)
    finally:
        await channel.close()


async def _failure(
    kind: type[Channel], stage: Stage | None, message: Outgoing
) -> Temporary | Permanent:
    try:
        await _send(kind, stage, message)
    except (Temporary, Permanent) as error:
        return error
    raise PluginBroken("contract: expected it to fail")


def _demand(held: bool, what: str) -> None:
    if not held:
        raise PluginBroken(f"contract: expected {what}")
