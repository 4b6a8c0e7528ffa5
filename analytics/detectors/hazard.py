"""A sensor says smoke, gas, carbon monoxide or water: told at once; only a human ends smoke and gas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.devices import has_room
from analytics.features.wording import ROOMS, late
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation

SAME_S = 3600.0
LATE_S = 600.0
_MOST_DEVICES = 32


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one quantity means to who reads of it."""

    word: str
    severity: Severity
    advice: str


KINDS = {
    Quantity.SMOKE: _Kind(
        say("Smoke"),
        Severity.URGENT,
        say("Call now; if nobody answers at once, call the fire service and go there."),
    ),
    Quantity.GAS: _Kind(
        say("Gas"),
        Severity.URGENT,
        say("Call now: out of the home, and no switches; then call the gas emergency service."),
    ),
    Quantity.CARBON_MONOXIDE: _Kind(
        say("Carbon monoxide"),
        Severity.URGENT,
        say("Call now: windows open and out of the home; then call the emergency service."),
    ),
    Quantity.WATER_LEAK: _Kind(
        say("Water where it should not be"),
        Severity.CHECK,
        say("Call, and have somebody look and turn the water off."),
    ),
}


class Hazard:
    """Each alarm of each sensor; words that repeat it within the hour are one."""

    def __init__(self) -> None:
        self.due = NEVER
        #: When each device last said so, by quantity; what it has ended is not in it.
        self._on: dict[int, dict[str, float]] = {}
        #: Water that is told of and not over, by device.
        self._wet: dict[int, Episode] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Tell of an alarm."""
        device, name = view.device, observation.quantity.value
        if device is None:
            return ()
        known = self._on.get(device.device_id, {})
        last = known.get(name)
        if observation.value <= 0:
            return self._ended(device, name, view) if last is not None and view.at >= last else ()
        if last is not None and abs(view.at - last) < SAME_S:
            known[name] = max(view.at, last)
            return ()
        if device.device_id in self._on or has_room(self._on, _MOST_DEVICES, view.plan.by_id):
            self._on[device.device_id] = known | {name: view.at}
        return (*self._dry(device, view), self._told(device, KINDS[observation.quantity], view))

    def _told(self, device: DevicePlan, kind: _Kind, view: HomeView) -> Finding:
        when, name = view.clock(view.at), device.name
        what = say(
            "%(alarm)s at %(time)s, says %(device)s", alarm=kind.word, time=when, device=name
        )
        if device.room:
            what = say("%(text)s (%(room)s)", text=what, room=ROOMS[device.room])
        if view.now - view.at > LATE_S:
            what = late(what, view.clock(view.now))
        episode = Episode(onset=view.at, noticed=view.now, severity=kind.severity)
        if kind.severity is not Severity.URGENT:
            self._wet[device.device_id] = episode
        moved = view.previous_at
        room = ROOMS[view.previous_room]
        evidence = (fact(say("Last movement before: %(room)s", room=room), moved),)
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            subject=f"device:{device.device_id}",
            advice=kind.advice,
            evidence=evidence if moved is not None else (),
        )

    def _ended(self, device: DevicePlan, name: str, view: HomeView) -> Sequence[Finding]:
        self._on[device.device_id].pop(name)
        if not self._on[device.device_id]:
            del self._on[device.device_id]
        return self._dry(device, view) if name == Quantity.WATER_LEAK.value else ()

    def _dry(self, device: DevicePlan, view: HomeView) -> Sequence[Finding]:
        """End what was told of water at a place."""
        wet = self._wet.pop(device.device_id, None)
        if wet is None:
            return ()
        what, where = (
            say("Dry again at %(time)s", time=view.clock(view.at)),
            f"device:{device.device_id}",
        )
        return (finding(view, DETECTOR.name, wet, what, Phase.CLEARED, subject=where),)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Forget sensors that are not in use any more; silence means nothing here."""
        if not view.changed:
            return ()
        known = view.plan.by_id
        self._on = {number: said for number, said in self._on.items() if number in known}
        self._wet = {number: wet for number, wet in self._wet.items() if number in known}
        return ()

    def snapshot(self) -> Any:
        """Return the state."""
        wet = {str(number): one.snapshot() for number, one in self._wet.items()}
        return {"on": {str(number): said for number, said in self._on.items()}, "wet": wet}

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._on = {int(number): dict(said) for number, said in state["on"].items()}
        wet = ((int(number), Episode.restored(one)) for number, one in state["wet"].items())
        self._wet = {number: one for number, one in wet if one is not None}


DETECTOR = DetectorSpec(
    name="hazard",
    title="Smoke, gas or water",
    notices="A sensor in the home says that there is smoke, gas, carbon monoxide or water on the floor.",
    blind_spots=(
        "It is no fire alarm: one that sounds in the home must hang there whatever we say.",
        "Nothing while the power, the hub or the line to us is gone, as fire and water may bring about.",
        "Steam and burnt toast look like smoke; when an alarm is tested, that is told too.",
    ),
    references=(
        "detection.md §10: rules with fixed numbers, from minute 0",
        "docs/decisions/0255: what was decoded and stored, and told to nobody",
    ),
    parameters=(
        Parameter(
            name="same", value=SAME_S / 60, unit="min", meaning="words so near are one alarm"
        ),
    ),
    create=Hazard,
    quantities=frozenset(KINDS),
    safety=True,
)
