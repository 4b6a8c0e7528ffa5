"""D5: out of bed at night more often, or for longer, than is usual for this person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.detector import DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features.devices import PERSON
from analytics.features.night_ways import FACTOR, LEAST_S, SHARE
from analytics.features.nights import (
    HALF_LIFE_DAYS,
    MORE,
    MOST_S,
    PRIOR_NIGHTS,
    RARE_COUNT,
    TURN_S,
    Nights,
    next_morning,
)
from analytics.features.wording import duration
from core.model.finding import Evidence, Finding, Phase, Severity
from core.model.said import say, say_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

LEARNING_NIGHTS = 14
FEWEST_TIMES = 4
"""Fewer times out of bed are never many."""
UNUSUAL_WEIGHT = 0.5
"""A night that is told is learned with so much: the second like it is still told, the third is a habit."""
USUAL = (0.1, 0.9)
MOST_SHOWN = 6
_ALWAYS = -math.inf
Times = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Night:
    """A night that is over, and what of it stands out."""

    times: Times
    often: bool
    long: bool

    @property
    def longest(self) -> tuple[float, float]:
        return max(self.times, key=lambda one: (one[1], -one[0]))

    @property
    def unusual(self) -> bool:
        return self.often or self.long


class RestlessNight:
    """Times out of bed of each night, judged when its day is settled in the morning."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._nights = Nights()
        self._day = -1
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Follow who leaves the bed and comes back."""
        if view.fresh and view.occupancy.home:
            self._nights.feed(observation, view)
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """End a night at 06:00; judge it when its day is settled."""
        if not view.occupancy.home or not view.local.is_night(view.now):
            self._nights.end(view)
        self.due = min(view.hours.due, next_morning(view))
        settled = view.hours.settled
        if settled is None or settled.day.number <= self._day:
            return ()
        self._day = settled.day.number
        night = self._judged(view)
        said = self._say(view, night)
        weight = UNUSUAL_WEIGHT if night.unusual else 1.0
        self._nights.close(weight if self._nights.whole(settled) else 0.0)
        return said

    def _judged(self, view: HomeView) -> _Night:
        nights = self._nights
        times = tuple(nights.times)
        if nights.known < LEARNING_NIGHTS or not times:
            return _Night(times, often=False, long=False)
        many = max(nights.many, FEWEST_TIMES)
        long = any(
            lasted > nights.limit_s(view.margin(DETECTOR.name, left)) for left, lasted in times
        )
        return _Night(times, often=len(times) >= many, long=long)

    def _say(self, view: HomeView, night: _Night) -> Sequence[Finding]:
        said: list[Finding] = []
        if self._episode is not None:
            what = say("A calm night again")
            if night.unusual:
                what = say("Another night like it has followed")
            said.append(finding(view, DETECTOR.name, self._episode, what, Phase.CLEARED))
            self._episode = None
        if night.unusual:
            onset = night.longest[0] if night.long else night.times[0][0]
            self._episode = Episode(onset=onset, noticed=view.now, severity=Severity.NOTICE)
            said.append(self._told(view, self._episode, night))
        return said

    def _told(self, view: HomeView, episode: Episode, night: _Night) -> Finding:
        left, seconds = night.longest
        lasted = duration(seconds)
        if not view.plan.senses_bed:
            lasted = say("at least %(span)s", span=lasted)
        if night.often:
            what = say_each(
                "Out of bed %(n)s time last night, usually %(usual)s; the longest %(span)s",
                "Out of bed %(n)s times last night, usually %(usual)s; the longest %(span)s",
                len(night.times),
                usual=self._usual(),
                span=lasted,
            )
        else:
            what = say(
                "Out of bed for %(span)s last night, from %(time)s; usually back within %(usual)s",
                span=lasted,
                time=view.clock(left),
                usual=duration(self._nights.usual_s + 60.0),
            )
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            unusual=say_each(
                "Beside the %(n)s night learned from before",
                "Beside the %(n)s nights learned from before",
                self._nights.known,
            ),
            ruled_out=(
                say("Nobody else seems to have been there"),
                say("Times that could not be seen are left out"),
            ),
            advice=say("Ask how the night was: the toilet, thirst, pain, cold or heat, noise?"),
            evidence=_facts(night.times),
        )

    def _usual(self) -> str | int:
        low, high = (self._nights.count_quantile(share) for share in USUAL)
        return low if low == high else say("%(low)s to %(high)s", low=low, high=high)

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "nights": self._nights.snapshot(),
            "day": self._day,
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._nights = Nights.restored(state["nights"])
        self._day = state["day"]
        self._episode = Episode.restored(state["episode"])
        self.due = _ALWAYS


def _facts(times: Times) -> tuple[Evidence, ...]:
    longest = sorted(times, key=lambda one: -one[1])[:MOST_SHOWN]
    return tuple(
        fact(say("Out of bed for %(span)s", span=duration(lasts)), left)
        for left, lasts in sorted(longest)
    )


DETECTOR = DetectorSpec(
    name="night",
    title="Out of bed at night",
    notices="Somebody was out of bed at night for longer, or more often, than is usual for them.",
    blind_spots=(
        "Sleep: who lies in bed may be awake, and nothing is said of it.",
        "Without a bed sensor only movement tells, and a way that no sensor saw is missed.",
        "Without a bed sensor, sitting still elsewhere counts up to the last sign from there.",
        "A room that is bedroom and living room in one: without a bed sensor nothing can be told.",
        "Before 23:00 and after the usual time of getting up, being up is no restless night.",
        "Nothing is said in the first 14 nights.",
        "Visitors who are not expected are not recognised: what they do at night counts as the resident's.",
        "Nothing is said before the morning: walking and doors are told at night by others.",
        "With several people at home, whose time out of bed it was.",
    ),
    references=(
        "detection.md §4 and (a) D5",
        "CASAS Aruba (detection.md §2): times out of bed and ways to the toilet of a healthy woman",
        "Bed mats tell times in and out of bed well, sleep badly: doi:10.2196/46338 (detection.md §4)",
        "docs/decisions/0121: false notices on the TIHM study and found nights in simulated homes",
    ),
    parameters=(
        Parameter(
            name="least",
            value=LEAST_S / 60,
            unit="min",
            meaning="time out of bed that is long, at least; else 1.5 times what 39 of 40 do not reach, "
            "which carers' answers move",
            low=LEAST_S / 60,
            high=MOST_S / 60,
        ),
        Parameter(name="most", value=MOST_S / 60, unit="min", meaning="the same, whatever learned"),
        Parameter(name="share", value=SHARE, unit="1", meaning="of times out of bed are shorter"),
        Parameter(name="factor", value=FACTOR, unit="1", meaning="beyond the length of these"),
        Parameter(
            name="rare_count",
            value=RARE_COUNT,
            unit="1",
            meaning="share of nights with fewer times",
        ),
        Parameter(
            name="more", value=MORE, unit="1", meaning="so many times more than those nights"
        ),
        Parameter(name="fewest", value=FEWEST_TIMES, unit="1", meaning="fewer are never many"),
        Parameter(name="turn", value=TURN_S, unit="s", meaning="shorter is turning over in bed"),
        Parameter(name="learning", value=LEARNING_NIGHTS, unit="1", meaning="whole nights first"),
        Parameter(
            name="prior", value=PRIOR_NIGHTS, unit="1", meaning="nights that the population weighs"
        ),
        Parameter(
            name="unusual", value=UNUSUAL_WEIGHT, unit="1", meaning="weight of nights that are told"
        ),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
    ),
    create=RestlessNight,
    quantities=PERSON,
    signs=Signs.FRESH,
)
