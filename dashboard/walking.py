"""What a walk test says: each sensor in words, and what to do about each piece that is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.commissioning import Basis, NeedStage, Stage
from core.model.home import Placement
from dashboard import wording
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
    Stage.REFERRED: "Referred",
    Stage.CONSENTED: "Consent given",
    Stage.INSTALLED: "Installed",
    Stage.COMMISSIONING: "In test",
    Stage.LIVE: "Live",
    Stage.PAUSED: "Paused",
    Stage.ENDED: "Ended",
}
MEANS: Mapping[Stage, str] = {
    Stage.REFERRED: "Nothing may be registered until consent is written down.",
    Stage.CONSENTED: "Register the devices, then say that they are installed.",
    Stage.INSTALLED: "Walk through the rooms next.",
    Stage.COMMISSIONING: "Nobody is told about alerts while the test runs.",
    Stage.LIVE: "Carers are told about alerts.",
    Stage.PAUSED: "Nobody is told about alerts. Sensors are still read.",
    Stage.ENDED: "Nobody is watched here. No device counts any more.",
}
DOES: Mapping[Stage, str] = {
    Stage.REFERRED: "Begin again",
    Stage.CONSENTED: "Write down the consent",
    Stage.INSTALLED: "The devices are installed",
    Stage.COMMISSIONING: "Start the walk test",
    Stage.LIVE: "Go live",
    Stage.PAUSED: "Pause this home",
    Stage.ENDED: "End for good",
}
BASES: Mapping[Basis, str] = {
    Basis.PERSON: "The resident agreed",
    Basis.ATTORNEY: "Somebody with power of attorney agreed",
    Basis.BEST_INTERESTS: "A best-interests decision was made",
}
NEEDS: Mapping[NeedStage, str] = {
    NeedStage.NEED: "Needed",
    NeedStage.RECOMMENDED: "Recommended",
    NeedStage.INSTALLED: "Installed",
    NeedStage.USED: "In use",
    NeedStage.DROPPED: "Not needed any more",
}
_TRY: Mapping[str, str] = {
    Placement.ROOM: "walk past it",
    Placement.ENTRANCE: "open that door",
    Placement.BED: "lie or press down on the bed",
    Placement.CHAIR: "sit down on the chair",
    Placement.WORN: "press its button, or carry it a few steps",
    Placement.OBJECT: "open or switch on what it is on",
    Placement.HUB: "check that it has power and a connection",
}
_HOME_PIECES: Mapping[str, str] = {
    "exit": "No room leads out: mark the one with the front door.",
    "entrance": "No sensor on a door that leads out: nobody who leaves is noticed.",
    "resident": "Nobody lives here yet: the office adds the resident.",
    "carer": "No carer is named for this home: only the office would be told.",
    "alert": (
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
    if one.seen_at is not None:
        text = f"Seen at {wording.clock(one.seen_at, zone)}"
        text += "" if one.latency_s is None else f", arrived after {max(0.0, one.latency_s):.1f} s"
    else:
        doing = _TRY.get(one.placement, "use it")
        text = f"Not seen yet: {doing}"
        if one.last_seen is not None:
            text += f". Last heard {wording.age(one.last_seen, now)}"
    low = one.battery_percent is not None and one.battery_percent < LOW_PERCENT
    weak = one.link_quality is not None and one.link_quality < WEAK_SIGNAL
    return WalkLine(
        device_id=one.device_id,
        name=one.name,
        room=one.room,
        lit=one.seen_at is not None,
        text=f"{text}.",
        health=_health(one, low=low, weak=weak),
        poor=low or weak,
    )


def _health(one: Walked, *, low: bool, weak: bool) -> str:
    parts = []
    if one.battery_percent is not None:
        parts.append(
            f"Battery {percent(one.battery_percent)}" + (": put in a new one" if low else "")
        )
    if one.link_quality is not None:
        where = ": move it, or put a repeater between" if weak else ""
        parts.append(f"Signal {one.link_quality:.0f} of 255{where}")
    return ". ".join(parts) + "." if parts else ""


def _text(piece: str, household: Household, walked: Sequence[Walked]) -> str:
    kind, _, number = piece.partition(":")
    if kind == "device":
        names = {str(one.device_id): one for one in walked}
        if (device := names.get(number)) is not None:
            name, doing = device.name, _TRY.get(device.placement, "use it")
            return f"{name} has not been seen yet: {doing}."
        return "A device that is out of use meanwhile."
    if kind == "room":
        rooms = {str(one.room_id): one.name for one in household.rooms}
        return f"No sensor in {rooms.get(number, 'a room')}."
    return _HOME_PIECES[kind]
