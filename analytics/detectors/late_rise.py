"""D3: nobody is up by the hour at which this home has practically always been up."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from analytics.detector import (
    NEVER,
    DetectorSpec,
    Episode,
    Parameter,
    Signs,
    fact,
    finding,
    forecast,
)
from analytics.features.devices import PERSON
from analytics.features.localtime import DAY_STARTS_H, HOUR_S
from analytics.features.pauses import LONGEST_S
from analytics.features.plan import Zone
from analytics.features.ruled_out import ruled_out
from analytics.features.wording import ROOMS, clock
from core.model.finding import Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.home import Placement
from core.model.said import say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

SHARE = 0.9
"""A quantile that one or two odd mornings do not move: with less than 40 rises that of 0.975 is the latest of
them all, and who has risen late once was not told of again (docs/decisions/0209)."""
GRACE_H = 1.25
CAP_H = 11.0
CAP_AFTER_MEDIAN_H = 3.0
LEARNING_DAYS = 14
KEPT_DAYS = 56
SUSTAINED_MINUTES = 4
SUSTAINED_S = 1800.0
_NO_RISE = frozenset({Zone.BED, Zone.BATHROOM})
"""Who stirs in bed, or goes to the bathroom and back, is not up (0112)."""
_ALWAYS = -math.inf


class LateRise:
    """The hour of the first sustained movement of each day, and whether today's is overdue."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        #: Local hours of the last rises, the latest last.
        self._rises = array("f")
        self._up = False
        #: Minutes with movement that may be the beginning of the day.
        self._minutes: list[int] = []
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Find out whether the day begins."""
        del observation
        if self._up or not view.fresh or view.device is None:
            return ()
        if view.previous_at is not None and view.at - view.previous_at >= LONGEST_S:
            # an absence or an outage that nobody saw is over: when the day began is not known
            self._up, self._minutes, self.due = True, [], NEVER
            return self._cleared(view, say("Movement again at %(time)s", time=view.clock(view.at)))
        door = view.device.exterior_door
        if view.local.day(view.at) != view.day or (view.device.zone in _NO_RISE and not door):
            return ()  # what is of the day before and heard after its end begins none either
        if door:
            return self._rise(view, view.at)
        minute = int(view.at // 60)
        oldest = minute - SUSTAINED_S / 60
        self._minutes = [one for one in self._minutes if oldest <= one != minute] + [minute]
        if len(self._minutes) < SUSTAINED_MINUTES:
            return ()
        return self._rise(view, self._minutes[0] * 60.0)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Begin a day; find out whether its rise is overdue."""
        said: Sequence[Finding] = ()
        if view.day_closed:
            said = self._cleared(view, say("A new day has begun"))
            self._up, self._minutes = False, []
        self.due = NEVER
        if self._up or len(self._rises) < LEARNING_DAYS or view.coverage.blind:
            return said
        if not view.occupancy.home:
            self._up = True
            what = say("The outer door moved: somebody has gone out")
            return [*said, *self._cleared(view, what)]
        return [*said, *self._judge(view)]

    def _judge(self, view: HomeView) -> Sequence[Finding]:
        usual, latest = self._limits(view)
        episode = self._episode
        if episode is None:
            if view.now < usual:
                self.due = usual
                return ()
            onset = view.activity.last_at or view.now
            self._episode = Episode(onset=onset, noticed=view.now, severity=Severity.NOTICE)
            self.due = latest if _bed_sensed(view) else NEVER
            return (self._told(self._episode, view, Phase.OPENED),)
        if episode.severity is not Severity.NOTICE or not _bed_sensed(view):
            return ()
        if view.now < latest:
            self.due = latest
            return ()
        episode.severity = Severity.CHECK
        return (self._told(episode, view, Phase.RAISED),)

    def _limits(self, view: HomeView) -> tuple[float, float]:
        """Return when a rise is unusually late today, and when a carer is told, in seconds."""
        usual_h, latest_h = self.limits_h(view.margin(DETECTOR.name, view.now))
        begun = self._begun(view)
        return (
            begun + (usual_h - DAY_STARTS_H) * HOUR_S,
            begun + (latest_h - DAY_STARTS_H) * HOUR_S,
        )

    def limits_h(self, margin: float) -> tuple[float, float]:
        """Return the local hours of a notice and of a check; the cap is 11:00 or median + 3 h."""
        rises = sorted(self._rises)
        median = rises[len(rises) // 2]
        late = rises[min(math.ceil(SHARE * len(rises)), len(rises)) - 1]
        latest = max(CAP_H, median + CAP_AFTER_MEDIAN_H)
        return min(median + (late + GRACE_H - median) * margin, latest), latest

    @staticmethod
    def _begun(view: HomeView) -> float:
        """Return a moment from which hours of the clock can be counted: noon, whatever changes."""
        hour = view.local.hour(view.now)
        return view.now - ((hour - DAY_STARTS_H) % 24.0) * HOUR_S

    def _rise(self, view: HomeView, at: float) -> Sequence[Finding]:
        self._up, self._minutes, self.due = True, [], NEVER
        hour = view.local.hour(at)
        if hour >= DAY_STARTS_H:
            self._rises = array("f", [*self._rises[-KEPT_DAYS + 1 :], hour])
        return self._cleared(view, say("Up: movement since %(time)s", time=view.clock(at)))

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks if nobody gets up."""
        if self._up or len(self._rises) < LEARNING_DAYS or view.coverage.blind:
            return None
        noted = self._episode is not None
        if not view.occupancy.home or (noted and not self._rises_further(view)):
            return None
        usual, latest = self._limits(view)
        at = max(usual if self._episode is None else latest, view.now)
        if at >= view.occupancy.doubted_at:
            return None  # somebody counts as gone out by then
        first = self._episode is None
        told = (
            marked("If nobody is up by %(time)s, it is noted as late")
            if first
            else marked("If nobody is up by %(time)s, the first carer is told")
        )
        severity = Severity.NOTICE if first else Severity.CHECK
        what = say(told, time=clock(view.local, at, view.now))
        return forecast(view, DETECTOR.name, at, severity, what)

    def _rises_further(self, view: HomeView) -> bool:
        told = self._episode is not None and self._episode.severity is Severity.CHECK
        return _bed_sensed(view) and not told

    def _told(self, episode: Episode, view: HomeView, phase: Phase) -> Finding:
        rises = sorted(self._rises)
        where = ROOMS[view.activity.room]
        return finding(
            view,
            DETECTOR.name,
            episode,
            say("Not up yet at %(time)s", time=view.clock(view.now)),
            phase,
            unusual=say_each(
                "Usually up by %(usual)s, on the latest of %(n)s day by %(latest)s",
                "Usually up by %(usual)s, on the latest of %(n)s days by %(latest)s",
                len(rises),
                usual=_hour(rises[len(rises) // 2]),
                latest=_hour(rises[-1]),
            ),
            ruled_out=ruled_out(view),
            advice=say("Call; if nobody answers, look in."),
            evidence=(fact(say("Last movement: %(room)s", room=where), episode.onset),),
        )

    def _cleared(self, view: HomeView, what: str) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        if episode is None:
            return ()
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def snapshot(self) -> Any:
        """Return the state."""
        episode = self._episode.snapshot() if self._episode else None
        return [self._rises.tobytes(), self._up, list(self._minutes), episode]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._rises, self._up, self._minutes = array("f", state[0]), state[1], list(state[2])
        self._episode, self.due = Episode.restored(state[3]), _ALWAYS


def _bed_sensed(view: HomeView) -> bool:
    """Whether a bed says that somebody is in it: otherwise D2 alone wakes a carer (0112)."""
    return any(device.placement is Placement.BED for device in view.plan.devices)


def _hour(hours: float) -> str:
    return f"{int(hours):02d}:{int(hours % 1 * 60):02d}"


DETECTOR = DetectorSpec(
    name="late_rise",
    title="Not up yet",
    notices="Nobody is up and about by the hour at which this home has practically always been up.",
    blind_spots=(
        "Who has gone out before the first movement inside counts as up.",
        "A second person who is up hides one who is not.",
        "In the first two weeks the usual hours are not known.",
        "Nothing on the day on which the home is heard again after 16 h and more.",
    ),
    references=(
        "detection.md (a) D3",
        "docs/decisions/0112, 0209: what counts as up, when it is late",
    ),
    parameters=(
        Parameter(name="share", value=SHARE, unit="1", meaning="quantile of the usual hours"),
        Parameter(name="grace", value=GRACE_H, unit="h", meaning="after that quantile: a notice"),
        Parameter(name="cap", value=CAP_H, unit="h", meaning="hour of the day of a check, or …"),
        Parameter(
            name="cap_after", value=CAP_AFTER_MEDIAN_H, unit="h", meaning="… the median and so much"
        ),
        Parameter(
            name="sustained",
            value=SUSTAINED_MINUTES,
            unit="min",
            meaning="minutes with movement within half an hour that make a rise",
        ),
        Parameter(
            name="margin",
            value=1.0,
            unit="1",
            meaning="factor on the hours beyond the median, moved by carers' answers",
            low=0.8,
            high=1.6,
        ),
    ),
    create=LateRise,
    forecasts=True,
    state_version=2,
    quantities=PERSON,
    signs=Signs.FRESH,
)
