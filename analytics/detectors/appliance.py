"""D13: an appliance that heats is on, and nobody has been near it for 20 minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features.device_faults import RETIRED
from analytics.features.devices import PERSON, has_room
from analytics.features.plug import ALONE_S, HEATS_W, ON_SHARE, PAUSE_S, RAISE_AFTER_S, Plug
from analytics.features.wording import ROOMS, duration, gone_out
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.home import Placement, RoomKind
from core.model.quantity import Quantity
from core.model.said import figure, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation

UNSEEN_S = 3600.0
"""While nobody can be seen in the room: most meals are cooked in less (docs/decisions/0293)."""
ELSEWHERE_S = 420.0
"""Who shows in other rooms again within this time has not been at it for longer (docs/decisions/0298)."""
LOOK_S = 300.0
_POWER = Quantity.POWER
_MOST = 8


class Appliance:
    """A fixed rule; only what counts as on is learned."""

    def __init__(self) -> None:
        self.due = NEVER
        self._plugs: dict[int, Plug] = {}
        #: Rooms in which one is.
        self._rooms: set[int] = set()
        #: Of which nothing is noticed, because there are too many.
        self._unwatched: dict[int, Episode] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in what is drawn, and who is near."""
        device = view.device
        if device is None:
            return ()
        if observation.quantity is _POWER:
            return self._draw(device, observation.value, view)
        if not self._rooms or not view.shown or not device.interior:
            return ()
        before = view.previous_at
        if before is None or view.at - before > ELSEWHERE_S:
            for plug in self._plugs.values():
                plug.lost = plug.lost if plug.on is None else view.at
        return self._back(view, device.room_id) if device.room_id in self._rooms else ()

    def _draw(self, device: DevicePlan, watts: float, view: HomeView) -> Sequence[Finding]:
        plug = self._plugs.get(device.device_id)
        if plug is None:
            watched = device.placement is Placement.OBJECT or device.room == RoomKind.KITCHEN
            if not watched or not device.room_id:
                return ()
            if not has_room(self._plugs, _MOST, view.plan.by_id):
                return self._too_many(device, view)
            plug = self._plugs[device.device_id] = Plug(room_id=device.room_id)
            self._rooms.add(device.room_id)
        plug.draw(watts, view.at)
        self.due = min(self.due, plug.due)
        return ()

    def _too_many(self, device: DevicePlan, view: HomeView) -> Sequence[Finding]:
        """Tell the operators, once, of an appliance that is not watched."""
        number = device.device_id
        if number in self._unwatched:
            return ()
        new = Episode(onset=view.now, noticed=view.now, severity=Severity.NOTICE)
        self._unwatched[number] = new
        return (
            finding(
                view,
                DETECTOR.name,
                new,
                say(
                    "%(device)s is not watched: %(most)s other appliances of this home are",
                    device=device.name,
                    most=_MOST,
                ),
                audience=Audience.OPERATORS,
                subject=f"unwatched:{number}",
                advice=say("Retire the plugs of appliances that do not heat."),
            ),
        )

    def _back(self, view: HomeView, room_id: int) -> Sequence[Finding]:
        found = []
        for number, plug in self._plugs.items():
            if plug.room_id == room_id and view.at > plug.seen:
                plug.seen = view.at
                if plug.episode is not None and view.at > plug.episode.onset:
                    what = say("Somebody was there again at %(time)s", time=view.clock(view.at))
                    found.append(self._cleared(view, number, plug, what))
                self.due = min(self.due, plug.due)  # of a new episode, once the last one is over
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out what is on with nobody near."""
        found = self._retired(view) if view.changed else []
        for number, plug in self._plugs.items():
            self._follow(plug, view.plan.by_id.get(number))
            found += self._look(view, number, plug)
        self.due = min((plug.due for plug in self._plugs.values()), default=NEVER)
        return found

    def _retired(self, view: HomeView) -> list[Finding]:
        """Forget appliances whose plug was retired; those that were too many may be watched then."""
        known, found = view.plan.by_id, list[Finding]()
        gone = [number for number in self._plugs if number not in known]
        for number in gone:
            plug = self._plugs.pop(number)
            if plug.episode is not None:
                found.append(self._cleared(view, number, plug, RETIRED))
        for number in [one for one in self._unwatched if gone or one not in known]:
            what = say("Fewer appliances are watched, or it is not in use any more")
            to = Audience.OPERATORS
            new, key = self._unwatched.pop(number), f"unwatched:{number}"
            found.append(
                finding(view, DETECTOR.name, new, what, Phase.CLEARED, audience=to, subject=key)
            )
        self._rooms = {plug.room_id for plug in self._plugs.values()}
        return found

    def _follow(self, plug: Plug, device: DevicePlan | None) -> None:
        """Ask who is near it where it is now: it may have been carried to another room."""
        if device is not None and device.room_id not in (0, plug.room_id):
            plug.room_id = device.room_id
            self._rooms = {one.room_id for one in self._plugs.values()}

    def _look(self, view: HomeView, number: int, plug: Plug) -> Sequence[Finding]:
        if plug.off is not None and view.now >= plug.off + PAUSE_S:
            at, plug.on, plug.off = plug.off, None, None
            if plug.episode is None:
                return ()
            what = say("Switched off at %(time)s", time=view.clock(at))
            return (self._cleared(view, number, plug, what),)
        device = view.plan.by_id.get(number)
        if plug.on is None or plug.off is not None or view.coverage.blind or device is None:
            return ()
        return self._judge(view, device, plug)

    def _judge(self, view: HomeView, device: DevicePlan, plug: Plug) -> Sequence[Finding]:
        alone, home = view.coverage.elapsed(plug.alone_since, view.now), view.occupancy.home
        if alone < ALONE_S or _silent(view, device):
            return ()
        unseen = home and not view.pauses.in_bed and _unseen(view, plug.room_id)
        since = _elsewhere_since(view, plug) if unseen else None
        near = unseen and since is None
        if since is not None:
            alone = view.coverage.elapsed(since, view.now)
        least = UNSEEN_S if near else ALONE_S
        raised = least + RAISE_AFTER_S
        if unseen:
            left = (least if alone < least else raised) - alone
            plug.again = view.now + (min(left, LOOK_S) if left > 0.0 else LOOK_S)
        if alone < least:
            return ()
        long = alone >= raised or not home
        severity = Severity.URGENT if long else Severity.CHECK
        episode = plug.episode
        if episode is None:
            onset = plug.alone_since if since is None else since
            plug.episode = Episode(onset=onset, noticed=view.now, severity=severity)
            return (self._told(view, device, plug, plug.episode, Phase.OPENED),)
        if severity.rank > episode.severity.rank:
            episode.severity = severity
            return (self._told(view, device, plug, episode, Phase.RAISED),)
        return ()

    def _told(
        self, view: HomeView, device: DevicePlan, plug: Plug, episode: Episode, phase: Phase
    ) -> Finding:
        room, on = ROOMS[device.room], plug.on or view.now
        alone = duration(view.coverage.elapsed(plug.alone_since, view.now))
        away, unseen = not view.occupancy.home, _unseen(view, plug.room_id)
        since = view.clock(on)
        if unseen:
            what = say(
                "On since %(time)s: %(device)s; no sensor tells who is in the %(room)s",
                time=since,
                device=device.name,
                room=room,
            )
            seen = say("No sensor of the %(room)s lives", room=room)
            elsewhere = None if away else _elsewhere_since(view, plug)
            if elsewhere is not None:
                seen = say(
                    "Since %(time)s there was movement in other rooms, without a long break",
                    time=view.clock(elsewhere),
                )
        else:
            what = say(
                "On since %(time)s: %(device)s; nobody in the %(room)s for %(span)s",
                time=since,
                device=device.name,
                room=room,
                span=alone,
            )
            seen = say("The sensors of the %(room)s live", room=room)
        last = view.activity.last_at
        draws = say("It draws %(watts)s W", watts=figure(plug.watts))
        evidence = [fact(draws, plug.said, device.device_id)]
        if last is not None and not away:
            where = ROOMS[view.activity.room]
            evidence.append(fact(say("Last movement: %(room)s", room=where), last))
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            phase,
            subject=str(device.device_id),
            ruled_out=(gone_out(view.plan.pronoun) if away else seen,),
            advice=say("Have it switched off; do not wait for somebody to remember."),
            evidence=tuple(evidence),
        )

    @staticmethod
    def _cleared(view: HomeView, number: int, plug: Plug, what: str) -> Finding:
        episode, plug.episode = plug.episode, None
        assert episode is not None  # noqa: S101 (the callers have looked)
        return finding(view, DETECTOR.name, episode, what, Phase.CLEARED, subject=str(number))

    def snapshot(self) -> Any:
        """Return the state."""
        plugs = [[number, plug.snapshot()] for number, plug in self._plugs.items()]
        if not self._unwatched:
            return plugs
        unwatched = [[number, new.snapshot()] for number, new in self._unwatched.items()]
        return {"plugs": plugs, "unwatched": unwatched}

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        parts = state if isinstance(state, dict) else {"plugs": state, "unwatched": ()}
        self._plugs = {number: Plug.restored(plug) for number, plug in parts["plugs"]}
        told = ((number, Episode.restored(new)) for number, new in parts["unwatched"])
        self._unwatched = {number: new for number, new in told if new is not None}
        self._rooms = {plug.room_id for plug in self._plugs.values()}
        self.due = min((plug.due for plug in self._plugs.values()), default=NEVER)


def _silent(view: HomeView, device: DevicePlan) -> bool:
    """Whether a device has been silent for so long that it counts as down."""
    return view.coverage.silence_s(device, view.now) > view.coverage.silent_limit_s(device)


def _unseen(view: HomeView, room_id: int) -> bool:
    """Whether all that senses a room is down: then nobody can say that nobody is in it."""
    room = [one for one in view.plan.devices if one.room_id == room_id]
    senses = [one for one in room if one.placement is Placement.ROOM]
    return bool(senses) and all(_silent(view, one) for one in senses)


def _elsewhere_since(view: HomeView, plug: Plug) -> float | None:
    """Since when the one person who lives here shows in other rooms; None where they may be near it."""
    last, alone = view.activity.last_at, len(view.plan.residents) == 1 and not view.plan.animal
    if not alone or view.occupancy.visitor or last is None or view.now - last > ELSEWHERE_S:
        return None
    since = max(plug.alone_since, plug.lost)
    return since if view.now - since >= ALONE_S else None


DETECTOR = DetectorSpec(
    name="appliance",
    title="Appliance left on",
    notices="An appliance that heats is on, and nobody has been in its room for 20 minutes.",
    blind_spots=(
        "Only appliances on a plug that measures, in the kitchen or registered as an object.",
        "Gas, and what draws less than 300 W.",
        "Somebody who sits still in the room of the appliance, where only movement is sensed.",
        "While all sensors of the room are down, who is near is not seen: it is told after an hour.",
        "Only who lives alone and shows elsewhere all the time is known not to be near it then.",
        "Machines that run alone by design (washing, dishes) do not belong on such a plug.",
    ),
    references=(
        "detection.md (a) D13: 20 minutes, our judgement",
        "docs/decisions/0124: which plugs are watched, and from how many watts",
        "docs/decisions/0293, 0298: an hour while nobody can be seen in the room",
    ),
    parameters=(
        Parameter(name="alone", value=ALONE_S / 60, unit="min", meaning="nobody in the room"),
        Parameter(
            name="unseen",
            value=UNSEEN_S / 60,
            unit="min",
            meaning="the same while no sensor of the room lives and somebody is home and up",
        ),
        Parameter(
            name="elsewhere",
            value=ELSEWHERE_S / 60,
            unit="min",
            meaning="who shows elsewhere at least so often is not near it",
        ),
        Parameter(
            name="raise", value=RAISE_AFTER_S / 60, unit="min", meaning="urgent so much later"
        ),
        Parameter(name="heats", value=HEATS_W, unit="W", meaning="less is not told"),
        Parameter(
            name="on_share",
            value=ON_SHARE,
            unit="1",
            meaning="on from this share of the way between what it draws idle and at most",
        ),
        Parameter(
            name="pause", value=PAUSE_S / 60, unit="min", meaning="a thermostat may switch it off"
        ),
    ),
    create=Appliance,
    quantities=PERSON | {Quantity.POWER},
    signs=Signs.SHOWN,
    safety=True,
)
