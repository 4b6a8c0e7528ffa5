"""Which homes and devices there are, and what is remembered of each device between two messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.clock_skew import Skew
from core.model.home import HomeMode
from gateway.allowance import Allowance
from gateway.numbering import Numbering

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from core.model.ids import DeviceId, HomeId
    from core.model.intake import KnownDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a device may send."""

    payload_bytes: int = 65_536
    rate_per_s: float = 20.0
    burst: float = 5000.0


class Track:
    """One registered device: its clock, its numbers and its allowance. As many as are registered."""

    __slots__ = (
        "allowance",
        "archive",
        "charge",
        "device_id",
        "heard",
        "home_id",
        "link",
        "numbers",
        "online",
        "sampled_hour",
        "skew",
        "trusted",
        "unlocated",
        "unwatched",
        "urgent",
    )

    def __init__(self, known: KnownDevice, limits: Limits, *, archive: bool) -> None:
        self.device_id: DeviceId = known.device_id
        self.home_id: HomeId = known.home_id
        #: Of a home whose devices' own times count.
        self.archive = archive
        self.skew = Skew(
            None if known.skew_s is None else -known.skew_s,
            known.last_seen,
            wavered=known.clock_trusted is False,
        )
        self.numbers = Numbering(known.boot, known.last_number)
        self.allowance = Allowance(limits.rate_per_s, limits.burst)
        #: A call for help never waits behind a device's other messages.
        self.urgent = Allowance(limits.rate_per_s, limits.burst)
        #: What the last message said of these; False and None before the first.
        self.heard = False
        self.online: bool | None = None
        self.trusted: bool | None = None
        #: Day (UTC) and lowest charge in percent that were last recorded.
        self.charge: tuple[date, float] | None = None
        #: The same of its link (0 to 255).
        self.link: tuple[date, float] | None = None
        #: Whose readings are refused: all of them, or those that say where somebody is.
        self.unwatched = known.unwatched
        self.unlocated = known.unlocated
        #: Hour for which one rate-limited message was kept.
        self.sampled_hour = -1


class Directory:
    """All homes and registered devices."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.homes: Mapping[HomeId, str] = {}
        self.tracks: dict[tuple[str, str, str], Track] = {}
        #: Names of the devices of each home.
        self._keys: dict[HomeId, list[tuple[str, str, str]]] = {}
        #: Homes of somebody who may not be watched or located, and those that ended: what can not be read may
        #: tell of them, or of whoever lives there now.
        self.guarded: frozenset[HomeId] = frozenset()

    def replace(
        self,
        homes: Mapping[HomeId, str],
        known: Iterable[KnownDevice],
        guarded: Iterable[HomeId] = (),
    ) -> tuple[Track, ...]:
        """Take over a new state of the registry; return the tracks that are new.

        A device that stays keeps what is remembered of it.

        Parameters
        ----------
        guarded
            Homes of which nothing that can not be read is kept.
        """
        self._keys.clear()
        old, self.tracks = self.tracks, {}
        return self._take(homes, old, known, guarded)

    def change(
        self,
        homes: Mapping[HomeId, str],
        changed: Collection[HomeId],
        known: Iterable[KnownDevice],
        guarded: Iterable[HomeId],
    ) -> tuple[Track, ...]:
        """Take over a new state of some homes; return the tracks that are new.

        Parameters
        ----------
        homes
            All of them.
        changed
            Those in which a home, a device or what somebody agreed to has changed, or that are gone.
        known
            The devices of these.
        guarded
            All homes of which nothing that can not be read is kept.
        """
        gone = [key for home_id in changed for key in self._keys.pop(home_id, ())]
        old = {key: self.tracks.pop(key) for key in gone}
        return self._take(homes, old, known, guarded)

    def _take(
        self,
        homes: Mapping[HomeId, str],
        old: Mapping[tuple[str, str, str], Track],
        known: Iterable[KnownDevice],
        guarded: Iterable[HomeId],
    ) -> tuple[Track, ...]:
        self.homes = homes
        fresh = []
        silenced = set(guarded)
        for device in known:
            key = (device.home_id, device.family, device.external_id)
            archive = homes.get(device.home_id) == HomeMode.ARCHIVE
            track = old.get(key)
            if track is None or track.device_id != device.device_id:
                track = Track(device, self.limits, archive=archive)
                fresh.append(track)
            track.archive = archive
            track.unwatched, track.unlocated = device.unwatched, device.unlocated
            if track.unwatched or track.unlocated:
                silenced.add(device.home_id)
            self.tracks[key] = track
            self._keys.setdefault(device.home_id, []).append(key)
        self.guarded = frozenset(silenced)
        return tuple(fresh)
