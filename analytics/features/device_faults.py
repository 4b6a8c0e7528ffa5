"""What is said of the faults of a device, and what to do about them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.features.devices import BATTERY_FINE_PERCENT
from analytics.features.outdoors import MOST_TRACKS
from analytics.features.wording import duration, times
from core.model.said import percent, say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView

MILD = frozenset({"battery", "stray", "unfollowed"})
"""Faults that are a notice, and that none but a word of their own kind ends."""
FINE = {
    "silent": marked("%(device)s reports again"),
    "battery": marked("The battery of %(device)s is fine again"),
    "stuck": marked("%(device)s has ended its motion"),
    "obstructed": marked("%(device)s sees people again"),
    "stray": marked("%(device)s fires no more while nobody is home"),
    "unfollowed": marked("Where %(device)s is counts again"),
}
ADVICE = {
    "silent": (
        say("Check its battery and its distance to the hub."),
        say("Until it returns, it sees nobody"),
    ),
    "battery": (say("Change its battery."), say("It may soon stop")),
    "stuck": (
        say("Check what it looks at, or restart it."),
        say("Its motion does not count meanwhile"),
    ),
    "obstructed": (
        say("Check whether something hides it or it was turned."),
        say("It may see nobody"),
    ),
    "stray": (
        say("Look for a heater, a curtain, the sun or an animal before it; turn it or move it."),
        say("Its word counts little meanwhile for who is home"),
    ),
    "unfollowed": (
        say("Retire the trackers that nobody carries any more."),
        say("Nobody is told if who carries it is out at night, lost or not heard"),
    ),
}


RETIRED = say("The device is not in use any more")
"""Why what it told is over."""


def fault_text(fault: str, device: DevicePlan, view: HomeView) -> str:
    """Say what is wrong with a device; of one that is obstructed its detector knows more."""
    state, name = view.coverage.devices.get(device.device_id), device.name
    silent = duration(view.coverage.silence_s(device, view.now))
    if fault == "stray":
        return _stray(device, view)
    if fault == "unfollowed":
        text = marked(
            "Where %(device)s is counts for nothing: more than %(most)s trackers are in use"
        )
        return say(text, device=name, most=MOST_TRACKS)
    if fault == "battery":
        return _low(name, None if state is None else state.battery)
    if fault == "stuck":
        since = view.now if state is None or state.on_since is None else state.on_since
        span = duration(view.now - since)
        return say(
            "%(device)s has reported motion without end for %(span)s", device=name, span=span
        )
    text = marked("%(device)s has not reported for %(span)s")
    if device.device_id in view.coverage.offline:
        text = marked("%(device)s is gone, says its hub; its last report was %(span)s ago")
    return say(text, device=name, span=silent)


def _stray(device: DevicePlan, view: HomeView) -> str:
    strays = view.occupancy.strays
    return say(
        "%(device)s has fired %(times)s in %(hours)s in which nobody was home",
        device=device.name,
        times=times(round(strays.count(device.device_id))),
        hours=say_each("%(n)s hour", "%(n)s hours", round(strays.hours)),
    )


def _low(name: str, level: float | None) -> str:
    if level is None or level >= BATTERY_FINE_PERCENT:  # it may say another thing beside
        return say("The battery of %(device)s is low", device=name)
    return say("The battery of %(device)s is low (%(share)s)", device=name, share=percent(level))
