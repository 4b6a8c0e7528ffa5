"""D0: what can not be seen any more: the home, a device, a battery, a sensor that is stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import EACH_TICK, NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.blindness import BLIND, PASSES, severity_of
from analytics.features.coverage import BLIND_AFTER_S, PERIODS, SILENT_HOME_S, Darkness
from analytics.features.device_faults import ADVICE, FINE, MILD, RETIRED, fault_text
from analytics.features.devices import BATTERY_LOW_PERCENT, STUCK_AFTER_S
from analytics.features.obstruction import FEWEST_CHANGES, Obstruction
from analytics.features.stillness import sees_moving
from analytics.features.strays import ALONE_FEWEST, ALONE_PER_H
from analytics.features.wording import duration, times
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.home import Placement
from core.model.quantity import Quantity
from core.model.said import figure, say, say_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation

URGENT_AFTER_S = 900.0
"""Blind for longer is urgent for the operators (detection.md (a) D0)."""
UNSENSED_DAYS = 7.0
"""What hangs in a room and has said nothing of anybody for so long senses nobody."""
LOOK_EVERY_S = 86400.0
"""All devices are looked at so often at least: without a heartbeat none is silent so soon after a word."""

_MOTION = Quantity.MOTION
_BATTERY = frozenset({Quantity.BATTERY, Quantity.BATTERY_LOW})
_LAST = "last"  # blindness of the home that is over, and when it ended: kept beside what is open
_ROOMS = "rooms"
_OF_THE_HOME = frozenset({"home", "animal", _ROOMS, _LAST})


class Liveness:
    """Health of the pipeline, the hub and the devices, for the operators."""

    def __init__(self) -> None:
        self.due = EACH_TICK
        self._open: dict[str, Episode] = {}
        #: When all devices are to be looked at, and those that are to be before.
        self._all_due = EACH_TICK
        self._asked: set[int] = set()
        #: Devices of the open episodes, and of those that any word of theirs may end.
        self._ill: frozenset[int] = frozenset()
        self._faulty: frozenset[int] = frozenset()
        self._sights = Obstruction()
        #: Room changes from which on a sensor may be obstructed.
        self._changes = 0.0

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Have the devices looked at when this may change something; the tick tells."""
        quantity, device_id = observation.quantity, observation.device_id
        if quantity is _MOTION and observation.value > 0:
            self._sights.see(device_id)
            stuck_at = view.now + STUCK_AFTER_S
            # those whose motion never ends by a word can not be stuck
            if stuck_at < self._all_due and view.coverage.devices[device_id].off_known:
                self._look_at(stuck_at)
        if view.walks.entered:
            self._sights.change(view.at)
            if self._sights.changes > self._changes:
                self._look_at(view.now)
        if device_id in self._faulty or (quantity in _BATTERY and self._turned(device_id, view)):
            self._asked.add(device_id)
            self.due = min(self.due, view.now)
        return ()

    def _look_at(self, due: float) -> None:
        """Look at all devices at a moment, if not before."""
        self._all_due = min(self._all_due, due)
        self.due = min(self.due, due)

    def _turned(self, device_id: int, view: HomeView) -> bool:
        """Whether a battery is low and this was not told, or the other way round."""
        return view.coverage.devices[device_id].low is not (
            f"device:{device_id}:battery" in self._open
        )

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Tell what has gone, and what has come back."""
        if not view.changed and view.now < self.due:
            return ()
        blind = view.coverage.blind
        told = list(self._home(view)) if blind or "home" in self._open else []
        if blind:  # seeing again, all are looked at
            self.due = self._home_due(view)
            return told
        if view.seen_anew or view.now >= self._all_due:
            told += self._look_at_all(view)
        elif self._asked:
            told += self._look_at_some(view)
        self.due = self._all_due
        return told

    def _look_at_all(self, view: HomeView) -> list[Finding]:
        told: list[Finding] = []
        for device in view.plan.devices:
            told += self._device(device, view)
        told += (*self._retired(view), *self._animal(view), *self._unsensed(view))
        self._asked.clear()
        self._note_faulty()
        self._all_due = _devices_due(view, view.plan.devices)
        self._changes = float(min(self._sights.next_at, self._sights.changes + FEWEST_CHANGES))
        return told

    def _look_at_some(self, view: HomeView) -> list[Finding]:
        """Look at those of which a word came that may end or begin a fault."""
        told: list[Finding] = []
        asked = [device for device in view.plan.devices if device.device_id in self._asked]
        for device in asked:
            told += self._device(device, view)
        self._asked.clear()
        self._note_faulty()
        self._all_due = min(self._all_due, _devices_due(view, asked))
        return told

    def _note_faulty(self) -> None:
        faults = (key.split(":") for key in self._open if key not in _OF_THE_HOME)
        known = [(int(device), fault) for _, device, fault in faults]
        self._ill = frozenset(device for device, _ in known)
        self._faulty = frozenset(device for device, fault in known if fault not in MILD)

    def _home_due(self, view: HomeView) -> float:
        """Return when there is more to say of the home, unless it can be seen before."""
        episode = self._open.get("home")
        if episode is None:
            return (view.coverage.dark_from or view.now) + BLIND_AFTER_S
        return episode.onset + URGENT_AFTER_S if episode.severity is Severity.CHECK else NEVER

    def _home(self, view: HomeView) -> Sequence[Finding]:
        dark = view.coverage.dark_from
        if dark is None:
            return self._close("home", view, say("This home can be seen again"))
        blind = view.now - dark
        episode = self._open.get("home")
        if episode is None:
            if blind <= BLIND_AFTER_S and view.coverage.cause in PASSES:
                return ()
            last = self._open.get(_LAST)  # from the same moment on, this one were over too
            onset = dark if last is None or dark > last.onset else last.noticed
            severity = severity_of(view.coverage.cause)
            episode = Episode(onset=onset, noticed=view.now, severity=severity)
            self._open["home"] = episode
            return (self._blind(episode, view, Phase.OPENED),)
        if episode.severity.rank < severity_of(view.coverage.cause).rank:
            return self._close("home", view, say("This home may be watched again"))
        if episode.severity is Severity.CHECK and view.now - episode.onset > URGENT_AFTER_S:
            episode.severity = Severity.URGENT
            return (self._blind(episode, view, Phase.RAISED),)
        return ()

    def _blind(self, episode: Episode, view: HomeView, phase: Phase) -> Finding:
        began = min(episode.onset, view.coverage.dark_from or episode.onset)
        since, length = view.clock(began), duration(view.now - began)
        what, advice = BLIND[view.coverage.cause or Darkness.PIPELINE]
        count = say_each("%(n)s device", "%(n)s devices", len(view.plan.devices))
        places = {"time": since, "span": length} | (
            {"devices": count} if view.coverage.cause is Darkness.SILENT else {}
        )
        return finding(
            view,
            DETECTOR.name,
            episode,
            say(what, **places),
            phase,
            audience=Audience.OPERATORS,
            subject="home",
            advice=advice,
            evidence=(fact(say("Until it returns, nobody is taken to be still or away")),),
        )

    def _device(self, device: DevicePlan, view: HomeView) -> list[Finding]:
        faults = self._faults(device, view)
        told: list[Finding] = []
        if device.device_id not in self._ill and True not in faults.values():
            return told
        for fault, wrong in faults.items():
            key = f"device:{device.device_id}:{fault}"
            if wrong and key not in self._open:
                told.append(self._opened(key, fault, device, view))
            elif not wrong and key in self._open:
                told += self._close(key, view, say(FINE[fault], device=device.name))
        return told

    def _faults(self, device: DevicePlan, view: HomeView) -> dict[str, bool]:
        """Return of each fault that can be told of a device whether it is there."""
        number, coverage = device.device_id, view.coverage
        state = coverage.devices.get(number)
        gone = number in coverage.offline and not device.hub
        silent = gone or coverage.silence_s(device, view.now) > coverage.silent_limit_s(device)
        faults = {"silent": silent}
        if state is not None:
            faults["battery"], faults["stuck"] = state.low, state.stuck(view.now)
            faults["obstructed"] = self._sights.obstructed(number) and (
                f"device:{number}:obstructed" in self._open
                # what is silent or stuck sees nobody either: that is told by another name
                or not (silent or (state.off_known and state.on_since is not None))
            )
        faults["unfollowed"] = number in view.outdoors.unfollowed
        faults["stray"] = device.interior and self._strays(device, view)
        return faults

    def _strays(self, device: DevicePlan, view: HomeView) -> bool:
        """Whether it fires while nobody is home, unlike the others."""
        strays, number = view.occupancy.strays, device.device_id
        known = f"device:{number}:stray" in self._open
        if not known and strays.count(number) < ALONE_FEWEST:
            return False
        others = [one.device_id for one in view.plan.devices if one.interior and one is not device]
        return strays.fires_alone(number, others, known=known)

    def _opened(self, key: str, fault: str, device: DevicePlan, view: HomeView) -> Finding:
        mild = fault in MILD or (fault == "silent" and not device.heartbeat)
        severity = Severity.NOTICE if mild else Severity.CHECK
        episode = Episode(onset=view.now, noticed=view.now, severity=severity)
        self._open[key] = episode
        advice, meaning = ADVICE[fault]
        return finding(
            view,
            DETECTOR.name,
            episode,
            self._text(fault, device, view),
            audience=Audience.OPERATORS,
            subject=key,
            advice=advice,
            evidence=(fact(meaning, None, device.device_id),),
        )

    def _text(self, fault: str, device: DevicePlan, view: HomeView) -> str:
        if fault != "obstructed":
            return fault_text(fault, device, view)
        missed = self._sights.missed(device.device_id)
        return say(
            "%(device)s reports, but has not seen anybody while people went from room to room %(times)s",
            device=device.name,
            times=times(missed),
        )

    def _retired(self, view: HomeView) -> list[Finding]:
        told: list[Finding] = []
        self._sights.keep(view.plan.by_id)
        for key in sorted(self._open):
            if key not in _OF_THE_HOME and int(key.split(":")[1]) not in view.plan.by_id:
                told += self._close(key, view, RETIRED)
        return told

    def _animal(self, view: HomeView) -> Sequence[Finding]:
        """Ask whether an animal lives here that nobody has told us of (docs/decisions/0229)."""
        key, strays, to = "animal", view.occupancy.strays, Audience.OPERATORS
        rooms = [one.device_id for one in view.plan.devices if one.placement is Placement.ROOM]
        known = key in self._open
        if view.plan.animal or not strays.moves_everywhere(rooms, known=known):
            what = say("An animal is known, or nothing moves there any more")
            return self._close(key, view, what)
        if known:
            return ()
        self._open[key] = new = Episode(onset=view.now, noticed=view.now, severity=Severity.NOTICE)
        what = say(
            "Something moves in all rooms while nobody is home: %(times)s in %(hours)s h",
            times=times(round(sum(map(strays.count, rooms)))),
            hours=figure(strays.hours),
        )
        do = say("Ask whether an animal lives there. If so, say it where devices are installed.")
        return (finding(view, DETECTOR.name, new, what, audience=to, subject=key, advice=do),)

    def _unsensed(self, view: HomeView) -> Sequence[Finding]:
        """Tell that stillness is not told of here, because nothing senses who moves about (0277)."""
        devices, to = view.plan.devices, Audience.OPERATORS
        lacks = any(one.interior or one.exterior_door for one in devices) and not sees_moving(view)
        if (
            lacks
            and view.days_watched < UNSENSED_DAYS
            and any(one.senses_moving for one in devices)
        ):
            return ()  # it has just been hung
        if not lacks:
            return self._close(_ROOMS, view, say("Something senses now who moves in the rooms"))
        if _ROOMS in self._open:
            return ()
        self._open[_ROOMS] = new = Episode(
            onset=view.now, noticed=view.now, severity=Severity.NOTICE
        )
        what = say(
            "Nothing senses who moves in the rooms of this home: nobody is told of somebody who lies still"
        )
        do = say(
            "Hang motion sensors in the rooms, or say to the carers that only what is there is watched."
        )
        return (finding(view, DETECTOR.name, new, what, audience=to, subject=_ROOMS, advice=do),)

    def _close(self, key: str, view: HomeView, what: str) -> Sequence[Finding]:
        episode = self._open.pop(key, None)
        if episode is None:
            return ()
        if key == "home":
            episode.noticed, self._open[_LAST] = view.now, episode
        to = Audience.OPERATORS
        return (
            finding(view, DETECTOR.name, episode, what, Phase.CLEARED, audience=to, subject=key),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return [
            {key: episode.snapshot() for key, episode in sorted(self._open.items())},
            self.due,
            self._sights.snapshot(),
            self._changes,
            [self._all_due, sorted(self._asked)],
        ]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._open, self.due = {}, state[1]
        self._sights, self._changes = Obstruction.restored(state[2]), state[3]
        self._all_due, self._asked = state[4][0], set(state[4][1])
        for key, saved in state[0].items():
            episode = Episode.restored(saved)
            if episode is not None:
                self._open[key] = episode
        self._note_faulty()


def _devices_due(view: HomeView, devices: Sequence[DevicePlan]) -> float:
    """Return when the first of some devices can be silent or stuck, if no word comes before.

    A word only puts off the silence of its device: one that has no heartbeat is never silent within a day of
    its word.
    """
    coverage, now = view.coverage, view.now
    due = min(now + LOOK_EVERY_S, coverage.forgets_at)
    for device in devices:
        left = coverage.silent_limit_s(device) - coverage.silence_s(device, now)
        if 0 <= left < due - now:
            due = now + left
        state = coverage.devices.get(device.device_id)
        if state is not None and state.on_since is not None and state.off_known:
            stuck_at = state.on_since + STUCK_AFTER_S
            if now <= stuck_at < due:
                due = stuck_at
    return due


DETECTOR = DetectorSpec(
    name="liveness",
    title="Sensor health",
    notices="The home can not be seen; a device is silent, stuck, blind or fires alone; a battery is low.",
    blind_spots=(
        "A sensor that is hidden is noticed once people have changed rooms some 45 times without it.",
        "A sensor that sees a part of its room only is not noticed.",
        "Which sensor fires alone is known only from outings through a door that a sensor watches.",
        "A device without a heartbeat may be dead for a day before its silence is long.",
    ),
    references=("detection.md (a) D0 and §1: sensor dead; (c) 2: pipeline silence is no silence",),
    parameters=(
        Parameter(name="blind", value=BLIND_AFTER_S, unit="s", meaning="no proof of the pipeline"),
        Parameter(name="urgent", value=URGENT_AFTER_S, unit="s", meaning="blind for longer"),
        Parameter(name="silent_home", value=SILENT_HOME_S, unit="s", meaning="no device at all"),
        Parameter(name="battery", value=BATTERY_LOW_PERCENT, unit="%", meaning="below is low"),
        Parameter(name="stuck", value=STUCK_AFTER_S, unit="s", meaning="motion without end"),
        Parameter(
            name="unseen", value=FEWEST_CHANGES, unit="1", meaning="room changes missed, at least"
        ),
        Parameter(
            name="alone",
            value=ALONE_PER_H,
            unit="1/h",
            meaning="firings while nobody is home, and four times those of the other sensors",
        ),
        Parameter(name="periods", value=PERIODS, unit="1", meaning="missed reports of a heartbeat"),
    ),
    create=Liveness,
    notices_silence=True,
)
