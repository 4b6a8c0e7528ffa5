"""D6: walking from room to room without a goal, for longer than this home's other days explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features import busy_rooms
from analytics.features.devices import PERSON
from analytics.features.localtime import BINS, HOUR_S
from analytics.features.negative_binomial import Moments, tail
from analytics.features.night_ways import LEAST_S, MOST_S, NightWays
from analytics.features.walk_patterns import Pattern
from analytics.features.wording import at_home, duration, learning, rarity
from core.model.finding import Finding, Phase, Severity
from core.model.said import say, say_each
from core.model.words import marked_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

WINDOW_S = 1200.0
LEAST_UNITS = 6.0
RARE = 5e-3
EXTREME = 1e-6
NIGHT_CHANGES = 6
NIGHT_WALKED_S = 60.0
TOGETHER, TOGETHER_LATE = 8.0, 6.0
"""Told at night: units walked in patterns, and spreads by which rooms are busier than usual; less of it
suffices of who is up for long."""
CALM_S = 1800.0
HALF_LIFE_DAYS = 28.0
PRIOR_MEAN, PRIOR_VARIANCE, PRIOR_DAYS = 1.0, 3.0, 7.0
LEARNING_DAYS = 14.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_HOURS_PER_BIN = 24 // BINS
_WALKED = {
    Pattern.PACING: marked_each(
        "Back and forth, %(n)s room change", "Back and forth, %(n)s room changes"
    ),
    Pattern.LAPPING: marked_each("In circles, %(n)s room change", "In circles, %(n)s room changes"),
    Pattern.RANDOM: marked_each(
        "In no order, %(n)s room change", "In no order, %(n)s room changes"
    ),
}


class Walking:
    """Tail of the minutes walked without a goal, by time of day; at night busy rooms beside them."""

    def __init__(self) -> None:
        self.due = 0.0
        self._bins = [
            Moments(PRIOR_MEAN, PRIOR_VARIANCE, PRIOR_DAYS * _HOURS_PER_BIN) for _ in range(BINS)
        ]
        #: Number of the hour under way, and the most units of 20 s in it so far.
        self._hour = 0
        self._peak = 0.0
        self._nights = NightWays()
        self._busy = busy_rooms.BusyRooms()
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Judge the last minutes when a room was entered."""
        up = self._nights.since
        self._nights.feed(observation, view)
        if up is not None and self._nights.since is None and self._episode is not None:
            self.due = 0.0  # back in bed: calm may be sooner than it was
        night = view.local.is_night(view.at)
        device = view.device
        if night and device is not None and device.interior and device.room_id:
            self._busy.show(view.at, device.room_id, view.walks.soon_s)
        if not view.walks.entered:
            return ()
        walked = view.walks.restless_s(view.at - WINDOW_S)[0]
        self._peak = max(self._peak, walked / view.walks.pause_s)
        found = self._judge(view, walked)
        if night and not found:
            found = self._roam(view, walked)
        if self._nights.since is not None:
            self.due = min(self.due, self._night_due(view))
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Learn from the hour that is over; find out whether a night is restless, an episode over."""
        if view.day_closed:
            self._nights.close_day()
            self._busy.decay(_KEEP)
            for one in self._bins:
                one.decay(_KEEP)
        self._count_hours(view)
        if not view.occupancy.home or not view.local.is_night(view.now):
            self._nights.end(view)
        found = [*self._up_at_night(view), *self._calm(view)]
        episode = self._episode
        calm = self._calm_at(view, episode) if episode is not None else float("inf")
        self.due = min((self._hour + 1) * HOUR_S, calm, self._night_due(view))
        return found

    def _count_hours(self, view: HomeView) -> None:
        hour = int(view.now // HOUR_S)
        if hour == self._hour:
            return
        seen = view.occupancy.home and not view.coverage.blind and not view.occupancy.visitor
        middle, number = view.now - HOUR_S / 2, None
        if self._hour and seen and self._episode is None:
            number = view.local.bin(middle)
            self._bins[number].add(self._peak)
        self._busy.close_hour(number if view.local.is_night(middle) else None)
        self._hour, self._peak = hour, 0.0

    # By the minutes

    def _judge(self, view: HomeView, walked: float) -> Sequence[Finding]:
        units = walked / view.walks.pause_s
        if units < LEAST_UNITS or view.occupancy.visitor or self._told:
            return ()
        here = self._bins[view.local.bin(view.at)]
        units /= view.margin(DETECTOR.name, view.at)
        chance = tail(int(units), *here.blended(), enough=RARE)
        if chance >= RARE:
            return ()
        wanted = Severity.CHECK if self._pressing(view, chance) else Severity.NOTICE
        known = view.days_watched + PRIOR_DAYS
        often = rarity(min(1.0 / (_HOURS_PER_BIN * max(chance, 1e-9)), 1e4), known)
        unusual = say("At this time of day that happens %(often)s", often=often)
        what = say(
            "Walking from room to room and back, %(span)s of the last 20 min in motion",
            span=duration(walked),
        )
        return self._say(
            view,
            (view.walks.restless_from(view.at - WINDOW_S), wanted),
            what,
            _learned(view, unusual),
        )

    @property
    def _told(self) -> bool:
        """Whether there is nothing worse to say of the present episode."""
        return self._episode is not None and self._episode.severity is Severity.CHECK

    @staticmethod
    def _pressing(view: HomeView, chance: float) -> bool:
        return view.local.is_night(view.at) or chance < EXTREME

    # By night

    def _roam(self, view: HomeView, walked: float) -> Sequence[Finding]:
        """Judge who is out of bed by walking in patterns and busy rooms together."""
        if self._nights.since is None or view.occupancy.visitor:
            return ()
        margin = view.margin(DETECTOR.name, view.at)
        units = walked / view.walks.pause_s / margin
        together = units + self._busy.strength(view.local.bin(view.at), margin)
        self._nights.strongest = max(self._nights.strongest, together)
        if together < TOGETHER or self._nights.told or self._told or view.coverage.blind:
            return ()
        unusual = say("Seldom are so many rooms in use at this time of day")
        return self._say_up(view, self._nights.since, _learned(view, unusual))

    def _night_due(self, view: HomeView) -> float:
        up = self._nights.since
        if up is None or self._episode is not None or self._nights.told:
            return float("inf")
        changes = view.walks.counts - self._nights.changes
        if changes < NIGHT_CHANGES or self._nights.strongest < TOGETHER_LATE:
            return float("inf")
        if view.walks.restless_s(up)[0] < NIGHT_WALKED_S:
            return float("inf")
        return up + self._nights.limit_s

    def _up_at_night(self, view: HomeView) -> Sequence[Finding]:
        up = self._nights.since
        if up is None or self._night_due(view) > view.now or view.coverage.blind:
            return ()
        if view.occupancy.visitor or self._nights.in_bed(view.now):
            return ()
        usual = say(
            "Times out of bed at night are usually over in %(span)s",
            span=duration(self._nights.limit_s),
        )
        return self._say_up(view, up, usual)

    def _say_up(self, view: HomeView, up: float, unusual: str) -> Sequence[Finding]:
        changes = view.walks.counts - self._nights.changes
        self._nights.told = True
        what = say_each(
            "Up since %(time)s and from room to room %(n)s time",
            "Up since %(time)s and from room to room %(n)s times",
            changes,
            time=view.clock(up),
        )
        return self._say(view, (up, Severity.CHECK), what, unusual)

    # Words

    def _say(
        self, view: HomeView, news: tuple[float, Severity], what: str, unusual: str
    ) -> Sequence[Finding]:
        onset, severity = news
        phase = Phase.OPENED
        if self._episode is None:
            self._episode = Episode(onset=onset, noticed=view.now, severity=severity)
        elif severity.rank > self._episode.severity.rank:
            self._episode.severity, phase = severity, Phase.RAISED
        else:
            return ()
        self.due = 0.0
        return (
            finding(
                view,
                DETECTOR.name,
                self._episode,
                what,
                phase,
                unusual=unusual,
                ruled_out=(
                    at_home(view.plan.pronoun),
                    say("Nobody else seems to be there"),
                ),
                advice=say(
                    "Look in: pain, hunger, the toilet, cold or heat, or looking for somebody?"
                ),
                evidence=self._evidence(view),
            ),
        )

    def _evidence(self, view: HomeView) -> tuple[Any, ...]:
        walks = [one for one in view.walks.done if one.end > view.now - HOUR_S]
        facts = [fact(say_each(*_WALKED[one.pattern], one.moves), one.start) for one in walks[-5:]]
        now = view.walks.walk
        if now is not None and not now.direct:
            walked = say_each(*_WALKED[now.pattern], now.moves)
            facts.append(fact(say("%(text)s so far", text=walked), now.start))
        return tuple(facts)

    def _calm(self, view: HomeView) -> Sequence[Finding]:
        episode = self._episode
        if episode is None or view.now < self._calm_at(view, episode):
            return ()
        self._episode = None
        what = say("Calm again for half an hour") if view.occupancy.home else say("Gone out")
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _calm_at(self, view: HomeView, episode: Episode) -> float:
        moved, walk = view.walks.last_restless_at, view.walks.walk
        if self._nights.since is not None and self._nights.told and walk is not None:
            moved = max(moved, walk.last_at)  # who was told of by busy rooms may walk in no pattern
        return max(moved, episode.noticed) + CALM_S

    def snapshot(self) -> Any:
        """Return the state."""
        state: dict[str, Any] = {
            "bins": [one.snapshot() for one in self._bins],
            "hour": [self._hour, self._peak],
            "nights": self._nights.snapshot(),
            "episode": self._episode.snapshot() if self._episode else None,
        }
        busy = self._busy.snapshot()
        return state if busy is None else state | {"busy": busy}  # not known before 0294

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        for one, seen in zip(self._bins, state["bins"], strict=True):
            one.restore(seen)
        self._hour, self._peak = state["hour"]
        self._nights = NightWays.restored(state["nights"])
        self._busy = busy_rooms.BusyRooms.restored(state.get("busy"))
        self._episode = Episode.restored(state["episode"])
        self.due = 0.0


def _learned(view: HomeView, unusual: str) -> str:
    """Say of what is unusual that habits are still being learned, while they are."""
    learned = int(view.days_watched)
    return (
        learning(unusual, learned + 1, int(LEARNING_DAYS)) if learned < LEARNING_DAYS else unusual
    )


DETECTOR = DetectorSpec(
    name="walking",
    title="On the move between rooms",
    notices="Somebody walks from room to room without a goal for unusually long, or is up at night and does.",
    blind_spots=(
        "Walking within one room, and in rooms without a sensor of motion.",
        "A motion sensor that is blind for minutes after each movement sees only a part of the ways.",
        "With blind times of four minutes only walking for long can be seen.",
        "By day, walking at random looks like pottering about, and is often not told.",
        "At night, who has not been in bed yet is judged as by day, and so is who rises early.",
        "At night, with sensors in one or two rooms, little but walking back and forth is told.",
        "Nothing while somebody who was expected is there.",
        "Other visitors are not recognised: two people at home can look like one who walks a lot.",
        "Where somebody walks for long every day, only still longer walks are told.",
    ),
    references=(
        "detection.md §2: patterns of Martino-Saltzman et al. 1991, hub correction; (a) D6",
        "docs/decisions/0120, 0138: window, tempo and blind times instead of the minutes of an hour",
        "docs/decisions/0294: at night, walking in patterns and busy rooms together",
        "Johnson, Kemp & Kotz 2005: the negative binomial tail",
        "CASAS Aruba (detection.md §2): ways to the toilet at night; not validated on people with dementia",
    ),
    parameters=(
        Parameter(name="window", value=WINDOW_S / 60, unit="min", meaning="span that is looked at"),
        Parameter(
            name="least",
            value=LEAST_UNITS,
            unit="1",
            meaning="units of walking that are never told",
        ),
        Parameter(
            name="rare",
            value=RARE,
            unit="1",
            meaning="told when an hour exceeds it less often",
        ),
        Parameter(
            name="answers",
            value=1.0,
            unit="1",
            meaning="the minutes are divided by it, moved by carers' answers",
            low=0.8,
            high=1.6,
        ),
        Parameter(name="extreme", value=EXTREME, unit="1", meaning="by day a check below this"),
        Parameter(name="prior", value=PRIOR_DAYS, unit="d", meaning="weight of the population"),
        Parameter(
            name="prior_mean",
            value=PRIOR_MEAN,
            unit="1",
            meaning="most units of walking in an hour",
        ),
        Parameter(name="prior_variance", value=PRIOR_VARIANCE, unit="1", meaning="its variance"),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
        Parameter(
            name="night_changes",
            value=NIGHT_CHANGES,
            unit="1",
            meaning="room changes while up at night",
        ),
        Parameter(
            name="night_walked",
            value=NIGHT_WALKED_S / 60,
            unit="min",
            meaning="walked in patterns while up at night",
        ),
        Parameter(
            name="together",
            value=TOGETHER,
            unit="1",
            meaning="out of bed at night: units of walking and spreads of busy rooms that are told",
        ),
        Parameter(
            name="together_late",
            value=TOGETHER_LATE,
            unit="1",
            meaning="the same of who is up for long",
        ),
        Parameter(
            name="busy_mean",
            value=busy_rooms.PRIOR_MEAN,
            unit="min",
            meaning="room-minutes in 20 min of an hour of the night at most, population",
        ),
        Parameter(
            name="busy_variance",
            value=busy_rooms.PRIOR_VARIANCE,
            unit="min²",
            meaning="its variance",
        ),
        Parameter(
            name="busy_spread",
            value=busy_rooms.LEAST_SPREAD,
            unit="min",
            meaning="spread of room-minutes, at least",
        ),
        Parameter(
            name="night_least",
            value=LEAST_S / 60,
            unit="min",
            meaning="time out of bed at night, at least; else 1.5 times the 39th of 40",
        ),
        Parameter(
            name="night_most", value=MOST_S / 60, unit="min", meaning="the same, whatever learned"
        ),
    ),
    create=Walking,
    quantities=PERSON,
    signs=Signs.FRESH,
)
