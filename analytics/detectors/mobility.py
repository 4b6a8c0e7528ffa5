"""D12: the ways from room to room take longer than they did, and go on doing so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features.paces import (
    FEWEST_PAIRS,
    FEWEST_STEPS,
    HALF_LIFE_DAYS,
    MOST_PAIRS,
    REFERENCE_DAYS,
    SHARE,
    SPREAD,
    THROUGH_SHARE,
    PaceChange,
    Paces,
)
from analytics.features.walks import STEP_S
from analytics.features.wording import ROOMS
from core.model.finding import Evidence, Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import figure, percent, say, say_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

LONGER = math.log(1.1)
STRENGTH = 2.0
"""Below detection.md §8 (1.15 and 3.5), whose ways are longer than those that sensors in rooms see
(docs/decisions/0122)."""
FIRST_DAYS = 42
DAYS_IN_A_ROW = 14
ALONE_SHARE = 0.5
"""So much of the change that is told must remain without the room that it most depends on."""
CALM_SHARE = 0.7
MOST_SHOWN = 5
_ALWAYS = -math.inf


class Mobility:
    """The ways of the last weeks beside those of the first 90 days, judged once a day."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._paces = Paces()
        self._day = -1
        #: Whether somebody walked since the last settled day, alone.
        self._walked = False
        #: Days in a row on which the ways took longer.
        self._days = 0
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in how long the way to this room took."""
        del observation
        step = view.walks.step
        if step is not None and view.fresh and not view.occupancy.visitor:
            self._paces.add(step)
            self._walked = True
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Judge when a day is settled."""
        self.due = view.hours.due
        settled = view.hours.settled
        if settled is None or settled.day.number <= self._day:
            return ()
        self._day = settled.day.number
        if not self._walked:
            return ()
        self._walked = False
        change = self._paces.change() if self._paces.days >= FIRST_DAYS else None
        self._paces.close_day(change)
        return () if change is None else self._judge(view, change, settled.day.start)

    def _judge(self, view: HomeView, change: PaceChange, start: float) -> Sequence[Finding]:
        self._days = self._days + 1 if _longer(change) else 0
        if self._episode is None and self._days >= DAYS_IN_A_ROW:
            onset = start - (DAYS_IN_A_ROW - 1) * 86400.0
            self._episode = Episode(onset=onset, noticed=view.now, severity=Severity.NOTICE)
            return (_told(view, self._episode, change),)
        if self._episode is not None and change.change < CALM_SHARE * LONGER:
            episode, self._episode = self._episode, None
            what = say("Ways from room to room take as long as they did before")
            return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)
        return ()

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "paces": self._paces.snapshot(),
            "days": [self._day, self._walked, self._days],
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._paces = Paces.restored(state["paces"])
        self._day, self._walked, self._days = state["days"]
        self._episode = Episode.restored(state["episode"])
        self.due = _ALWAYS


def _longer(change: PaceChange) -> bool:
    return (
        change.change > LONGER
        and change.strength > STRENGTH
        and change.without_a_room > ALONE_SHARE * LONGER
    )


def _told(view: HomeView, episode: Episode, change: PaceChange) -> Finding:
    more = round(100.0 * (math.exp(change.change) - 1.0))
    return finding(
        view,
        DETECTOR.name,
        episode,
        say(
            "Ways from room to room take about %(share)s longer than they did before",
            share=percent(more),
        ),
        unusual=say_each(
            "For %(n)s day, on several ways, beside the first weeks of the watch",
            "For %(n)s days, on several ways, beside the first weeks of the watch",
            DAYS_IN_A_ROW,
        ),
        ruled_out=(
            say("Not one room alone: a sensor that was moved would change its own ways only"),
        ),
        advice=say("Look at the walking: shoes, pain, tiredness, what stands in the way?"),
        evidence=_facts(view, change),
    )


def _facts(view: HomeView, change: PaceChange) -> tuple[Evidence, ...]:
    rooms = {one.room_id: ROOMS.get(one.room, ROOMS["other"]) for one in view.plan.devices}
    unknown = say("a room")
    most = sorted(change.pairs, key=lambda one: (-one.weight, one.key))[:MOST_SHOWN]
    return tuple(
        fact(
            say(
                "From %(room)s to %(other)s: %(lately)s s, before %(before)s s",
                room=rooms.get(one.key[0], unknown),
                other=rooms.get(one.key[1], unknown),
                lately=figure(one.lately_s, 1),
                before=figure(one.before_s, 1),
            )
        )
        for one in most
    )


DETECTOR = DetectorSpec(
    name="mobility",
    title="Time from room to room",
    notices="The ways from room to room have taken longer for weeks than they did at first.",
    blind_spots=(
        "Who walks more slowly already when the watch begins: that is the reference.",
        "Nothing is said in the first eight weeks, nor where fewer than three ways are walked often.",
        "Motion sensors that are blind for minutes after each movement see few ways, and badly how long.",
        "Where all ways lead through one room, its sensor moved or set anew looks like a change of pace.",
        "All sensors replaced, or set anew at once, look like a change of pace.",
        "With several people at home, whose ways they were.",
    ),
    references=(
        "detection.md §8 and (a) D12",
        "Rana et al. 2013, arXiv 1310.4880: walking speed from motion sensors in rooms",
        "Hagler et al. 2010, IEEE Trans Biomed Eng 57:813: walking speed from a line of sensors",
        "docs/decisions/0122: spread of the ways on the TIHM study, found declines in simulated homes",
    ),
    parameters=(
        Parameter(name="longer", value=math.exp(LONGER), unit="1", meaning="ratio that is told"),
        Parameter(
            name="strength", value=STRENGTH, unit="1", meaning="standard deviations of the change"
        ),
        Parameter(name="lasting", value=DAYS_IN_A_ROW, unit="d", meaning="days in a row"),
        Parameter(name="first", value=FIRST_DAYS, unit="d", meaning="days before it judges"),
        Parameter(name="reference", value=REFERENCE_DAYS, unit="d", meaning="days, then frozen"),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of late"),
        Parameter(
            name="quartile", value=SHARE, unit="1", meaning="share of a pair's ways: the fastest"
        ),
        Parameter(name="shortest", value=STEP_S[0], unit="s", meaning="shorter is no way"),
        Parameter(name="longest", value=STEP_S[1], unit="s", meaning="longer is no way"),
        Parameter(name="steps", value=FEWEST_STEPS, unit="1", meaning="ways of late, at least"),
        Parameter(name="pairs", value=FEWEST_PAIRS, unit="1", meaning="pairs of rooms, at least"),
        Parameter(name="most_pairs", value=MOST_PAIRS, unit="1", meaning="pairs that are kept"),
        Parameter(
            name="alone",
            value=ALONE_SHARE,
            unit="1",
            meaning="share that must remain without any one room",
        ),
        Parameter(
            name="through",
            value=THROUGH_SHARE,
            unit="1",
            meaning="a room with more of the ways can not be left out",
        ),
        Parameter(name="spread", value=SPREAD, unit="1", meaning="of a person's own change"),
    ),
    create=Mobility,
    quantities=frozenset({Quantity.MOTION}),
    signs=Signs.FRESH,
)
