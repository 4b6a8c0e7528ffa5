"""D9: the days of a person have changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.detector import EACH_TICK, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.change import (
    BASELINE_DAYS,
    CHANNEL_LIMIT,
    DISTANCE_LIMIT,
    DRIFT,
    FIRST_DAYS,
    KEPT_DAYS,
    PRIOR_DAYS,
    PROVISIONAL,
    QUICK_SMOOTHING,
    QUICK_Z,
    SMOOTHING,
    Chart,
    Judged,
)
from analytics.features.day_channels import CHANNELS, DISTANCE, QUICK_SHARE, SOON_SHARE, Channel
from analytics.features.day_features import FEATURES, NAMES, day_vector
from analytics.features.day_gaps import bed_exits, without_dead_sensors
from analytics.features.unusual_days import UNUSUAL_SHARE, unusual_parts
from analytics.features.wording import comparative, learning, listed, rarity
from core.model.finding import Evidence, Finding, Phase, Severity
from core.model.said import Said, say, say_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from analytics.features.view import HomeView
    from core.model.observation import Observation

OF_DAYS, FAR_DAYS = 3, 2
"""Of so many days, so many beyond the distance's limit."""
CALM_SHARE, CALM_DAYS = 0.7, 2
"""It is over after so many days below this share of the limit."""
LEAD_SHARE = 0.5
"""Of a channel's change, so much must be in what its title speaks of."""
DESERTED_SHARE = 0.2
"""Of the usual movement in the busiest hours: below, somebody was away, or nothing was seen."""
MOST_TOLD = 3
SHOWN_DAYS = 3
USUAL_RANGE = (10.0, 90.0)
_MOST = NAMES.index("most")


class DayChange:
    """Signed channels and one distance over the vectors of days."""

    def __init__(self) -> None:
        self.due = EACH_TICK
        self._chart = _chart()
        self._day = -1
        #: Days in a row beyond the limit, a channel each; and the last days of the distance.
        self._over = [0] * len(CHANNELS)
        self._far: list[bool] = []
        #: Subject → its episode, and calm days since.
        self._open: dict[str, tuple[Episode, int]] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Nothing: days are judged when they are over."""
        del observation, view
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Judge the day that this tick settles."""
        self.due = view.hours.due
        settled = view.hours.settled
        if settled is None or settled.day.number <= self._day:
            return ()
        self._day = settled.day.number
        vector = day_vector(settled, view.plan, bed_exits(view))
        if vector is None or self._deserted(vector):
            return ()
        judged = self._chart.add(without_dead_sensors(vector, view))
        if judged is None:
            return ()
        self._count(judged)
        return (*self._calm(view, judged), *self._stir(view, judged, settled.day.start))

    def _deserted(self, vector: npt.NDArray[np.float64]) -> bool:
        """Whether so little moved that nobody lived here, whatever the door said."""
        usual, today = self._chart.middle[_MOST], vector[_MOST]
        return bool(today**2 < DESERTED_SHARE * usual**2)

    def _count(self, judged: Judged) -> None:
        self._over = [
            count + 1 if _share(row, judged) > 1.0 else 0 for row, count in enumerate(self._over)
        ]
        self._far = [*self._far, judged.far][-OF_DAYS:]

    def _stir(self, view: HomeView, judged: Judged, start: float) -> Iterator[Finding]:
        """Open at most one episode a day: the strongest channel, or the distance when none speaks."""
        found = [
            (_share(row, judged), channel)
            for row, channel in enumerate(CHANNELS)
            if self._over[row] >= channel.in_a_row and _lead_share(channel, judged) >= LEAD_SHARE
        ]
        if not found and judged.far and sum(self._far) >= FAR_DAYS:
            found = [(0.0, DISTANCE)]
        fresh = [one for one in found if one[1].name not in self._open]
        if not fresh or (self._open and fresh[0][1] is DISTANCE):
            return
        channel = max(fresh, key=lambda one: one[0])[1]
        episode = Episode(onset=start, noticed=view.now, severity=Severity.NOTICE)
        self._open[channel.name] = (episode, 0)
        yield _told(view, episode, channel, self._chart, judged)

    def _calm(self, view: HomeView, judged: Judged) -> Iterator[Finding]:
        """End the episodes whose days are as usual again."""
        for row, channel in enumerate((*CHANNELS, DISTANCE)):
            known = self._open.get(channel.name)
            if known is None:
                continue
            share = (
                judged.distance / judged.distance_limit
                if channel is DISTANCE
                else _share(row, judged)
            )
            episode, days = known
            days = days + 1 if share < CALM_SHARE else 0
            self._open[channel.name] = (episode, days)
            if days >= CALM_DAYS:
                del self._open[channel.name]
                what = say(
                    "The days are as they were before, or have stayed so long that they are usual"
                )
                yield finding(
                    view, DETECTOR.name, episode, what, Phase.CLEARED, subject=channel.name
                )

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "chart": self._chart.snapshot(),
            "day": self._day,
            "over": self._over,
            "far": self._far,
            "open": {
                name: [episode.snapshot(), days] for name, (episode, days) in self._open.items()
            },
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._chart.restore(state["chart"])
        self._day, self._over, self._far = state["day"], list(state["over"]), list(state["far"])
        self._open = {}
        for name, (saved, days) in state["open"].items():
            episode = Episode.restored(saved)
            if episode is not None:
                self._open[name] = (episode, days)
        self.due = EACH_TICK


def _share(row: int, judged: Judged) -> float:
    """Return a channel's deviation in units of its own limit; 0 where nothing is known of it."""
    channel, limit = CHANNELS[row], judged.channel_limit
    slow = float(np.nan_to_num(judged.channels[row])) / (channel.limit_share * limit)
    return max(
        slow, float(np.nan_to_num(judged.quick_channels[row])) / (channel.quick_share * limit)
    )


def _smooth(channel: Channel, judged: Judged) -> npt.NDArray[np.float64]:
    """Return the deviations by which a channel is told."""
    return judged.quick if math.isfinite(channel.quick_share) else judged.smooth


def _chart() -> Chart:
    spread = [feature.spread for feature in FEATURES]
    return Chart(spread, {channel.name: channel.weights for channel in CHANNELS})


# Words


def _told(
    view: HomeView, episode: Episode, channel: Channel, chart: Chart, judged: Judged
) -> Finding:
    places = _places(channel, judged)
    before = len(chart.rows) - 1
    unusual = say_each(
        "By the %(n)s day before, such a stretch of days comes %(often)s",
        "By the %(n)s days before, such a stretch of days comes %(often)s",
        before,
        often=rarity(_once_in(chart, channel), float(before)),
    )
    if chart.count <= BASELINE_DAYS:
        unusual = learning(unusual, chart.count, BASELINE_DAYS)
    title = say(channel.title)
    smooth = _smooth(channel, judged)
    first = _detail(chart, places[0], smooth) if places else None
    details = [fact(_detail(chart, place, smooth, begins=True)) for place in places]
    return finding(
        view,
        DETECTOR.name,
        episode,
        title if first is None else say("%(title)s: %(detail)s", title=title, detail=first),
        subject=channel.name,
        unusual=unusual,
        ruled_out=(say("Nobody else stayed for long, and the home could be seen on these days"),),
        advice=say(channel.advice),
        evidence=(*details, *_second_opinion(chart)),
    )


def _places(channel: Channel, judged: Judged) -> list[int]:
    """Return the features that make up the change, the strongest first."""
    weights = channel.weights or {
        place: float(np.sign(value)) for place, value in enumerate(judged.smooth)
    }
    smooth = _smooth(channel, judged)
    pulls = {place: sign * float(smooth[place]) for place, sign in weights.items()}
    leads = channel.leads
    strongest = sorted(pulls, key=lambda place: (place not in leads, -pulls[place], place))
    return [place for place in strongest if pulls[place] > 0.0][:MOST_TOLD]


def _lead_share(channel: Channel, judged: Judged) -> float:
    """Return which share of a channel's change lies in what its title speaks of."""
    smooth = _smooth(channel, judged)
    pulls = {place: sign * float(smooth[place]) for place, sign in channel.weights.items()}
    whole = sum(max(pull, 0.0) for pull in pulls.values())
    return sum(max(pulls[place], 0.0) for place in channel.leads) / whole if whole else 0.0


def _detail(
    chart: Chart, place: int, smooth: npt.NDArray[np.float64], *, begins: bool = False
) -> Said:
    """Say how a feature has changed; as the beginning of a sentence or within one."""
    feature = FEATURES[place]
    last = [feature.told(float(value)) for value in chart.rows[-SHOWN_DAYS:, place]]
    usual = chart.usual[:, place].astype(np.float64)
    low, high = np.nanpercentile(usual, USUAL_RANGE)
    word = feature.comparatives[0 if smooth[place] > 0.0 else 1]
    return say(
        "%(more)s %(feature)s (%(days)s; usually %(low)s to %(high)s)",
        more=comparative(word, begins=begins),
        feature=say(feature.words),
        days=listed(last),
        low=feature.told(float(low)),
        high=feature.told(float(high)),
    )


def _once_in(chart: Chart, channel: Channel) -> float:
    """Return in how many days as far a stretch of days is expected, counted on the days before."""
    z = np.nan_to_num(chart.deviations(chart.rows), nan=0.0)
    weights: npt.NDArray[np.float64] = np.zeros(len(NAMES))
    for place, weight in channel.weights.items():
        weights[place] = weight
    stretches = np.stack(
        [z[first : len(z) - SHOWN_DAYS + 1 + first] for first in range(SHOWN_DAYS)]
    )
    mean = stretches.mean(axis=0)
    along = mean @ weights if channel.weights else np.sum(mean**2, axis=1)
    before, last = along[:-1], along[-1]
    return (len(before) + 1.0) / (1.0 + float(np.sum(before >= last)))


def _second_opinion(chart: Chart) -> tuple[Evidence, ...]:
    rows = chart.rows
    found = unusual_parts(rows[:-1], rows[-1])
    if found is None or found[0] > UNUSUAL_SHARE or not found[1]:
        return ()
    features = listed([say(FEATURES[place].words) for place in found[1]])
    text = say("A second way of comparing whole days points to: %(features)s", features=features)
    return (fact(text),)


DETECTOR = DetectorSpec(
    name="day_change",
    title="Changed days",
    notices="The days differ from this person's own usual days in a lasting way.",
    blind_spots=(
        "Nothing is said in the first 14 days, nor about days on which too little could be seen.",
        "A change of less than a spread of the usual days, or one that comes over months.",
        "Guests who are not noticed as such, and moved sensors, look like changed days.",
    ),
    references=(
        "detection.md §5: direction-aware channels and MEWMA",
        "Lowry et al. 1992, Technometrics 34:46, MEWMA",
        "Bijlani et al. 2022, JMIR Aging 5(3):e38211: 84.3 % recall at 0.36 alerts a week, to beat",
        "Liu, Ting & Zhou 2008, ICDM p. 413, isolation forest, as a second opinion only",
        "False alarms counted on untouched records of the TIHM study (docs/decisions/0127, 0299)",
    ),
    parameters=(
        Parameter(name="smoothing", value=SMOOTHING, unit="1", meaning="weight of the last day"),
        Parameter(
            name="quick_smoothing",
            value=QUICK_SMOOTHING,
            unit="1",
            meaning="the same for changes that are over in days",
        ),
        Parameter(
            name="quick_most",
            value=QUICK_Z,
            unit="1",
            meaning="spreads that one day counts then at most",
        ),
        Parameter(
            name="channel_limit", value=CHANNEL_LIMIT, unit="1", meaning="spreads along a channel"
        ),
        Parameter(
            name="distance_limit", value=DISTANCE_LIMIT, unit="1", meaning="for ten features"
        ),
        Parameter(
            name="provisional", value=PROVISIONAL, unit="1", meaning="added in the first 28 days"
        ),
        Parameter(
            name="in_a_row",
            value=CHANNELS[0].in_a_row,
            unit="d",
            meaning="days beyond the limit; one for the bathroom",
        ),
        Parameter(
            name="soon",
            value=round(SOON_SHARE * CHANNEL_LIMIT, 2),
            unit="1",
            meaning="spreads along the channel of the bathroom",
        ),
        Parameter(
            name="quick",
            value=round(QUICK_SHARE * CHANNEL_LIMIT, 2),
            unit="1",
            meaning="the same where few days count",
        ),
        Parameter(name="first", value=FIRST_DAYS, unit="d", meaning="days before it speaks"),
        Parameter(
            name="baseline", value=BASELINE_DAYS, unit="d", meaning="days that make the usual"
        ),
        Parameter(
            name="population", value=PRIOR_DAYS, unit="d", meaning="weight of the usual spread"
        ),
        Parameter(name="drift", value=DRIFT, unit="/d", meaning="share of a usual day learned"),
        Parameter(name="kept", value=KEPT_DAYS, unit="d", meaning="days remembered"),
    ),
    create=DayChange,
    quantities=frozenset(),
)
