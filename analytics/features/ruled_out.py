"""What else might explain a silence, and what speaks against it, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.detector import fact
from analytics.features.witnesses import DOORSTEP_S
from analytics.features.wording import ROOMS, by_pronoun, duration
from core.model.said import say, say_each
from core.model.words import marked

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
    if alive == len(sensing):
        sensors = say_each("all %(n)s sensor alive", "all %(n)s sensors alive", alive)
    else:
        sensors = say_each(
            "%(alive)s of %(n)s sensor alive",
            "%(alive)s of %(n)s sensors alive",
            len(sensing),
            alive=alive,
        )
    return (_out(view), sensors, *animal(view))


def unseen(view: HomeView, since: float) -> tuple[Evidence, ...]:
    """Say how much of the time since a moment could not be seen: it is in no duration that is told."""
    lost = view.now - since - view.coverage.elapsed(since, view.now)
    if lost < 60.0:  # noqa: PLR2004
        return ()
    text = say(
        "Of the time since, %(span)s could not be seen and do not count", span=duration(lost)
    )
    return (fact(text),)


def animal(view: HomeView) -> tuple[str, ...]:
    """Say what an animal that lives here could have done; empty where none is known to."""
    if view.lone is None:
        return ()
    words = say("An animal lives here: a few movements alone are not taken for a person")
    last = view.lone.last
    if last is None or last.at <= (view.activity.last_at or 0.0):
        return (words,)
    device = view.plan.by_id.get(last.device_id)
    when = view.clock(last.at)
    if device is None:
        return (say("%(text)s (the last at %(time)s)", text=words, time=when),)
    room = ROOMS[device.room]
    return (say("%(text)s (the last at %(time)s, %(room)s)", text=words, time=when, room=room),)


def _out(view: HomeView) -> str:
    if not any(device.exterior_door for device in view.plan.devices):
        return say("Whether somebody went out is not known: no sensor on the door")
    door = view.occupancy.door_at
    if door is None:
        return say("No door to the outside has moved since the watch began")
    if (view.activity.interior_at or 0.0) <= door + DOORSTEP_S:
        return say(
            "Going out is possible: the door moved at %(time)s, when movement ended",
            time=view.clock(door),
        )
    return by_pronoun(
        view.plan.pronoun,
        marked("She is not out (door last moved at %(time)s)"),
        marked("He is not out (door last moved at %(time)s)"),
        marked("They are not out (door last moved at %(time)s)"),
        time=view.clock(door),
    )
