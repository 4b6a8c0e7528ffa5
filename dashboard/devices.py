"""What is wrong with a device and what to do, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.home import Placement
from dashboard import wording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.store.system import DeviceState

LOW_PERCENT = 15.0
"""Below it a battery is low; as in the detection of device faults."""
MISSED_PERIODS = 3.0
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """One device in a list."""

    device: DeviceState
    #: When it was last heard.
    heard: str
    #: Charge left; empty when it never said.
    battery: str
    #: What is wrong; empty when nothing is.
    fault: str
    #: The one thing to do; empty when there is nothing.
    advice: str


def device_lines(
    devices: Iterable[DeviceState], now: datetime, *, exact: bool
) -> tuple[DeviceLine, ...]:
    """Put devices into words, those that need somebody first.

    Parameters
    ----------
    exact
        False says when a device was heard by the hour only: by the minute it would tell when a person
        moved, and not everybody may know that.
    """
    lines = [_line(device, now, exact=exact) for device in devices]
    return tuple(sorted(lines, key=_risk))


def _risk(line: DeviceLine) -> tuple[bool, bool, str]:
    """Order by what a fault means for the person: without its hub a home is blind."""
    return (not line.fault, line.device.placement is not Placement.HUB, line.device.name)


def _line(device: DeviceState, now: datetime, *, exact: bool) -> DeviceLine:
    fault, advice = _fault(device, now)
    charge = device.battery_percent
    return DeviceLine(
        device=device,
        heard=heard(device.last_seen, now, exact=exact),
        battery="" if charge is None else f"{charge:.0f} %",
        fault=fault,
        advice=advice,
    )


def heard(moment: datetime | None, now: datetime, *, exact: bool) -> str:
    """Say when a device was heard; by the hour where not ``exact``."""
    if moment is None:
        return "never"
    if exact:
        return wording.age(moment, now)
    seconds = (now - moment).total_seconds()
    if seconds < HOUR_S:
        return "in the last hour"
    return f"{wording.span(seconds // HOUR_S * HOUR_S)} ago"


def _fault(device: DeviceState, now: datetime) -> tuple[str, str]:
    if device.last_seen is None:
        return "Never heard", "Check that it is switched on, paired and publishes to our topics."
    silent_s = (now - device.last_seen).total_seconds()
    hub = device.placement is Placement.HUB
    if device.online is False:
        return "Gone, says its hub", revive(hub=hub)
    if device.heartbeat and silent_s > MISSED_PERIODS * device.reporting_interval_s:
        return f"Silent for {wording.span(silent_s)}", revive(hub=hub)
    if device.battery_percent is not None and device.battery_percent < LOW_PERCENT:
        return f"Battery low: {device.battery_percent:.0f} %", "Change its battery."
    if not device.clock_trusted:
        return "Its clock is wrong", "Set its clock, or let it ask a time server."
    return "", ""


def revive(*, hub: bool) -> str:
    """Say what to do about a device that is silent."""
    if hub:
        return "Check power and internet of the hub. Until then we see nothing of this home."
    return "Check its battery and its distance to the hub."
