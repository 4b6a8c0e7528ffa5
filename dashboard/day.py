"""From what was sensed to stays in rooms, door openings and gaps. Pure.

A stay is a span in which one room's sensors kept seeing somebody. It says what was sensed, not who:
two people make stays that overlap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.home import Placement
from core.model.quantity import Quantity
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.model.home import Device
    from core.model.ids import DeviceId
    from core.store.timeline import Sensed

AFTERGLOW = timedelta(minutes=2)
"""How long a motion counts that never says its end."""
LONGEST_MOTION = timedelta(minutes=30)
"""A motion sensor whose end got lost does not keep a person in the room for longer."""
JOIN_MINUTES = (5, 10, 20, 40)
"""Stays of one room with a shorter pause between them are one; the next value when there are too many."""
MOST_STAYS = 150
_STEADY = frozenset({Quantity.BED, Quantity.CHAIR, Quantity.PRESENCE})
SILENT_PERIODS = 3
SILENT_AT_LEAST = timedelta(minutes=15)
SILENT_WITHOUT_HEARTBEAT = timedelta(hours=3)
"""Where no device reports by itself, so long a silence may be sleep, absence or blindness: we say so."""
SILENT_BEHIND_HUB = timedelta(hours=24)
"""Where detection watches the hub, it says itself when it is blind; so long a silence is odd all the same."""

NOT_SEEN = marked("We could not see")
"""Marked only: it is told apart by what it says, and translated where it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Somebody was in a room."""

    place: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at one moment: a door opened, a button was pressed."""

    at: datetime
    text: str
    is_door: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span of which we can not say what happened."""

    start: datetime
    end: datetime
    text: str
    #: True when we know that we could not see; False when it may also be sleep or absence.
    is_blind: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a home."""

    start: datetime
    end: datetime
    #: All rooms that a device watches, whether anybody was there or not.
    places: tuple[str, ...]
    stays: tuple[Stay, ...]
    marks: tuple[Mark, ...]
    gaps: tuple[Gap, ...]


def place_of(device: Device) -> str:
    """Name where a device sits.

    A bed or a chair is a place of its own within its room.
    """
    room = device.room.name if device.room else device.name
    return {
        Placement.BED: _("%(room)s, in bed") % {"room": room},
        Placement.CHAIR: _("%(room)s, in the chair") % {"room": room},
    }.get(device.placement, room)


def stays(
    sensed: Iterable[Sensed],
    devices: Mapping[DeviceId, Device],
    start: datetime,
    end: datetime,
    gone: Mapping[DeviceId, datetime] | None = None,
) -> tuple[Stay, ...]:
    """Return the stays of a span in order of time; short pauses are closed until few enough are left.

    Parameters
    ----------
    gone
        When devices were taken away or moved: what they saw last does not go on after that.
    """
    spans = _spans(sensed, devices, {one: (gone or {}).get(one, end) for one in devices})
    joined: list[Stay] = []
    for minutes in JOIN_MINUTES:
        joined = [
            Stay(place=place, start=max(first, start), end=min(last, end))
            for place, own in spans.items()
            for first, last in _join(own, timedelta(minutes=minutes))
            if last > start
        ]
        if len(joined) <= MOST_STAYS:
            break
    return tuple(sorted(joined, key=lambda stay: (stay.start, stay.place)))


def marks(
    sensed: Iterable[Sensed], devices: Mapping[DeviceId, Device], start: datetime
) -> tuple[Mark, ...]:
    """Return doors that opened and buttons that were pressed, in order of time."""
    found = []
    for one in sensed:
        device = devices[one.device_id]
        if one.at < start or one.value <= 0:
            continue
        if one.quantity is Quantity.CONTACT and device.placement is Placement.ENTRANCE:
            found.append(
                Mark(at=one.at, text=_("%(device)s opened") % {"device": device.name}, is_door=True)
            )
        elif one.quantity is Quantity.SOS:
            found.append(
                Mark(at=one.at, text=_("Call for help: %(device)s") % {"device": device.name})
            )
    return tuple(found)


def silence_limit(devices: Sequence[Device], *, watched: bool) -> tuple[timedelta, str]:
    """Return how long a home may be silent before we can not claim to see it, and what to call it.

    A hub's sign of life is no observation, so only the other devices' heartbeats are missed here.

    Parameters
    ----------
    watched
        True where detection runs, which finds out by itself when hub or pipeline is gone.
    """
    beating = [device for device in devices if device.heartbeat]
    periods = [
        device.reporting_interval_s for device in beating if device.placement is not Placement.HUB
    ]
    if periods:
        limit = timedelta(seconds=SILENT_PERIODS * min(periods))
        return max(limit, SILENT_AT_LEAST), NOT_SEEN
    limit = SILENT_BEHIND_HUB if watched and beating else SILENT_WITHOUT_HEARTBEAT
    return limit, marked("Nothing reached us: asleep, out, or we could not see")


def gaps(
    silent: Sequence[tuple[datetime, datetime]],
    blind: Sequence[tuple[datetime, datetime]],
    text: str,
) -> tuple[Gap, ...]:
    """Return the spans of which we can not speak; where both kinds meet, blindness is what is said."""
    seen = [Gap(start=start, end=end, text=NOT_SEEN) for start, end in _join(blind, timedelta(0))]
    seen += [
        Gap(start=start, end=end, text=text, is_blind=text == NOT_SEEN)
        for start, end in silent
        if not any(gap.start <= start and end <= gap.end for gap in seen)
    ]
    return tuple(sorted(seen, key=lambda gap: gap.start))


def _spans(
    sensed: Iterable[Sensed],
    devices: Mapping[DeviceId, Device],
    ends: Mapping[DeviceId, datetime],
) -> dict[str, list[tuple[datetime, datetime]]]:
    found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    since: dict[tuple[DeviceId, Quantity], datetime] = {}
    for one in sensed:
        device = devices[one.device_id]
        if device.placement in {Placement.ENTRANCE, Placement.WORN, Placement.HUB}:
            continue
        place, key = place_of(device), (one.device_id, one.quantity)
        if one.quantity is Quantity.CONTACT or one.quantity is Quantity.BUTTON:
            found[place].append((one.at, one.at + AFTERGLOW))
        elif one.value > 0:
            found[place].append((one.at, one.at + AFTERGLOW))
            since.setdefault(key, one.at)
        elif (begun := since.pop(key, None)) is not None:
            found[place].append((begun, _ended(one, begun)))
    for (device_id, quantity), begun in since.items():
        if quantity in _STEADY:
            found[place_of(devices[device_id])].append((begun, ends[device_id]))
    return found


def _ended(one: Sensed, begun: datetime) -> datetime:
    return one.at if one.quantity in _STEADY else min(one.at, begun + LONGEST_MOTION)


def _join(
    spans: Iterable[tuple[datetime, datetime]], pause: timedelta
) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= pause:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
