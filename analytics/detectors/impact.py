"""D11: a hard knock at the wrist, and then nobody gets up."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features.aftermath import (
    DECIDE_S,
    SEATED_WITHIN_S,
    STILL_G,
    WALKING_G,
    Knock,
    Outcome,
)
from analytics.features.devices import PERSON, has_room
from analytics.features.impacts import WRIST
from analytics.features.turned_away import TurnedAway
from analytics.features.wording import by_pronoun, late
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import figure, say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation

BEAT_WITHIN_S = 3600.0
SEATED_AT_MOST_S = 16 * 3600.0
LATE_S = 600.0
CLEAR_WITHIN_S = 3600.0
TRIPS, TRIPS_WITHIN_S = 3, 7 * 86400.0
_MOST_DEVICES, _MOST_SIGNS = 8, 12
_PARTS = {Quantity.IMPACT: "peak", Quantity.TILT: "tilt", Quantity.STILLNESS: "stillness"}
_HEART_RATE = Quantity.HEART_RATE
_SEATS = frozenset({Quantity.BED, Quantity.CHAIR})
_WORN = frozenset({*_PARTS, Quantity.MOVEMENT, Quantity.WORN, Quantity.HEART_RATE})
_SEVERITY = {
    Outcome.STILL: Severity.URGENT,
    Outcome.QUIET: Severity.CHECK,
    Outcome.UNSEEN: Severity.CHECK,
    Outcome.WALKED: Severity.NOTICE,
}
_THEN = {
    Outcome.STILL: marked("A hard knock at the wrist at %(time)s, then no movement for 60 s"),
    Outcome.QUIET: marked(
        "A hard knock at the wrist at %(time)s, then nothing has moved at home for 90 s"
    ),
    Outcome.UNSEEN: marked(
        "A hard knock at the wrist at %(time)s, and nothing is known of the time after it"
    ),
}
_ADVICE = {
    Severity.URGENT: say("Call now; if nobody answers, go there or send help."),
    Severity.CHECK: say("Call and ask."),
}


class _Wearable:
    """Memory of one worn device."""

    def __init__(self) -> None:
        #: The last knock; judged once its moment has come.
        self.knock: Knock | None = None
        self.judged = True
        #: Whether it says that nobody wears it, and since when.
        self.off, self.off_at = False, 0.0
        #: Last beat of a heart that it felt.
        self.beat: float | None = None
        self.episode: Episode | None = None

    @property
    def due(self) -> float:
        """When there is something to judge."""
        knock = self.knock
        return NEVER if self.judged or knock is None or not knock.counts else knock.due

    def wear(self, at: float, *, worn: bool) -> None:
        """Take in whether somebody wears it."""
        if at >= self.off_at:
            self.off, self.off_at = not worn, at
        if not worn and self.knock is not None and abs(at - self.knock.at) <= DECIDE_S:
            self.knock.off = True

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return [
            self.knock.snapshot() if self.knock else None,
            self.judged,
            [self.off, self.off_at],
            self.beat,
            self.episode.snapshot() if self.episode else None,
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> _Wearable:
        """Return it as `snapshot` saw it."""
        worn = cls()
        worn.knock = Knock(*state[0]) if state[0] else None
        worn.judged, (worn.off, worn.off_at), worn.beat = state[1:4]
        worn.episode = Episode.restored(state[4])
        return worn


class AfterKnock:
    """Each knock of a worn device, judged by what the device and the home say in the 90 s after it."""

    def __init__(self) -> None:
        self.due = NEVER
        self._worn: dict[int, _Wearable] = {}
        #: (when, room, whether a bed or chair was taken) of the last signs inside.
        self._signs: deque[tuple[float, int, bool]] = deque(maxlen=_MOST_SIGNS)
        #: When somebody walked on after a knock, in the last week.
        self._trips: list[float] = []
        self._turned_away = TurnedAway(
            "impact",
            marked(
                "Knocks of %(device)s are not judged:"
                " those of %(most)s other things that are worn here are"
            ),
            say("Retire what nobody wears any more."),
        )

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in a knock, or what a worn device or the home says after one."""
        device = view.device
        if device is None:
            return ()
        quantity = observation.quantity
        if quantity not in _WORN:
            if view.shown and (device.interior or device.exterior_door):
                self._sign(observation, device.room_id, view.at)
            return ()
        worn = self._of(device.device_id, view)
        if quantity is _HEART_RATE:  # often, and it has nothing judged sooner or later
            if worn is not None and (worn.beat is None or view.at > worn.beat):
                worn.beat = view.at
            return ()
        if worn is None:
            return self._turned_away.tell(device, _MOST_DEVICES, view)
        found = self._listen(worn, observation, device, view)
        self.due = min((one.due for one in self._worn.values()), default=NEVER)
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Judge the knocks whose time has come."""
        found = self._turned_away.end(self._worn, _MOST_DEVICES, view) if view.changed else []
        if view.now < self.due:
            return found
        for device_id, worn in self._worn.items():
            if worn.due <= view.now and worn.knock is not None:
                worn.judged = True
                found += self._judged(device_id, worn, worn.knock, view)
        self.due = min((one.due for one in self._worn.values()), default=NEVER)
        return found

    # What is heard

    def _of(self, device_id: int, view: HomeView) -> _Wearable | None:
        worn = self._worn.get(device_id)
        if worn is None and has_room(self._worn, _MOST_DEVICES, view.plan.by_id):
            worn = self._worn[device_id] = _Wearable()
        return worn

    def _listen(
        self, worn: _Wearable, observation: Observation, device: DevicePlan, view: HomeView
    ) -> Sequence[Finding]:
        quantity, at, value = observation.quantity, view.at, observation.value
        part = _PARTS.get(quantity)
        if part is not None:
            self._knock(worn, view, part, value)
        elif quantity is Quantity.WORN:
            worn.wear(at, worn=value > 0)
        elif worn.knock is not None:
            worn.knock.move(at, value)
            return self._up_again(worn, device, view, value)
        return ()

    def _knock(self, worn: _Wearable, view: HomeView, part: str, value: float) -> None:
        knock = worn.knock
        if knock is None or view.at > knock.at:
            knock = worn.knock = Knock(view.at, view.now, off=worn.off)
            worn.judged = False
            for at, room, seat in self._signs:
                knock.show(at, room, seat=seat)
        if view.at == knock.at:
            setattr(knock, part, value)

    def _sign(self, observation: Observation, room: int, at: float) -> None:
        seat = observation.value > 0 and observation.quantity in _SEATS
        self._signs.append((at, room, seat))
        if self.due == NEVER:
            return
        for worn in self._worn.values():
            if not worn.judged and worn.knock is not None:
                worn.knock.show(at, room, seat=seat)

    # What it means

    def _judged(
        self, device_id: int, worn: _Wearable, knock: Knock, view: HomeView
    ) -> Sequence[Finding]:
        alone = view.plan.resident_id is not None and not view.occupancy.visitor
        beats = worn.beat is not None and knock.at - worn.beat <= BEAT_WITHIN_S
        seen = view.occupancy.home and not view.coverage.blind
        knock.seated = knock.seated or (alone and _resting(view, knock.at))
        outcome = knock.outcome(seen=seen, alone=alone, beats=beats)
        severity = _SEVERITY.get(outcome)
        if severity is None:
            return ()
        if severity is Severity.NOTICE:
            return self._trip(device_id, knock, view)
        episode = Episode(onset=knock.at, noticed=view.now, severity=severity)
        worn.episode = episode
        what = say(_THEN[outcome], time=view.clock(knock.at))
        if view.now - knock.at > LATE_S:
            what = late(what, view.clock(view.now))
        return (
            finding(
                view,
                DETECTOR.name,
                episode,
                what,
                subject=f"device:{device_id}",
                ruled_out=_ruled_out(outcome, view, alone=alone),
                advice=_ADVICE[severity],
                evidence=_evidence(device_id, knock),
            ),
        )

    def _trip(self, device_id: int, knock: Knock, view: HomeView) -> Sequence[Finding]:
        """Count a knock after which somebody walked on; tell of several in a week, then count anew."""
        self._trips = [at for at in self._trips if knock.at - at < TRIPS_WITHIN_S] + [knock.at]
        if len(self._trips) < TRIPS:
            return ()
        times, self._trips = self._trips, []
        return (
            finding(
                view,
                DETECTOR.name,
                Episode(onset=times[0], noticed=view.now, severity=Severity.NOTICE),
                say_each(
                    "%(n)s hard knock at the wrist within a week, each time up and about after it",
                    "%(n)s hard knocks at the wrist within a week, each time up and about after it",
                    len(times),
                ),
                subject=f"device:{device_id}",
                advice=say("Trips or bumps, perhaps: ask, and look for what lies in the way."),
                evidence=tuple(fact(say("A hard knock"), at, device_id) for at in times),
            ),
        )

    @staticmethod
    def _up_again(
        worn: _Wearable, device: DevicePlan, view: HomeView, movement: float
    ) -> Sequence[Finding]:
        """End an episode when the wrist walks; what moves in the home may be who came to help."""
        episode = worn.episode
        if episode is None or movement < WALKING_G or view.at <= episode.noticed:
            return ()
        worn.episode = None
        if view.at > episode.noticed + CLEAR_WITHIN_S:
            return ()
        when = view.clock(view.at)
        what = say("Walking again at %(time)s, says what is worn at the wrist", time=when)
        where = f"device:{device.device_id}"
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED, subject=where),)

    def snapshot(self) -> Any:
        """Return the state."""
        away = self._turned_away.snapshot()
        return {
            "worn": [[device, one.snapshot()] for device, one in self._worn.items()],
            "signs": list(self._signs),
            "trips": self._trips,
        } | ({"turned_away": away} if away else {})

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._worn = {device: _Wearable.restored(one) for device, one in state["worn"]}
        self._signs = deque(((at, room, seat) for at, room, seat in state["signs"]), _MOST_SIGNS)
        self._trips = list(state["trips"])
        self._turned_away.restore(state.get("turned_away", []))
        self.due = min((one.due for one in self._worn.values()), default=NEVER)


def _resting(view: HomeView, at: float) -> bool:
    """Tell whether a bed or chair has been taken since before ``at``, and not for too long to be true."""
    return any(
        value > 0 and since <= at and view.now - since <= SEATED_AT_MOST_S
        for device in view.coverage.devices.values()
        for key, (value, since) in device.values.items()
        if key.partition("/")[0] in _SEATS
    )


def _ruled_out(outcome: Outcome, view: HomeView, *, alone: bool) -> tuple[str, ...]:
    if outcome not in {Outcome.STILL, Outcome.QUIET}:
        return ()
    said = (
        say("Not into a bed or chair with a sensor"),
        say("It is worn, as far as it can tell"),
    )
    if not alone or not view.occupancy.home or view.coverage.blind:
        return said
    at_home = by_pronoun(
        view.plan.pronoun,
        marked("She is at home, and nobody has gone to another room"),
        marked("He is at home, and nobody has gone to another room"),
        marked("They are at home, and nobody has gone to another room"),
    )
    return (at_home, *said)


def _evidence(device_id: int, knock: Knock) -> tuple[Any, ...]:
    peak = say("Knock of %(peak)s g", peak=figure(knock.peak or 0.0, 1))
    facts = [fact(peak, knock.at, device_id)]
    if knock.tilt is not None:
        tilt = say("The arm lies turned by %(angle)s°", angle=figure(knock.tilt))
        facts.append(fact(tilt, knock.at + 1.5, device_id))
    if knock.reports:
        moved = figure(knock.moved, 2)
        text = say("Movement of the arm since: at most %(moved)s g", moved=moved)
        facts.append(fact(text, None, device_id))
    return tuple(facts)


DETECTOR = DetectorSpec(
    name="impact",
    title="Hard knock at the wrist",
    notices="A hard knock at the wrist after which the arm lies otherwise and nobody gets up for 90 s.",
    blind_spots=(
        "Nothing is worn, or its battery is flat.",
        "Sliding slowly to the floor: no hard knock. Lying there is for No movement to notice.",
        "Somebody who moves on the floor and can not get up: nothing until No movement speaks.",
        "A bed or chair that says it is taken all the while hides a knock in it.",
        "Thresholds come from falls of adults of 20 to 46 onto a mattress; real ones may be softer.",
        "A device that does not report movement after a knock: no more than a check.",
    ),
    references=(
        "detection.md §6 and (a) D11",
        "WEDA-FALL: Marques & Moreno 2023, Sensors 23:1146; docs/decisions/0130, 0131",
        "AIDE-MOI 2019, Sensors 19:1357: 31 real falls, 80 % found at 0.17 false a week",
    ),
    parameters=(
        Parameter(name="peak", value=WRIST.peak_g, unit="g", meaning="a knock is harder"),
        Parameter(
            name="tilt", value=WRIST.tilt_deg, unit="deg", meaning="the arm lies turned by more"
        ),
        Parameter(
            name="stillness",
            value=WRIST.stillness_g,
            unit="g",
            meaning="it is calmer 1.5 to 3 s after (standard deviation)",
        ),
        Parameter(
            name="decide", value=DECIDE_S, unit="s", meaning="judged so long after the knock"
        ),
        Parameter(name="still", value=STILL_G, unit="g", meaning="an arm at rest moves less"),
        Parameter(
            name="walking", value=WALKING_G, unit="g", meaning="somebody who walks moves more"
        ),
        Parameter(
            name="seated",
            value=SEATED_WITHIN_S,
            unit="s",
            meaning="sitting or lying down within so long explains a knock",
        ),
        Parameter(
            name="trips", value=TRIPS, unit="1", meaning="knocks in a week, walking on, to tell of"
        ),
    ),
    create=AfterKnock,
    quantities=PERSON | _WORN,
    signs=Signs.SHOWN,
    safety=True,
)
