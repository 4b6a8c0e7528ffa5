"""Messages of one commit, taken in together: pure, from messages to everything that is to be written."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.intake import Discovered, Refusal
from gateway.admission import SAMPLE_BYTES, Admitted, Outcome
from gateway.receipts import Slip, receipt
from gateway.topic import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.intake import Arrival, PresenceChange, Quarantined
    from core.runtime.mqtt import IncomingMessage
    from gateway.admission import Admission
    from gateway.presence import PresenceBook
    from gateway.receipts import Ring

_STORED = Outcome.STORED
_TICK = timedelta(microseconds=1)
_STEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one commit writes, and which messages may be acknowledged after it."""

    slip: Slip
    at: datetime
    messages: tuple[IncomingMessage, ...]
    admitted: tuple[Admitted, ...]
    arrivals: tuple[Arrival, ...]
    quarantined: tuple[Quarantined, ...]
    refusals: tuple[Refusal, ...]
    discovered: tuple[Discovered, ...]
    #: A device may stand in it twice when it started anew: to be written one after the other.
    presence: tuple[PresenceChange, ...]
    #: Messages per outcome and reason.
    outcomes: Counter[tuple[str, str]]


class Intake:
    """Takes messages in and makes batches of them."""

    def __init__(self, admission: Admission, presence: PresenceBook, ring: Ring) -> None:
        self._admission = admission
        self._presence = presence
        self._ring = ring
        self._last: datetime | None = None

    def stamp(self, now: datetime) -> datetime:
        """Return a moment that no message had before: ``now``, or the next microsecond.

        A clock that is set back is followed; moments that come again are told apart by the store.
        """
        if self._last is not None and self._last - _STEP < now <= self._last:
            now = self._last + _TICK
        self._last = now
        return now

    def admit(self, messages: Iterable[IncomingMessage], now: datetime) -> list[Admitted]:
        """Decide what becomes of each message, in order."""
        admit, stamp = self._admission.admit, self.stamp
        return [admit(message, stamp(now)) for message in messages]

    def close(self, admitted: list[Admitted], now: datetime) -> Batch:
        """Make one batch of admitted messages; with none, of the presence that is due."""
        number = self._ring.number
        arrivals: list[Arrival] = []
        receipts: list[bytes] = []
        special: list[Admitted] = []
        note = self._presence.note
        for one in admitted:
            if one.seen is not None:
                note(one.seen, number)
            if one.outcome is _STORED:
                arrivals.extend(one.arrivals)
            else:
                special.append(one)
            if one.fleeting and one.message.packet_id:
                receipts.append(receipt(one.message))
        outcomes = Counter([(one.outcome.value, one.reason) for one in special])
        if len(admitted) > len(special):
            outcomes[_STORED.value, ""] = len(admitted) - len(special)
        presence = tuple(self._presence.due(now, number))
        slip = self._ring.slip(
            receipts, self._presence.deferred(), [one.device_id for one in presence]
        )
        return Batch(
            slip=slip,
            at=now,
            messages=tuple([one.message for one in admitted]),
            admitted=tuple(admitted),
            arrivals=tuple(arrivals),
            quarantined=tuple([one.quarantine for one in special if one.quarantine is not None]),
            refusals=_refusals(special, now),
            discovered=_discovered(special, now),
            presence=presence,
            outcomes=outcomes,
        )


def apart(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Leave out what stands in ``arrivals`` twice: the same value under the device's own claim."""
    keys: dict[tuple[object, ...], Arrival] = {}
    for one in arrivals:
        said = (one.quantity, one.discriminator, one.value, one.position)
        keys.setdefault((one.device_id, one.claim, *said), one)
    return tuple(keys.values())


def _refusals(admitted: Iterable[Admitted], now: datetime) -> tuple[Refusal, ...]:
    counts = Counter([one.refusal for one in admitted if one.refusal is not None])
    return tuple(
        Refusal(
            day=now.date(),
            home_id=home,
            source=storable(source, 200),
            reason=reason,
            messages=messages,
            last_at=now,
        )
        for (home, source, reason), messages in counts.items()
    )


def _discovered(admitted: Iterable[Admitted], now: datetime) -> tuple[Discovered, ...]:
    last: dict[tuple[str, str, str], Admitted] = {}
    times: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for one in admitted:
        if one.stranger is not None:
            address, name = one.stranger
            key = (address.home_id, address.family, name)
            last[key] = one
            times[key] += 1
    return tuple(
        Discovered(
            home_id=one.stranger[0].home_id,
            family=family,
            external_id=name,
            first_seen=now,
            last_seen=now,
            messages=times[_, family, name],
            last_topic=storable(one.message.topic, 1000),
            last_payload=b"" if one.guarded else one.message.payload[:SAMPLE_BYTES],
        )
        for (_, family, name), one in last.items()
        if one.stranger is not None
    )
