"""D6: walking from room to room without a goal, for longer than this home's other days explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import DetectorSpec, Episode, Parameter, Signs, fact, finding
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
    """Negative-binomial tail of the minutes walked without a goal, by time of day."""

    def __init__(self) -> None:
        self.due = 0.0
        self._bins = [
            Moments(PRIOR_MEAN, PRIOR_VARIANCE, PRIOR_DAYS * _HOURS_PER_BIN) for _ in range(BINS)
        ]
        #: Number of the hour under way, and the most units of 20 s in it so far.
        self._hour = 0
        self._peak = 0.0
        self._nights = NightWays()
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Judge the last minutes when a room was entered."""
        self._nights.feed(observation, view)
        if not view.walks.entered:
            return ()
        walked = view.walks.restless_s(view.at - WINDOW_S)[0]
        self._peak = max(self._peak, walked / view.walks.pause_s)
        found = self._judge(view, walked)
        if self._nights.since is not None:
            self.due = min(self.due, self._night_due(view))
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Learn from the hour that is over; find out whether a night is restless, an episode over."""
        if view.day_closed:
            self._nights.close_day()
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
        seen = view.occupancy.home and not view.coverage.blind and not _guests(view)
        if self._hour and seen and self._episode is None:
            self._bins[view.local.bin(view.now - HOUR_S / 2)].add(self._peak)
        self._hour, self._peak = hour, 0.0

    # By the minutes

    def _judge(self, view: HomeView, walked: float) -> Sequence[Finding]:
        units = walked / view.walks.pause_s
        if units < LEAST_UNITS or _guests(view) or self._told:
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
        learned = int(view.days_watched)
        if learned < LEARNING_DAYS:
            unusual = learning(unusual, learned + 1, int(LEARNING_DAYS))
        what = say(
            "Walking from room to room and back, %(span)s of the last 20 min in motion",
            span=duration(walked),
        )
        return self._say(
            view,
            (view.walks.restless_from(view.at - WINDOW_S), wanted),
            what,
            unusual,
        )

    @property
    def _told(self) -> bool:
        """Whether there is nothing worse to say of the present episode."""
        return self._episode is not None and self._episode.severity is Severity.CHECK

    @staticmethod
    def _pressing(view: HomeView, chance: float) -> bool:
        return view.local.is_night(view.at) or chance < EXTREME

    # By night

    def _night_due(self, view: HomeView) -> float:
        up = self._nights.since
        if up is None or self._episode is not None or self._nights.told:
            return float("inf")
        if view.walks.counts - self._nights.changes < NIGHT_CHANGES:
            return float("inf")
        if view.walks.restless_s(up)[0] < NIGHT_WALKED_S:
            return float("inf")
        return up + self._nights.limit_s

    def _up_at_night(self, view: HomeView) -> Sequence[Finding]:
        up = self._nights.since
        if up is None or self._night_due(view) > view.now or view.coverage.blind:
            return ()
        if _guests(view) or self._nights.in_bed(view.now):
            return ()
        changes = view.walks.counts - self._nights.changes
        self._nights.told = True
        return self._say(
            view,
            (up, Severity.CHECK),
            say_each(
                "Up since %(time)s and from room to room %(n)s time",
                "Up since %(time)s and from room to room %(n)s times",
                changes,
                time=view.clock(up),
            ),
            say(
                "Times out of bed at night are usually over in %(span)s",
                span=duration(self._nights.limit_s),
            ),
        )

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

    @staticmethod
    def _calm_at(view: HomeView, episode: Episode) -> float:
        return max(view.walks.last_restless_at, episode.noticed) + CALM_S

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "bins": [one.snapshot() for one in self._bins],
            "hour": [self._hour, self._peak],
            "nights": self._nights.snapshot(),
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        for one, seen in zip(self._bins, state["bins"], strict=True):
            one.restore(seen)
        self._hour, self._peak = state["hour"]
        self._nights = NightWays.restored(state["nights"])
        self._episode = Episode.restored(state["episode"])
        self.due = 0.0


def _guests(view: HomeView) -> bool:
    return view.occupancy.visitor


DETECTOR = DetectorSpec(
    name="walking",
    title="On the move between rooms",
    notices="Somebody walks from room to room without a goal for unusually long, or is up at night and does.",
    blind_spots=(
        "Walking within one room, and in rooms without a sensor of motion.",
        "A motion sensor that is blind for minutes after each movement sees only a part of the ways.",
        "With blind times of four minutes only walking for long can be seen.",
        "Walking at random looks like pottering about, and is often not told.",
        "Visitors are not recognised: two people at home can look like one who walks a lot.",
        "Where somebody walks for long every day, only still longer walks are told.",
    ),
    references=(
        "detection.md §2: patterns of Martino-Saltzman et al. 1991, hub correction; (a) D6",
        "docs/decisions/0120, 0138: window, tempo and blind times instead of the minutes of an hour",
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
