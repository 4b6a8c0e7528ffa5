"""D10: the rhythm of days and nights has changed over weeks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.detector import EACH_TICK, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.day_gaps import bed_exits, bed_in_h
from analytics.features.hours import FEWEST_DAYS, SEEN_SHARE, VALID_DAY_H, clock_text
from analytics.features.trend import (
    FIRST_WEEKS,
    LIMIT,
    PRIOR_WEEKS,
    REFERENCE_WEEKS,
    SMOOTHING,
    Trend,
)
from analytics.features.wording import comparative, listed
from core.model.finding import Finding, Phase, Severity
from core.model.said import Said, figure, percent, say, say_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from analytics.features.hours import Rhythm
    from analytics.features.view import HomeView
    from core.model.observation import Observation

    Floats = npt.NDArray[np.float64]

SUNDAY = 3
"""Number of a Sunday modulo seven, days counted since 1970: the week is judged on Monday morning."""
FEWEST_NIGHTS = 4
CALM_SHARE = 0.7
MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a week."""

    words: Said
    #: How a higher and a lower value are said; None for a direction that is not told.
    comparatives: tuple[str | None, str | None]
    say: Callable[[float], str]
    #: Standard deviation of a person's weeks: population prior (docs/decisions/0128).
    spread: float


def _share(value: float) -> str:
    return percent(100.0 / (1.0 + math.exp(-value)))


def _hundredths(value: float) -> str:
    return figure(value, 2)


def _tenths(value: float) -> str:
    return figure(value, 1)


def _most(value: float) -> str:
    return say("%(minutes)s min an hour", minutes=figure(value))


def _least(value: float) -> str:
    return say("%(minutes)s min an hour", minutes=figure(value, 1))


VALUES = (
    Value(say("contrast of day and night"), (None, "less"), _share, 0.4),
    Value(say("likeness of the days"), (None, "less"), _hundredths, 0.06),
    Value(say("change between rest and movement"), ("more", None), _hundredths, 0.12),
    Value(say("movement in the busiest ten hours"), (None, "less"), _most, 1.5),
    Value(say("movement in the calmest five hours"), ("more", None), _least, 0.4),
    Value(say("going to bed"), ("later", "earlier"), clock_text, 0.5),
    Value(say("times out of bed a night"), ("more", None), _tenths, 0.4),
)


class RhythmTrend:
    """Weekly values beside a frozen reference."""

    def __init__(self) -> None:
        self.due = EACH_TICK
        self._trend = Trend([one.spread for one in VALUES])
        self._day = -1
        #: Nights of this week: when to bed in hours, and times out of bed.
        self._nights: list[list[float]] = []
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Nothing: weeks are judged when they are over."""
        del observation, view
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Note the night; on Monday morning judge the week."""
        self.due = view.hours.due
        settled = view.hours.settled
        if settled is None or settled.day.number <= self._day:
            return ()
        self._day = settled.day.number
        if settled.day.usual_length:
            self._nights = [*self._nights[-6:], [bed_in_h(view), bed_exits(view)]]
        if self._day % 7 != SUNDAY:
            return ()
        nights, self._nights = self._nights, []
        rhythm = view.hours.rhythm()
        if rhythm is None:
            return ()
        judged = self._trend.add(_week(rhythm, nights))
        return () if judged is None else self._weigh(view, judged, settled.day.end - 7 * 86400.0)

    def _weigh(self, view: HomeView, judged: Floats, start: float) -> Sequence[Finding]:
        pulls = _pulls(judged)
        strongest = max(pulls.values(), default=0.0)
        episode, limit = self._episode, self._trend.limit
        if episode is None and strongest > limit:
            self._episode = Episode(onset=start, noticed=view.now, severity=Severity.NOTICE)
            return (_told(view, self._episode, self._trend, judged),)
        if episode is not None and strongest < CALM_SHARE * limit:
            self._episode = None
            what = say("Days and nights are as they were before")
            return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)
        return ()

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "trend": self._trend.snapshot(),
            "day": self._day,
            "nights": self._nights,
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._trend.restore(state["trend"])
        self._day, self._nights = state["day"], [list(one) for one in state["nights"]]
        self._episode = Episode.restored(state["episode"])
        self.due = EACH_TICK


def _week(rhythm: Rhythm, nights: list[list[float]]) -> Floats:
    share = min(max(rhythm.amplitude, 0.005), 0.995)
    return np.array(
        [
            math.log(share / (1.0 - share)),
            rhythm.stability,
            rhythm.variability,
            rhythm.most,
            rhythm.least,
            *(_mean([one[part] for one in nights]) for part in (0, 1)),
        ]
    )


def _mean(values: list[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return math.fsum(known) / len(known) if len(known) >= FEWEST_NIGHTS else math.nan


def _pulls(judged: Floats) -> dict[int, float]:
    """Return how far each value has gone in a direction that is told."""
    pulls: dict[int, float] = {}
    for place, value in enumerate(judged):
        if VALUES[place].comparatives[0 if value > 0.0 else 1] is not None:
            pulls[place] = abs(float(np.nan_to_num(value)))
    return pulls


def _told(view: HomeView, episode: Episode, trend: Trend, judged: Floats) -> Finding:
    pulls = _pulls(judged)
    strongest = sorted(pulls, key=lambda place: (-pulls[place], place))[:MOST_TOLD]
    details = [place for place in strongest if pulls[place] > CALM_SHARE * trend.limit]
    return finding(
        view,
        DETECTOR.name,
        episode,
        say(
            "Days and nights have changed over the last weeks: %(detail)s",
            detail=_detail(trend, details[0], judged),
        ),
        unusual=say_each(
            "Against the reference of %(n)s earlier week, and lasting",
            "Against the reference of %(n)s earlier weeks, and lasting",
            trend.weeks,
        ),
        ruled_out=(say("Hours out of the home, or not seen, are left out"),),
        advice=say("Look at the nights and days together; mention it at the next appointment."),
        evidence=tuple(fact(_detail(trend, place, judged, begins=True)) for place in details),
    )


def _detail(trend: Trend, place: int, judged: Floats, *, begins: bool = False) -> Said:
    """Say how a value has changed; as the beginning of a sentence or within one."""
    value = VALUES[place]
    word = value.comparatives[0 if judged[place] > 0.0 else 1]
    assert word is not None  # noqa: S101 (only directions that are told are pulls)
    last = [
        value.say(float(week[place])) for week in trend.recent[-3:] if math.isfinite(week[place])
    ]
    return say(
        "%(more)s %(value)s (%(weeks)s; before %(before)s)",
        more=comparative(word, begins=begins),
        value=value.words,
        weeks=listed(last),
        before=value.say(float(trend.mean[place])),
    )


DETECTOR = DetectorSpec(
    name="rhythm",
    title="Rhythm of days and nights",
    notices="The rhythm of days and nights has drifted from that of earlier weeks.",
    blind_spots=(
        "Nothing is said in the first seven weeks, nor of weeks with fewer than five days well seen.",
        "Movement is not sleep: nothing is said of how well somebody slept.",
        "A home with few sensors shows a coarse rhythm.",
    ),
    references=(
        "detection.md §4 and (a) D10",
        "Witting et al. 1990, Biol Psychiatry 27:563, IS and IV",
        "Van Someren et al. 1999, Chronobiol Int 16:505, RA",
        "Alz Res Ther 2021, 13:163, table 2: rhythm of 100 people with Alzheimer's disease, wrist",
        "False alarms counted on untouched records of the TIHM study (docs/decisions/0128)",
    ),
    parameters=(
        Parameter(name="smoothing", value=SMOOTHING, unit="1", meaning="weight of the last week"),
        Parameter(name="limit", value=LIMIT, unit="1", meaning="spreads from the reference"),
        Parameter(name="first", value=FIRST_WEEKS, unit="wk", meaning="weeks before it speaks"),
        Parameter(name="reference", value=REFERENCE_WEEKS, unit="wk", meaning="weeks, then frozen"),
        Parameter(
            name="population", value=PRIOR_WEEKS, unit="wk", meaning="weight of the usual spread"
        ),
        Parameter(name="seen", value=SEEN_SHARE, unit="1", meaning="share of an hour that counts"),
        Parameter(
            name="valid_day", value=VALID_DAY_H, unit="h", meaning="hours of a day that counts"
        ),
        Parameter(
            name="valid_days", value=FEWEST_DAYS, unit="d", meaning="days of a week that counts"
        ),
    ),
    create=RhythmTrend,
    quantities=frozenset(),
)
