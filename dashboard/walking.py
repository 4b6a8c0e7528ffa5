"""What a walk test says: each sensor in words, and what to do about each piece that is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.commissioning import Basis, NeedStage, Stage
from core.model.home import Placement
from dashboard import wording
from dashboard.language import _, marked
from dashboard.typesetting import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.commissioning import Walked
    from core.model.home import Household
    from core.store.commissioning import Waiver

LOW_PERCENT = 20
WEAK_SIGNAL = 40
"""Of 255, as Zigbee counts it; below it messages get lost."""
STAGES: Mapping[Stage, str] = {
    Stage.REFERRED: marked("Referred"),
    Stage.CONSENTED: marked("Consent given"),
    Stage.INSTALLED: marked("Installed"),
    Stage.COMMISSIONING: marked("In test"),
    Stage.LIVE: marked("Live"),
    Stage.PAUSED: marked("Paused"),
    Stage.ENDED: marked("Ended"),
}
MEANS: Mapping[Stage, str] = {
    Stage.REFERRED: marked("Nothing may be registered until consent is written down."),
    Stage.CONSENTED: marked("Register the devices, then say that they are installed."),
    Stage.INSTALLED: marked("Walk through the rooms next."),
    Stage.COMMISSIONING: marked("Nobody is told about alerts while the test runs."),
    Stage.LIVE: marked("Carers are told about alerts."),
    Stage.PAUSED: marked("Nobody is told about alerts. Sensors are still read."),
    Stage.ENDED: marked("Nobody is watched here. No device counts any more."),
}
DOES: Mapping[Stage, str] = {
    Stage.REFERRED: marked("Begin again"),
    Stage.CONSENTED: marked("Write down the consent"),
    Stage.INSTALLED: marked("The devices are installed"),
    Stage.COMMISSIONING: marked("Start the walk test"),
    Stage.LIVE: marked("Go live"),
    Stage.PAUSED: marked("Pause this home"),
    Stage.ENDED: marked("End for good"),
}
BASES: Mapping[Basis, str] = {
    Basis.PERSON: marked("The resident agreed"),
    Basis.ATTORNEY: marked("Somebody with power of attorney agreed"),
    Basis.BEST_INTERESTS: marked("A best-interests decision was made"),
}
NEEDS: Mapping[NeedStage, str] = {
    NeedStage.NEED: marked("Needed"),
    NeedStage.RECOMMENDED: marked("Recommended"),
    NeedStage.INSTALLED: marked("Installed"),
    NeedStage.USED: marked("In use"),
    NeedStage.DROPPED: marked("Not needed any more"),
}
_TRY: Mapping[str, str] = {
    Placement.ROOM: marked("walk past it"),
    Placement.ENTRANCE: marked("open that door"),
    Placement.BED: marked("lie or press down on the bed"),
    Placement.CHAIR: marked("sit down on the chair"),
    Placement.WORN: marked("press its button, or carry it a few steps"),
    Placement.OBJECT: marked("open or switch on what it is on"),
    Placement.HUB: marked("check that it has power and a connection"),
}
USE_IT = marked("use it")
BATTERY, BATTERY_LOW = (
    marked("Battery %(percent)s."),
    marked("Battery %(percent)s: put in a new one."),
)
SIGNAL = marked("Signal %(signal)s of 255.")
SIGNAL_WEAK = marked("Signal %(signal)s of 255: move it, or put a repeater between.")
_HOME_PIECES: Mapping[str, str] = {
    "exit": marked("No room leads out: mark the one with the front door."),
    "entrance": marked("No sensor on a door that leads out: nobody who leaves is noticed."),
    "resident": marked("Nobody lives here yet: the office adds the resident."),
    "carer": marked("No carer is named for this home: only the office would be told."),
    "alert": marked(
        "Something about the person was noticed in the test and is not over. Make sure that they are all"
        " right."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A piece that a walk test lacks."""

    piece: str
    #: What is missing and what to do about it.
    text: str
    #: Why it may be missing, and who said so; empty where nobody has.
    reason: str
    by: str

    @property
    def of_device(self) -> bool:
        """True where it is a device that was not seen: the floor list says so at its place."""
        return self.piece.startswith("device:")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkLine:
    """A device on the floor list."""

    device_id: int
    name: str
    room: str
    lit: bool
    #: Seen when, and how quickly it arrived; or what to do.
    text: str
    #: Battery and signal.
    health: str
    #: True where battery or signal needs somebody.
    poor: bool


def lacking(
    missing: Sequence[str],
    household: Household,
    walked: Sequence[Walked],
    waivers: Sequence[Waiver],
) -> tuple[Lacking, ...]:
    """Say what is missing: first what nobody has given a reason for, and there the home before its parts."""
    reasons = {one.piece: one for one in waivers}
    found = []
    for piece in missing:
        waiver = reasons.get(piece)
        found.append(
            Lacking(
                piece=piece,
                text=_text(piece, household, walked),
                reason=waiver.reason if waiver else "",
                by=waiver.carer if waiver else "",
            )
        )
    return tuple(sorted(found, key=lambda one: bool(one.reason)))


def walk_lines(walked: Sequence[Walked], now: datetime, zone: ZoneInfo) -> tuple[WalkLine, ...]:
    """Return the floor list, room by room: nothing moves while somebody walks."""
    return tuple(_line(one, now, zone) for one in walked)


def _line(one: Walked, now: datetime, zone: ZoneInfo) -> WalkLine:
    low = one.battery_percent is not None and one.battery_percent < LOW_PERCENT
    weak = one.link_quality is not None and one.link_quality < WEAK_SIGNAL
    return WalkLine(
        device_id=one.device_id,
        name=one.name,
        room=one.room,
        lit=one.seen_at is not None,
        text=_state(one, now, zone),
        health=_health(one, low=low, weak=weak),
        poor=low or weak,
    )


def _state(one: Walked, now: datetime, zone: ZoneInfo) -> str:
    if one.seen_at is None:
        said = _("Not seen yet: %(doing)s.") % {"doing": _doing(one)}
        if one.last_seen is None:
            return said
        return f"{said} {_('Last heard %(age)s.') % {'age': wording.age(one.last_seen, now)}}"
    time = wording.clock(one.seen_at, zone)
    if one.latency_s is None:
        return _("Seen at %(time)s.") % {"time": time}
    values = {"time": time, "seconds": f"{max(0.0, one.latency_s):.1f} s"}
    return _("Seen at %(time)s, arrived after %(seconds)s.") % values


def _doing(one: Walked) -> str:
    return _(_TRY.get(one.placement, USE_IT))


def _health(one: Walked, *, low: bool, weak: bool) -> str:
    parts = []
    if one.battery_percent is not None:
        text = BATTERY_LOW if low else BATTERY
        parts.append(_(text) % {"percent": percent(one.battery_percent)})
    if one.link_quality is not None:
        text = SIGNAL_WEAK if weak else SIGNAL
        parts.append(_(text) % {"signal": f"{one.link_quality:.0f}"})
    return " ".join(parts)


def _text(piece: str, household: Household, walked: Sequence[Walked]) -> str:
    kind, _colon, number = piece.partition(":")
    if kind == "device":
        names = {str(one.device_id): one for one in walked}
        if (device := names.get(number)) is not None:
            values = {"name": device.name, "doing": _doing(device)}
            return _("%(name)s has not been seen yet: %(doing)s.") % values
        return _("A device that is out of use meanwhile.")
    if kind == "room":
        rooms = {str(one.room_id): one.name for one in household.rooms}
        return _("No sensor in %(room)s.") % {"room": rooms.get(number, _("a room"))}
    return _(_HOME_PIECES[kind])
