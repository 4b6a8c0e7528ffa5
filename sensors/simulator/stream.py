"""A home's messages over a span of time: behaviour, sensing, episodes and formats put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np

from sensors.simulator import behaviour, episodes, sensing
from sensors.simulator.episodes import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a device publishes."""

    at: datetime
    topic: str
    payload: bytes


def stream(
    home_id: str,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    *,
    seed: int,
    wrong: Iterable[Episode] = (),
) -> list[Message]:
    """Return all messages of a home from the first moment of ``span`` up to the second, in order.

    The same arguments give the same bytes.
    """
    start, end = span
    person = behaviour.Person.drawn(np.random.default_rng((seed, 1)))
    day = behaviour.stays(person, zone, start, seed)
    seen = chain(
        sensing.signals(day, start, end, seed),
        sensing.phantoms(start, end, seed),
        sensing.reports(start, end, seed),
    )
    voice = sensing.Voice(home_id, boot=f"{seed:08x}-{int(start.timestamp()):x}")
    inside = (one for one in episodes.apply(wrong, seen) if start <= one.at < end)
    messages = []
    for signal in inside:
        topic, payload = voice.message(signal)
        messages.append(Message(at=signal.at, topic=topic, payload=payload))
    return messages
