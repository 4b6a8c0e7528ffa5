"""D1: somebody went out and is not back by the time that outings of this home usually end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analytics.detector import (
    EACH_TICK,
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
from analytics.features.localtime import BINS, DAY_S, HOUR_S
from analytics.features.ruled_out import animal, unseen
from analytics.features.survival import Grid, Histograms
from analytics.features.wording import ROOMS, duration
from core.model.finding import Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.said import say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

SHARE = 0.975
MARGIN = 1.25
RAISE_FACTOR = 1.5
SHORTEST_S = 5400.0
LONGEST_S = 10 * HOUR_S
LONGEST_NIGHT_S = 4 * HOUR_S
NIGHT_H = (21.0, 5.0)
PRIOR_OUTINGS = 10.0
HALF_LIFE_DAYS = 56.0
KNOWN_OUTINGS = 10.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)

GRID = Grid(600.0, 24 * HOUR_S, 40)
#: (share, minutes): how long outings last at most, CASAS Aruba, 431 outings (detection.md §1).
POPULATION = ((0.0, 10.0), (0.25, 16.0), (0.5, 92.0), (0.75, 165.0), (0.95, 258.0), (0.99, 369.0))
_LAST_MIN = 720.0


def _share_below(duration_s: float) -> float:
    points = (*POPULATION, (1.0, _LAST_MIN))
    for (low, start), (high, end) in pairwise(points):
        if duration_s <= end * 60.0:
            return low + (high - low) * max(duration_s / 60.0 - start, 0.0) / (end - start)
    return 1.0


_PRIOR = tuple(
    PRIOR_OUTINGS * (_share_below(high) - _share_below(low)) for low, high in pairwise(GRID.edges)
)


class NotBack:
    """Late return after the habits of each time of departure."""

    def __init__(self) -> None:
        self.due = EACH_TICK
        self._outings = Histograms(GRID, BINS)
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Learn from a return and end an open episode."""
        del observation
        ended = view.occupancy.returned
        if ended is not None:
            left, back = ended
            if (
                GRID.low_s <= back - left <= 24 * HOUR_S
                and view.coverage.first_blind(left, back) is None
            ):
                self._outings.add(view.local.bin(left), back - left)
        episode = self._episode
        if episode is None or view.occupancy.left_at is not None:
            return ()
        self._episode = None
        where = ROOMS[view.device.room if view.device else ""]
        when = view.clock(view.at)
        what = say("Back: movement at %(time)s (%(room)s)", time=when, room=where)
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether an outing lasts too long."""
        if view.day_closed:
            self._outings.decay(_KEEP)
        self.due = NEVER  # coming back and being blind change the view, and bring a tick
        left = view.occupancy.left_at
        if left is None or view.occupancy.home or view.coverage.blind:
            return ()
        if self._episode is not None:
            left = self._episode.onset
        out, target = view.coverage.elapsed(left, view.now), self._target_s(view, left)
        if out <= target:
            self.due = view.now + (target - out)
            return ()
        episode, self.due = self._episode, EACH_TICK
        if episode is None:
            self._episode = Episode(onset=left, noticed=view.now, severity=Severity.CHECK)
            return (self._told(self._episode, view, out, Phase.OPENED),)
        episode.severity = Severity.URGENT
        return (self._told(episode, view, out, Phase.RAISED),)

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks if nobody comes back."""
        left, doubted = view.occupancy.left_at, view.occupancy.doubted_at
        if left is None or view.coverage.blind:
            return None
        if self._episode is not None:
            left = self._episode.onset
        target = self._target_s(view, left)
        if target == NEVER:
            return None
        speaks = view.now + max(target - view.coverage.elapsed(left, view.now), 0.0)
        if view.occupancy.home:  # who may have left counts as out once silence has lasted
            if doubted > view.now + DAY_S:
                return None
            speaks = max(speaks, doubted)
        raised = self._episode is not None
        told = (
            marked("If nobody is back by %(time)s, it becomes urgent")
            if raised
            else marked("If nobody is back by %(time)s, the first carer is told")
        )
        severity = Severity.URGENT if raised else Severity.CHECK
        what = say(told, time=view.clock(speaks))
        return forecast(view, DETECTOR.name, speaks, severity, what)

    def _target_s(self, view: HomeView, left: float) -> float:
        """Seconds out after which there is something to say."""
        if self._episode is None:
            return self.limit_s(view, left)
        if self._episode.severity is Severity.CHECK:
            return RAISE_FACTOR * self.limit_s(view, left)
        return NEVER

    def usual_s(self, row: int) -> float:
        """Seconds within which most outings that begin in a three-hour bin end."""
        counts = [
            prior + count for prior, count in zip(_PRIOR, self._outings.row(row), strict=True)
        ]
        wanted, seen = SHARE * sum(counts), 0.0
        for index, count in enumerate(counts):
            seen += count
            if seen >= wanted:
                return GRID.edges[index + 1]
        return GRID.edges[-1]

    def limit_s(self, view: HomeView, left: float) -> float:
        """Seconds after which an outing that began at ``left`` is too long."""
        hour = view.local.hour(left)
        night = hour >= NIGHT_H[0] or hour < NIGHT_H[1]
        if view.occupancy.perhaps_home:
            return LONGEST_S
        longest = LONGEST_NIGHT_S if night else LONGEST_S
        usual = self.usual_s(view.local.bin(left)) * view.margin(DETECTOR.name, left)
        return min(max(MARGIN * usual, SHORTEST_S), longest)

    def _told(self, episode: Episode, view: HomeView, out: float, phase: Phase) -> Finding:
        row = view.local.bin(episode.onset)
        known = self._outings.total(row)
        if known >= KNOWN_OUTINGS:
            usual = duration(self.usual_s(row))
            unusual = say("Usually back within %(span)s (39 of 40 outings)", span=usual)
        else:
            unusual = say("The usual outings at this time of day are not known yet (learning)")
        door, onset = view.occupancy.door_at, view.clock(episode.onset)
        what = say("Left at %(time)s; not back after %(span)s", time=onset, span=duration(out))
        evidence = [fact(say("The outer door opened after movement near it"), episode.onset)]
        if episode.onset > view.occupancy.out_at:  # moved inside since, and was not believed
            what = say(
                "Out by the door at %(door)s, or inside and not seen since %(time)s, %(span)s",
                door=view.clock(view.occupancy.out_at),
                time=onset,
                span=duration(out),
            )
            evidence = [fact(say("Movement inside, perhaps of somebody"), episode.onset)]
        if door is not None and door > episode.onset + 60:
            evidence.append(fact(say("The outer door last moved"), door))
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            phase,
            unusual=unusual,
            ruled_out=(_silent_inside(view), *animal(view)),
            advice=say(
                "Call; if nobody answers, look inside near the door first, then the usual places."
            ),
            evidence=(*evidence, *unseen(view, episode.onset)),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "outings": self._outings.snapshot(),
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._outings.restore(state["outings"])
        self._episode = Episode.restored(state["episode"])
        self.due = EACH_TICK


def _silent_inside(view: HomeView) -> str:
    if view.lone is None:
        return say("No movement inside since then")
    return say("No movement inside since then that goes on")


DETECTOR = DetectorSpec(
    name="not_back",
    title="Not back yet",
    notices="Somebody left by an outer door and is out for longer than is usual at that time of day.",
    blind_spots=(
        "Nothing without a sensor on each door that leads out.",
        "Where several people live, one who stays keeps the home occupied.",
        "A sensor that fires without a person, or an animal that nobody has told us of, ends the outing.",
    ),
    references=(
        "detection.md §1 (home, leaving, away; the second timer) and (a) D1",
        "CASAS Aruba, 431 outings of one woman: the population curve (detection.md §1)",
        "Petersen et al. 2014, presence from sensor firings, PMC4159765",
    ),
    parameters=(
        Parameter(name="share", value=SHARE, unit="1", meaning="quantile of usual outings"),
        Parameter(name="margin", value=MARGIN, unit="1", meaning="factor on the quantile"),
        Parameter(
            name="answers",
            value=1.0,
            unit="1",
            meaning="factor on it, moved by carers' answers",
            low=0.8,
            high=1.6,
        ),
        Parameter(name="shortest", value=SHORTEST_S / 60, unit="min", meaning="never told earlier"),
        Parameter(name="longest", value=LONGEST_S / 3600, unit="h", meaning="always told by then"),
        Parameter(
            name="longest_night",
            value=LONGEST_NIGHT_S / 3600,
            unit="h",
            meaning="the same from 21 to 05 h",
        ),
        Parameter(name="prior", value=PRIOR_OUTINGS, unit="1", meaning="weight of the population"),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
    ),
    create=NotBack,
    forecasts=True,
    quantities=PERSON,
    signs=Signs.SHOWN,
)
