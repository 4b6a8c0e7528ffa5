"""What becomes of one message: stored, state, discovered, refused or quarantined. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from core.model.errors import Malformed, Unsupported
from core.model.intake import Arrival, Quarantined, Timing
from core.model.quantity import Quantity
from core.runtime.mqtt import IncomingMessage
from gateway.arrivals import LONGEST_NAME, arrivals_of
from gateway.directory import Track
from gateway.topic import Address, is_storable, parse, storable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.directory import Directory
    from gateway.quota import DiscoveredQuota, QuarantineQuota
    from gateway.receipts import Ring
    from sensors.driver import Decoded, Driver, Reading

SAMPLE_BYTES = 4096
"""What is kept of a payload that is too long, and of the last payload of an unregistered device."""
LONGEST_TEXT = 500
_OUTSIDE = ""
"""Where messages are counted whose topic names no home that exists."""


ADDRESSES = 200_000
"""Topics that are remembered taken apart."""
_GATEWAY = Timing.GATEWAY  # the attribute of an enum is slow to look up
_BATTERY, _LINK_QUALITY, _SOS = Quantity.BATTERY, Quantity.LINK_QUALITY, Quantity.SOS
_NOTED = frozenset({_BATTERY, _LINK_QUALITY, _SOS})


class Outcome(StrEnum):
    """What became of a message; each has exactly one."""

    STORED = "stored"
    STATE = "state"
    """It said something about a device and nothing that happened."""
    DUPLICATE = "duplicate"
    """The broker sent it before, and it was taken in then."""
    DISCOVERED = "discovered"
    """Of a device that is not registered."""
    REFUSED = "refused"
    """Counted, not kept."""
    QUARANTINED = "quarantined"


_STORED = Outcome.STORED


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a message says about its device."""

    track: Track
    at: datetime
    #: False for a retained message and for a last will: they do not show that the device lives.
    alive: bool
    online: bool | None = None
    battery_percent: float | None = None
    link_quality: float | None = None
    #: None when the message carries no time.
    clock_trusted: bool | None = None
    number: int | None = None
    boot: str = ""
    firmware: str = ""
    #: Seconds that the oldest thing it tells has waited on the way; 0 where that is not known.
    late_s: float = 0.0


class Admitted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The outcome of one message with all that is to be written for it."""

    message: IncomingMessage
    outcome: Outcome
    #: One word for the counters: why it was refused or quarantined.
    reason: str = ""
    arrivals: Sequence[Arrival] = ()
    seen: Seen | None = None
    #: Address and name of a device that is not registered.
    stranger: tuple[Address, str] | None = None
    #: Home, source and reason to count.
    refusal: tuple[str, str, str] | None = None
    quarantine: Quarantined | None = None
    #: True where its content must not be kept: it may tell of somebody of whom there is no basis.
    guarded: bool = False
    #: True when the registry does not know its home or device.
    unknown: bool = False
    #: True when taking the message in a second time would show: its key is not final.
    fleeting: bool = True


class _Rejected(Exception):  # noqa: N818 (an outcome, not a fault)
    def __init__(
        self,
        reason: str,
        home: str | None = None,
        field: str = "",
        expected: str = "",
        *,
        unknown: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.home = home
        self.field = field
        self.expected = expected
        self.unknown = unknown


class Admission:
    """Admits messages, one after the other.

    Parameters
    ----------
    gateway
        Name of this gateway.
    drivers
        Drivers by family.
    directory
        What is registered; changes under our hands when the registry does.
    """

    def __init__(
        self,
        gateway: str,
        drivers: Mapping[str, Driver],
        directory: Directory,
        ring: Ring,
        quarantine: QuarantineQuota,
        discovered: DiscoveredQuota,
    ) -> None:
        self._gateway = gateway
        self._drivers = drivers
        self._directory = directory
        self._ring = ring
        self._quarantine = quarantine
        self._discovered = discovered
        self._addresses: dict[str, Address] = {}

    def admit(self, message: IncomingMessage, received_at: datetime) -> Admitted:
        """Decide what becomes of ``message``. Never raises.

        Parameters
        ----------
        received_at
            Gateway time; no two messages share one, or two that carry no time could not be told apart.
        """
        if message.duplicate and self._ring.holds(message):
            return Admitted(message=message, outcome=Outcome.DUPLICATE, fleeting=False)
        try:
            return self._admit(message, received_at)
        except _Rejected as rejected:
            return self._quarantined(message, received_at, rejected)

    def _admit(self, message: IncomingMessage, received_at: datetime) -> Admitted:
        topic = message.topic
        known = self._addresses.get(topic)
        address = _taken_apart(topic) if known is None else known
        home, family, rest = address
        driver = self._drivers.get(family)
        directory = self._directory
        if (
            driver is None
            or home not in directory.homes
            or len(message.payload) > directory.limits.payload_bytes
        ):
            raise self._not_for_us(address, message)
        try:
            decoded = driver.decode(rest, message.payload)
            track = directory.tracks.get((home, family, decoded.external_id))
            if track is not None:
                if known is None:
                    self._remember(topic, address)
                if track.unwatched or track.unlocated:
                    return self._of_limited(message, track, decoded, received_at)
                return self._of_device(message, track, decoded, received_at)
        except Malformed as error:
            raise _Rejected("malformed", home, error.field, error.expected) from None
        except Unsupported:
            return self._refused(message, home, family, "unsupported")
        except Exception as error:
            expected = f"no {type(error).__name__}"
            raise _Rejected("driver_failed", home, family, expected) from error
        return self._stranger(message, address, decoded.external_id)

    def _not_for_us(self, address: Address, message: IncomingMessage) -> _Rejected:
        home, limit = address.home_id, self._directory.limits.payload_bytes
        if home not in self._directory.homes:
            return _Rejected("unknown_home", home, unknown=True)
        if len(message.payload) > limit:
            return _Rejected("oversize", home, "payload", f"at most {limit} bytes")
        return _Rejected("unknown_family", home, "topic", "a family that has a driver")

    def _remember(self, topic: str, address: Address) -> None:
        """Keep the topic of a registered device taken apart."""
        if len(topic) <= LONGEST_NAME:
            if len(self._addresses) > ADDRESSES:
                self._addresses.clear()
            self._addresses[topic] = address

    def _of_limited(
        self, message: IncomingMessage, track: Track, decoded: Decoded, received_at: datetime
    ) -> Admitted:
        """Take no more than there is a basis for: nothing, or nothing that says where somebody is.

        A tracker that may tell no place still shows that it lives.
        """
        if track.unwatched:
            return self._refused(message, track.home_id, f"{track.device_id}", "no_basis")
        rest = tuple(one for one in decoded.readings if not _places(one))
        decoded = msgspec.structs.replace(decoded, readings=rest)
        return self._of_device(message, track, decoded, received_at)

    def _of_device(
        self, message: IncomingMessage, track: Track, decoded: Decoded, received_at: datetime
    ) -> Admitted:
        if message.retained or not decoded.readings:
            return _state(message, track, decoded, received_at)
        battery = link = None
        allowance = track.allowance
        for reading in decoded.readings:
            if reading.quantity in _NOTED:
                battery = _value(decoded.readings, _BATTERY)
                link = _value(decoded.readings, _LINK_QUALITY)
                if _value(decoded.readings, _SOS) is not None:
                    allowance = track.urgent
                break
        arrivals, trusted = arrivals_of(track, decoded.readings, received_at)
        late_s = 0.0
        if not track.archive:
            received_s = received_at.timestamp()
            if trusted:
                late_s = _waited(arrivals, received_at)
            if not allowance.take(received_s, received_s - late_s if trusted else None):
                return self._limited(message, track, received_at)
        number = decoded.number
        return Admitted(
            message=message,
            outcome=_STORED,
            arrivals=arrivals,
            seen=Seen(
                track=track,
                at=received_at,
                alive=True,
                online=decoded.online,
                battery_percent=battery,
                link_quality=link,
                clock_trusted=trusted,
                number=number,
                boot=decoded.boot,
                firmware=decoded.firmware,
                late_s=late_s,
            ),
            fleeting=number is not None or any(a.timing is _GATEWAY for a in arrivals),
        )

    def _stranger(self, message: IncomingMessage, address: Address, name: str) -> Admitted:
        if not name or not is_storable(name, LONGEST_NAME):
            expected = f"a device name of 1 to {LONGEST_NAME} characters"
            raise _Rejected("malformed", address.home_id, "topic", expected)
        if not self._discovered.take(address.home_id, address.family, name):
            refused = self._refused(message, address.home_id, address.family, "discovered_full")
            return Admitted(
                message=message,
                outcome=refused.outcome,
                reason=refused.reason,
                refusal=refused.refusal,
                unknown=True,
            )
        return Admitted(
            message=message,
            outcome=Outcome.DISCOVERED,
            stranger=(address, name),
            guarded=address.home_id in self._directory.guarded,
            unknown=True,
        )

    def _limited(self, message: IncomingMessage, track: Track, received_at: datetime) -> Admitted:
        """Count a message beyond the allowance; one a device and hour is kept to be looked at."""
        hour = int(received_at.timestamp() // 3600)
        sample = None
        if track.sampled_hour != hour and not track.unlocated:  # the sample would tell the place
            track.sampled_hour = hour
            expected = f"at most {self._directory.limits.rate_per_s:g} messages a second"
            rejected = _Rejected("rate_limited", track.home_id, "", expected)
            sample = self._quarantined(message, received_at, rejected).quarantine
        return Admitted(
            message=message,
            outcome=Outcome.REFUSED,
            reason="rate_limited",
            refusal=(track.home_id, f"{track.device_id}", "rate_limited"),
            quarantine=sample,
        )

    @staticmethod
    def _refused(message: IncomingMessage, home: str, source: str, reason: str) -> Admitted:
        return Admitted(
            message=message,
            outcome=Outcome.REFUSED,
            reason=reason,
            refusal=(home, source, reason),
        )

    def _quarantined(
        self, message: IncomingMessage, received_at: datetime, rejected: _Rejected
    ) -> Admitted:
        oversize = len(message.payload) > self._directory.limits.payload_bytes
        payload = message.payload[:SAMPLE_BYTES] if oversize else message.payload
        if rejected.home in self._directory.guarded:
            payload = b""
        known = rejected.home is not None and rejected.home in self._directory.homes
        home = rejected.home if known and rejected.home is not None else _OUTSIDE
        if not self._quarantine.take(home, received_at.date(), len(payload)):
            return self._refused(message, home, rejected.reason, "quarantine_full")
        return Admitted(
            message=message,
            outcome=Outcome.QUARANTINED,
            reason=rejected.reason,
            quarantine=Quarantined(
                received_at=received_at,
                gateway=self._gateway,
                topic=storable(message.topic),
                payload=payload,
                payload_bytes=len(message.payload),
                home_id=rejected.home,
                reason=rejected.reason,
                field=storable(rejected.field, LONGEST_NAME),
                expected=storable(rejected.expected, LONGEST_TEXT),
                retained=message.retained,
            ),
            unknown=rejected.unknown,
        )


def _taken_apart(topic: str) -> Address:
    try:
        return parse(topic)
    except Malformed as error:
        raise _Rejected("bad_topic", None, error.field, error.expected) from None


def _waited(arrivals: Sequence[Arrival], received_at: datetime) -> float:
    first = arrivals[0].observed_at
    if len(arrivals) > 1:
        first = min([one.observed_at for one in arrivals])
    return (received_at - first).total_seconds()


def _state(
    message: IncomingMessage, track: Track, decoded: Decoded, received_at: datetime
) -> Admitted:
    """Take what a message says about its device, and nothing as having happened."""
    retained = message.retained
    seen = Seen(
        track=track,
        at=received_at,
        alive=not retained and decoded.online is not False,
        online=decoded.online,
        battery_percent=_value(decoded.readings, _BATTERY),
        link_quality=_value(decoded.readings, _LINK_QUALITY),
        number=None if retained else decoded.number,
        boot=decoded.boot,
        firmware=decoded.firmware,
    )
    return Admitted(
        message=message,
        outcome=Outcome.STATE,
        reason="retained" if retained else "",
        seen=seen,
        refusal=(track.home_id, f"{track.device_id}", "retained") if retained else None,
    )


def _places(reading: Reading) -> bool:
    return reading.quantity is Quantity.POSITION or reading.quantity is Quantity.ZONE


def _value(readings: Sequence[Reading], quantity: Quantity) -> float | None:
    return next((one.value for one in readings if one.quantity is quantity), None)
