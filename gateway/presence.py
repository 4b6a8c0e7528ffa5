"""Presence in memory: what is written at once, and what may wait a few seconds.

A device that reports ten times a second must not cost ten row updates a second. What changes how a
device is judged (it comes or goes, its clock becomes wrong, it starts anew) is in the next commit; "it was
heard just now" waits up to `WRITE_EVERY_S`. What waits is in the slip of each commit meanwhile, so that a
killed gateway knows it again (docs/decisions/0033).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from core.model.intake import LATE_S, NumberedStretch, PresenceChange
from gateway.receipts import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.ids import DeviceId
    from gateway.admission import Seen
    from gateway.directory import Track
    from gateway.receipts import Deferred

WRITE_EVERY_S = 5.0


class _Open:
    """What is known of one device and not yet written."""

    __slots__ = (
        "battery",
        "firmware",
        "last_seen",
        "late",
        "late_s",
        "link",
        "number",
        "online",
        "since",
        "track",
        "trusted",
    )

    def __init__(self, track: Track, since: datetime, number: int) -> None:
        self.track = track
        self.since = since
        self.number = number
        self.last_seen: datetime | None = None
        self.online: bool | None = None
        self.trusted: bool | None = None
        self.battery: float | None = None
        self.link: float | None = None
        self.firmware: str | None = None
        self.late = 0
        self.late_s = 0.0

    def mark(self, seen: Seen) -> None:
        """Take note of a version, and of what came late."""
        self.firmware = seen.firmware or self.firmware
        if seen.late_s > LATE_S:
            self.late += 1
            self.late_s = max(self.late_s, seen.late_s)

    def changes(self) -> list[PresenceChange]:
        track = self.track
        envelope_s = track.skew.envelope_s
        stretches: tuple[NumberedStretch | None, ...] = track.numbers.take() or (None,)
        charge, link = self._lowest_charge(), self._lowest_link()
        late = (self.late, self.late_s) if self.late else None
        return [
            PresenceChange(
                device_id=track.device_id,
                home_id=track.home_id,
                last_seen=self.last_seen,
                online=self.online,
                battery_percent=self.battery,
                link_quality=self.link,
                skew_s=None if envelope_s is None else -envelope_s,
                clock_trusted=self.trusted,
                numbers=stretch,
                charge=charge if number == 0 else None,
                link=link if number == 0 else None,
                firmware=self.firmware,
                late=late if number == 0 else None,
            )
            for number, stretch in enumerate(stretches)
        ]

    def _lowest_charge(self) -> tuple[date, float] | None:
        """Return the charge where it is the day's first or a lower one: a row a day, not a message."""
        found = _lower(self.battery, self.last_seen, self.track.charge)
        self.track.charge = found or self.track.charge
        return found

    def _lowest_link(self) -> tuple[date, float] | None:
        found = _lower(self.link, self.last_seen, self.track.link)
        self.track.link = found or self.track.link
        return found

    def deferred(self) -> Deferred:
        seen_s = 0.0 if self.last_seen is None else self.last_seen.timestamp()
        return (self.track.device_id, seen_s, *self.track.numbers.open())


def _young(entry: _Open, now: datetime) -> bool:
    """Tell whether an entry may wait; where the clock was set back nobody knows for how long it has."""
    return 0.0 <= (now - entry.since).total_seconds() < WRITE_EVERY_S


def _lower(
    value: float | None, at: datetime | None, before: tuple[date, float] | None
) -> tuple[date, float] | None:
    if value is None or at is None:
        return None
    day = at.astimezone(UTC).date()
    if before is not None and before[0] == day and before[1] <= value:
        return None
    return day, value


class PresenceBook:
    """Presence of all devices, as far as it is not yet in the table."""

    def __init__(self) -> None:
        #: In the order in which they became worth writing.
        self._open: dict[DeviceId, _Open] = {}
        self._urgent: set[DeviceId] = set()
        self._touched: set[DeviceId] = set()

    def note(self, seen: Seen, commit: int) -> None:
        """Take note of a message; ``commit`` is the number of the commit it will be in."""
        track, device = seen.track, seen.track.device_id
        entry = self._open.get(device)
        if entry is None:
            entry = self._open[device] = _Open(track, seen.at, commit)
        if seen.alive:
            entry.last_seen = seen.at
        if seen.number is not None:
            track.numbers.note(seen.boot, seen.number)
        if seen.battery_percent is not None:
            entry.battery = seen.battery_percent
        if seen.link_quality is not None:
            entry.link = seen.link_quality
        if seen.firmware or seen.late_s > LATE_S:
            entry.mark(seen)
        if seen.online is not None or seen.clock_trusted != track.trusted or not track.heard:
            self._judge(entry, seen)
        self._touched.add(device)

    def _judge(self, entry: _Open, seen: Seen) -> None:
        """Notice what must not wait: the first word, coming and going, a clock that goes wrong."""
        track = seen.track
        before = (track.heard, track.online, track.trusted)
        track.heard = True
        if seen.online is not None:
            entry.online = track.online = seen.online
        if seen.clock_trusted is not None:
            entry.trusted = track.trusted = seen.clock_trusted
        if before != (track.heard, track.online, track.trusted):
            self._urgent.add(track.device_id)

    def resume(self, track: Track, deferred: Deferred) -> None:
        """Take up what the last process knew and had not written."""
        _, seen_s, boot, lowest, highest, received = deferred
        seen = datetime.fromtimestamp(seen_s, UTC)
        entry = self._open[track.device_id] = _Open(track, seen, 0)
        if seen_s:  # else it was spoken of, by what is retained, and did not speak itself
            entry.last_seen = seen
        if received:
            stretch = NumberedStretch(boot=boot, lowest=lowest, highest=highest, received=received)
            track.numbers.resume(stretch)

    def is_due(self, now: datetime) -> bool:
        """Tell whether something has waited long enough."""
        first = next(iter(self._open.values()), None)
        return first is not None and not _young(first, now)

    def due(self, now: datetime, commit: int) -> list[PresenceChange]:
        """Return what is to be written with commit number ``commit``, and hold it no longer."""
        devices = dict.fromkeys(self._urgent)
        self._urgent.clear()
        for device, entry in self._open.items():
            if _young(entry, now) and commit - entry.number < SLOTS // 2:
                break
            devices[device] = None
        found: list[PresenceChange] = []
        for device in devices:
            entry_or_none = self._open.pop(device, None)
            if entry_or_none is not None:
                found += entry_or_none.changes()
        return found

    def deferred(self) -> Iterable[Deferred]:
        """Return what was touched since the last time and still waits."""
        found = [self._open[device].deferred() for device in self._touched if device in self._open]
        self._touched.clear()
        return found
