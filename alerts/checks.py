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

from alerts.channel import Busy, Channel, ChannelSettings, Outgoing, Receipt, traits
from core.model.errors import Permanent, PluginBroken, Temporary
from core.model.finding import Severity
from core.model.ids import AlertId, DeliveryId

ANSWER_S = 30.0
"""Patience with a service that answers: what it says is judged, not how busy this machine is."""
TIMEOUT_S = 0.3
"""Patience with a service that says nothing."""
ODD_TEXT = 'Zoë\'s "Straße" – 東京 🏠 \\ {"a": 1}\r\nX-Injected: yes\x00\x7f'


class Stage(Protocol):
    """A server that plays the service behind the channel; every message that came is noted."""

    def settings(self, timeout_s: float) -> ChannelSettings:
        """Return settings that lead the channel to the server."""
        ...

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        """Return settings and an address that lead to where nobody listens."""
        ...

    @property
    def address(self) -> str:
        """Address that the channel is to send to."""
        ...

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        """Addresses that are none for this channel."""
        ...

    def play(self, status: int, headers: dict[str, str], *, hangs: bool = False) -> None:
        """Answer so from now on: a status of HTTP, or what means the same to the service."""
        ...

    def keys(self) -> list[str]:
        """Return the idempotency keys of the messages that came."""
        ...

    def heads(self) -> list[dict[str, str]]:
        """Return the headers of the messages that came, names in lower case."""
        ...

    def texts(self) -> list[str]:
        """Return the messages that came as their reader gets them, whatever they were wrapped in."""
        ...


Check = Callable[[type[Channel], Stage], Awaitable[None]]

_EXCUSED = frozenset({"asked_waits_are_kept", "redirects_are_not_followed", "attempts_share_a_key"})
"""What the service behind a channel may make impossible; a channel says so in ``cannot``."""
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
            check_asked_waits_are_kept,
            check_refusal_is_permanent,
            check_slowness_is_temporary,
            check_redirects_are_not_followed,
            check_nobody_there_is_temporary,
            check_bad_addresses_are_permanent,
            check_attempts_share_a_key,
            check_long_texts_are_shortened,
        ]
    cannot = traits(kind, ChannelSettings()).cannot
    named = {check.__name__.removeprefix("check_"): check for check in found}
    unknown = set(cannot) - _EXCUSED
    _demand(not unknown, f"no excuse from {', '.join(sorted(unknown))}")
    return {name: check for name, check in named.items() if name not in cannot}


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
    for head, text in zip(stage.heads(), stage.texts(), strict=True):
        _demand("x-injected" not in head, "no header made of text")
        _demand("東京" in text and "Zoë" in text, "the text as it is, in UTF-8")


async def check_overload_is_temporary(kind: type[Channel], stage: Stage) -> None:
    """Check that a service that is overloaded or broken is tried again."""
    for status in (500, 502, 503, 429):
        stage.play(status, {"Retry-After": "7"})
        error = await _failure(kind, stage, MESSAGE)
        _demand(isinstance(error, Temporary), f"{status} to be temporary")


async def check_asked_waits_are_kept(kind: type[Channel], stage: Stage) -> None:
    """Check that the wait that a service asks for is kept, within reason."""
    for text, least_s, longest_s in (
        ("7", 7.0, 7.0),
        ("999999", 0.0, 600.0),
        ("tomorrow", 0.0, 0.0),
        ("-5", 0.0, 0.0),
        ("²", 0.0, 0.0),
    ):
        stage.play(429, {"Retry-After": text.encode().decode("latin-1")})
        error = await _failure(kind, stage, MESSAGE)
        asked_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        _demand(least_s <= asked_s <= longest_s, f"{least_s} to {longest_s} s of wait")


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
    error = await _failure(kind, stage, MESSAGE, stage.settings(TIMEOUT_S))
    _demand(isinstance(error, Temporary), "no answer to be temporary")
    _demand(time.monotonic() - began < 10 * TIMEOUT_S, "to give up in time")


async def check_redirects_are_not_followed(kind: type[Channel], stage: Stage) -> None:
    """Check that a message goes where it was addressed or nowhere."""
    stage.play(307, {"Location": "http://127.0.0.1:1/elsewhere"})
    error = await _failure(kind, stage, MESSAGE)
    _demand(isinstance(error, Permanent), "a redirect to be permanent")
    _demand(len(stage.keys()) == 1, "no second request")


async def check_nobody_there_is_temporary(kind: type[Channel], stage: Stage) -> None:
    """Check that a port where nobody listens may be a restart: it is tried again."""
    settings, address = stage.elsewhere(ANSWER_S)
    error = await _failure(kind, stage, replace(MESSAGE, address=address), settings)
    _demand(isinstance(error, Temporary), "nobody there to be temporary")


async def check_bad_addresses_are_permanent(kind: type[Channel], stage: Stage) -> None:
    """Check that what is no address of this channel is refused, and nothing leaves."""
    for address in ("", "push", "file:///etc/passwd", "\x00", *stage.bad_addresses):
        error = await _failure(kind, stage, replace(MESSAGE, address=address), as_is=True)
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
    (text,) = stage.texts()
    _demand("wörd" in text, "the beginning of a long text")
    _demand(text.count("wörd") * len("wörd ") <= kind.max_length, "a text cut to length")


async def _send(
    kind: type[Channel], stage: Stage, message: Outgoing, settings: ChannelSettings | None = None
) -> Receipt:
    channel = kind(settings or stage.settings(ANSWER_S))
    try:
        return await channel.send(replace(message, address=message.address or stage.address))
    finally:
        await channel.close()


async def _failure(
    kind: type[Channel],
    stage: Stage,
    message: Outgoing,
    settings: ChannelSettings | None = None,
    *,
    as_is: bool = False,
) -> Temporary | Permanent:
    channel = kind(settings or stage.settings(ANSWER_S))
    if not as_is:
        message = replace(message, address=message.address or stage.address)
    try:
        await channel.send(message)
    except (Temporary, Permanent) as error:
        return error
    finally:
        await channel.close()
    raise PluginBroken("contract: expected it to fail")


def _demand(held: bool, what: str) -> None:
    if not held:
        raise PluginBroken(f"contract: expected {what}")
