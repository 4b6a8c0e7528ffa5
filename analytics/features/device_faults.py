"""What is said of the faults of a device, and what to do about them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.features.devices import BATTERY_FINE_PERCENT
from analytics.features.outdoors import MOST_TRACKS
from analytics.features.wording import duration, plural

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView

MILD = frozenset({"battery", "stray", "unfollowed"})
"""Faults that are a notice, and that none but a word of their own kind ends."""
FINE = {
    "silent": "{} reports again",
    "battery": "The battery of {} is fine again",
    "stuck": "{} has ended its motion",
    "obstructed": "{} sees people again",
    "stray": "{} fires no more while nobody is home",
    "unfollowed": "Where {} is counts again",
}
ADVICE = {
    "silent": (
        "Check its battery and its distance to the hub.",
        "Until it returns, it sees nobody",
    ),
    "battery": ("Change its battery.", "It may soon stop"),
    "stuck": ("Check what it looks at, or restart it.", "Its motion does not count meanwhile"),
    "obstructed": ("Check whether something hides it or it was turned.", "It may see nobody"),
    "stray": (
        "Look for a heater, a curtain, the sun or an animal before it; turn it or move it.",
        "Its word counts little meanwhile for who is home",
    ),
    "unfollowed": (
        "Retire the trackers that nobody carries any more.",
        "Nobody is told if who carries it is out at night, lost or not heard",
    ),
}


RETIRED = "The device is not in use any more"
"""Why what it told is over."""


def fault_text(fault: str, device: DevicePlan, view: HomeView) -> str:
    """Say what is wrong with a device; of one that is obstructed its detector knows more."""
    state = view.coverage.devices.get(device.device_id)
    silent = duration(view.coverage.silence_s(device, view.now))
    if fault == "stray":
        strays = view.occupancy.strays
        times = plural(round(strays.count(device.device_id)), "time")
        hours = plural(round(strays.hours), "hour")
        return f"{device.name} has fired {times} in {hours} in which nobody was home"
    if fault == "unfollowed":
        return f"Where {device.name} is counts for nothing: more than {MOST_TRACKS} trackers are in use"
    if fault == "battery":
        level = None if state is None else state.battery
        told = level is not None and level < BATTERY_FINE_PERCENT  # it may say another thing beside
        return f"The battery of {device.name} is low{f' ({level:.0f}%)' if told else ''}"
    if fault == "stuck":
        since = view.now if state is None or state.on_since is None else state.on_since
        return f"{device.name} has reported motion without end for {duration(view.now - since)}"
    if device.device_id in view.coverage.offline:
        return f"{device.name} is gone, says its hub; its last report was {silent} ago"
    return f"{device.name} has not reported for {silent}"
