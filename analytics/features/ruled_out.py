"""What else might explain a silence, and what speaks against it, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.detector import fact
from analytics.features.witnesses import DOORSTEP_S
from analytics.features.wording import ROOMS, duration, plural, subject

if TYPE_CHECKING:
    from analytics.features.view import HomeView
    from core.model.finding import Evidence


def ruled_out(view: HomeView) -> tuple[str, ...]:
    """Say whether somebody may have gone out, and how many sensors are alive."""
    sensing = [device for device in view.plan.devices if device.interior]
    alive = sum(
        view.coverage.silence_s(device, view.now) <= view.coverage.silent_limit_s(device)
        for device in sensing
    )
    alive_text = "all " if alive == len(sensing) else f"{alive} of "
    return (_out(view), f"{alive_text}{plural(len(sensing), 'sensor')} alive", *animal(view))


def unseen(view: HomeView, since: float) -> tuple[Evidence, ...]:
    """Say how much of the time since a moment could not be seen: it is in no duration that is told."""
    lost = view.now - since - view.coverage.elapsed(since, view.now)
    if lost < 60.0:  # noqa: PLR2004
        return ()
    return (fact(f"Of the time since, {duration(lost)} could not be seen and do not count"),)


def animal(view: HomeView) -> tuple[str, ...]:
    """Say what an animal that lives here could have done; empty where none is known to."""
    if view.lone is None:
        return ()
    words = "An animal lives here: a few movements alone are not taken for a person"
    last = view.lone.last
    if last is None or last.at <= (view.activity.last_at or 0.0):
        return (words,)
    device = view.plan.by_id.get(last.device_id)
    where = "" if device is None else f", {ROOMS[device.room]}"
    return (f"{words} (the last at {view.clock(last.at)}{where})",)


def _out(view: HomeView) -> str:
    if not any(device.exterior_door for device in view.plan.devices):
        return "Whether somebody went out is not known: no sensor on the door"
    door = view.occupancy.door_at
    if door is None:
        return "No door to the outside has moved since the watch began"
    if (view.activity.interior_at or 0.0) <= door + DOORSTEP_S:
        return f"Going out is possible: the door moved at {view.clock(door)}, when movement ended"
    return f"{subject(view.plan.pronoun)} not out (door last moved at {view.clock(door)})"
