"""D8: a tracker that is not with her: left at home, not worn, or soon without power outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.device_faults import RETIRED
from analytics.features.localtime import HOUR_S
from analytics.features.occupancy import Place
from analytics.features.wording import by_pronoun, duration
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import percent, say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analytics.features.tracks import Track
    from analytics.features.view import HomeView
    from core.model.observation import Observation

BATTERY_PERCENT, BATTERY_EMPTY_PERCENT = 20.0, 10.0
LEFT_AFTER_S = 1200.0
LEFT_FIXES = 2
UNWORN_S = 3 * HOUR_S
MOVED_WITHIN_S = 1800.0
MOVEMENT_G = 0.02
_POSITION, _MOVEMENT, _AWAY = Quantity.POSITION, Quantity.MOVEMENT, Place.AWAY
_WEARING = frozenset({Quantity.WORN, Quantity.STEPS, _MOVEMENT})
_UNSEEN = say(
    "A room is not seen as usual: find out who is home. Who counts as out is not watched for stillness."
)
_BATTERY, _LEFT, _UNWORN = "battery", "left", "unworn"
_HOME_AGAIN, _WORN_AGAIN = say("Somebody is home again"), say("The tracker is worn again")
_BACK = say("Back near home")


class _Worn:
    """Memory of one tracker."""

    def __init__(self) -> None:
        #: Last sign that somebody wears it; None for a device that gives no such signs.
        self.worn_at: float | None = None
        #: When she left by the door, and fixes at home since; whether it was told.
        self.left_at, self.fixes, self.told = 0.0, 0, False
        #: Whether it was told while a room was not seen as usual, which it still is not.
        self.unseen = False

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        unseen = [True] if self.unseen else []  # states before 0293 do not know of it
        return [self.worn_at, self.left_at, self.fixes, self.told, *unseen]

    @classmethod
    def restored(cls, state: list[Any]) -> _Worn:
        """Return it as `snapshot` saw it."""
        worn = cls()
        worn.worn_at, worn.left_at, worn.fixes, worn.told = state[:4]
        worn.unseen = state[4:] == [True]
        return worn


class TrackerLeft:
    """What each tracker says of itself, beside what the home says of her."""

    def __init__(self) -> None:
        self.due = NEVER
        self._worn: dict[int, _Worn] = {}
        #: By what it is about and the device, e.g. ``left:9``.
        self._episodes: dict[str, Episode] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Judge a word of a tracker."""
        device, quantity = observation.device_id, observation.quantity
        track = view.outdoors.tracks.get(device)
        if track is None:
            return ()
        worn = self._worn.setdefault(device, _Worn())
        if quantity in _WEARING:
            return tuple(self._wearing(observation, worn, view))
        if quantity is _POSITION:
            return tuple(self._placed(device, worn, track, view))
        return tuple(self._powered(observation, track, view))

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """End what was told of trackers that are not in use any more; each word is judged as it comes."""
        if not view.changed:
            return ()
        known = view.plan.by_id
        self._worn = {device: worn for device, worn in self._worn.items() if device in known}
        gone = [key for key in sorted(self._episodes) if int(key.split(":")[1]) not in known]
        return [one for key in gone for one in self._over(key, RETIRED, view)]

    # Power

    def _powered(self, observation: Observation, track: Track, view: HomeView) -> Iterator[Finding]:
        key, level = f"{_BATTERY}:{observation.device_id}", observation.value
        if observation.quantity is Quantity.BATTERY_LOW:
            level = BATTERY_PERCENT - 1.0 if level else 100.0
        episode = self._episodes.get(key)
        if track.left_at is None or level >= BATTERY_PERCENT:
            return
        severity = Severity.CHECK if level < BATTERY_EMPTY_PERCENT else Severity.NOTICE
        if episode is not None and severity.rank <= episode.severity.rank:
            return
        phase = Phase.OPENED if episode is None else Phase.RAISED
        onset = view.at if episode is None else episode.onset
        self._episodes[key] = Episode(onset=onset, noticed=view.now, severity=severity)
        yield finding(
            view,
            DETECTOR.name,
            self._episodes[key],
            say(
                "The tracker has %(share)s of its charge left and is outside, %(place)s",
                share=percent(level),
                place=view.outdoors.where(track),
            ),
            phase,
            subject=key,
            advice=by_pronoun(
                view.plan.pronoun,
                marked("Call her before it is empty."),
                marked("Call him before it is empty."),
                marked("Call them before it is empty."),
            ),
            evidence=(fact(say("Left the surroundings of the home"), track.left_at),),
        )

    # Left at home

    def _placed(self, device: int, worn: _Worn, track: Track, view: HomeView) -> Iterator[Finding]:
        if view.outdoors.heard != device:
            return
        if track.came_back:
            yield from self._over(f"{_BATTERY}:{device}", _BACK, view)
        left = view.occupancy.left_at
        if left is None or view.occupancy.place is not _AWAY:
            yield from self._over(f"{_LEFT}:{device}", _HOME_AGAIN, view)
        elif track.left_at is not None:
            worn.left_at, worn.told = left, True  # it went out, too
        elif track.home_at == view.at:
            yield from self._at_home(device, worn, left, view)

    def _at_home(self, device: int, worn: _Worn, left: float, view: HomeView) -> Iterator[Finding]:
        if worn.left_at != left:
            worn.left_at, worn.fixes, worn.told = left, 0, False
        if view.at <= left + LEFT_AFTER_S / 2:
            return
        worn.fixes += 1
        if worn.told or worn.fixes < LEFT_FIXES or view.at - left < LEFT_AFTER_S:
            return
        unseen = view.pauses.hidden
        if unseen and worn.unseen:
            return  # whoever stays in that room counts as out each time that the door moves
        worn.unseen = unseen
        worn.told, key = True, f"{_LEFT}:{device}"
        self._episodes[key] = Episode(onset=left, noticed=view.now, severity=Severity.NOTICE)
        yield finding(
            view,
            DETECTOR.name,
            self._episodes[key],
            say(
                "Out by the door since %(time)s, but the tracker is still at home",
                time=view.clock(left),
            ),
            subject=key,
            ruled_out=(say("Nobody has moved at home since"),),
            advice=_UNSEEN if unseen else "",
            evidence=(
                fact(say("The outer door opened after movement near it"), left),
                fact(say("The tracker was at home"), view.at, device),
            ),
        )

    # Not worn

    def _wearing(self, observation: Observation, worn: _Worn, view: HomeView) -> Iterator[Finding]:
        key, at = f"{_UNWORN}:{observation.device_id}", view.at
        least = MOVEMENT_G if observation.quantity is _MOVEMENT else 0.0
        if observation.value > least or worn.worn_at is None:
            worn.worn_at = at if worn.worn_at is None else max(at, worn.worn_at)
            yield from self._over(key, _WORN_AGAIN, view)
            return
        inside, since = view.activity.interior_at, worn.worn_at
        moved = (
            inside is not None and at - inside <= MOVED_WITHIN_S and inside > since + UNWORN_S / 2
        )
        alone = view.plan.resident_id is not None
        waking = view.local.waking_s(since, at) >= UNWORN_S and view.local.is_waking(at)
        if not (moved and alone and waking) or key in self._episodes:
            return
        self._episodes[key] = Episode(onset=since, noticed=view.now, severity=Severity.NOTICE)
        yield finding(
            view,
            DETECTOR.name,
            self._episodes[key],
            say(
                "The tracker has not moved for %(span)s, though somebody moves at home",
                span=duration(at - since),
            ),
            subject=key,
            advice=say("Look whether it is worn, and why not."),
            evidence=(
                fact(say("Last sign that it is worn"), since, observation.device_id),
                fact(say("Movement at home"), inside),
            ),
        )

    def _over(self, key: str, what: str, view: HomeView) -> Iterator[Finding]:
        episode = self._episodes.pop(key, None)
        if episode is not None:
            yield finding(view, DETECTOR.name, episode, what, Phase.CLEARED, subject=key)

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "worn": {str(device): one.snapshot() for device, one in self._worn.items()},
            "episodes": {key: one.snapshot() for key, one in self._episodes.items()},
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._worn = {int(device): _Worn.restored(one) for device, one in state["worn"].items()}
        restored = ((key, Episode.restored(saved)) for key, saved in state["episodes"].items())
        self._episodes = {key: one for key, one in restored if one is not None}


DETECTOR = DetectorSpec(
    name="tracker",
    title="Tracker not worn",
    notices="A tracker stays at home while she is out, lies still while she is up, or has little charge"
    " left outside.",
    blind_spots=(
        "That a tracker is not worn, where it says nothing of steps, movement or wearing.",
        "That it was left at home, where no door sensor tells that somebody went out.",
        "A tracker that somebody else carries.",
        "While a room is not seen as usual, that it was left at home is told once.",
    ),
    references=("detection.md §3 (failure modes) and (a) D8; docs/decisions/0118",),
    parameters=(
        Parameter(
            name="battery", value=BATTERY_PERCENT, unit="%", meaning="told below, when outside"
        ),
        Parameter(
            name="battery_empty", value=BATTERY_EMPTY_PERCENT, unit="%", meaning="check below"
        ),
        Parameter(name="left", value=LEFT_AFTER_S / 60, unit="min", meaning="out, it at home"),
        Parameter(name="unworn", value=UNWORN_S / HOUR_S, unit="h", meaning="awake, it still"),
        Parameter(name="movement", value=MOVEMENT_G, unit="g", meaning="less: it lies still"),
    ),
    create=TrackerLeft,
    quantities=frozenset({*_WEARING, Quantity.POSITION, Quantity.BATTERY, Quantity.BATTERY_LOW}),
)
