"""Somebody pressed for help, or a device says that somebody fell: urgent at once, ended only by a human."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.devices import has_room
from analytics.features.wording import ROOMS, late
from core.model.finding import Finding, Severity
from core.model.quantity import Quantity
from core.model.said import say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

SAME_PRESS_S = 60.0
LATE_S = 600.0
_MOST_DEVICES = 32


class Sos:
    """Every call for help; presses within a minute are one."""

    def __init__(self) -> None:
        self.due = NEVER
        self._pressed: dict[int, float] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Tell of a call."""
        device = view.device
        if device is None or observation.value <= 0:
            return ()
        last = self._pressed.get(device.device_id)
        if last is not None and abs(view.at - last) < SAME_PRESS_S:
            return ()
        known = device.device_id in self._pressed
        if known or has_room(self._pressed, _MOST_DEVICES, view.plan.by_id):
            self._pressed[device.device_id] = view.at
        # no "call for help": half asleep, somebody reads it as what they shall do
        call = marked("Somebody called for help at %(time)s (%(device)s)")
        if observation.quantity is Quantity.FALL:
            call = marked(
                "The device called for help by itself at %(time)s, nobody pressed it (%(device)s)"
            )
        what = say(call, time=view.clock(view.at), device=device.name)
        if view.now - view.at > LATE_S:
            what = late(what, view.clock(view.now))
        episode = Episode(onset=view.at, noticed=view.now, severity=Severity.URGENT)
        moved = view.previous_at
        place = say("Last movement before: %(room)s", room=ROOMS[view.previous_room])
        return (
            finding(
                view,
                DETECTOR.name,
                episode,
                what,
                subject=f"device:{device.device_id}",
                advice=say("Call back now; if nobody answers, send help."),
                evidence=() if moved is None else (fact(place, moved),),
            ),
        )

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Silence means nothing here: only a human ends a call."""
        del view
        return ()

    def snapshot(self) -> Any:
        """Return the state."""
        return [[device, at] for device, at in sorted(self._pressed.items())]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._pressed = dict(state)


DETECTOR = DetectorSpec(
    name="sos",
    title="Call for help",
    notices="Somebody pressed an emergency button, or a device calls for help by itself.",
    blind_spots=(
        "A button that is not worn, or whose battery is flat, is not pressed (see Sensor health).",
        "How well a device knows when to call by itself is its maker's promise, and none of ours.",
    ),
    references=("detection.md (a) D11: a press is urgent and nothing cancels it by itself",),
    parameters=(
        Parameter(name="same_press", value=SAME_PRESS_S, unit="s", meaning="presses that are one"),
    ),
    create=Sos,
    quantities=frozenset({Quantity.SOS, Quantity.FALL}),
    safety=True,
)
