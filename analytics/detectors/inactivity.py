"""D2: nobody has moved for longer than this home's habits at this hour explain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.devices import PERSON
from analytics.features.localtime import BINS, HOUR_S
from analytics.features.occupancy import DOORSTEP_S
from analytics.features.plan import ZONES, Zone
from analytics.features.survival import Curve, Grid, Histograms
from analytics.features.wording import ROOMS, duration, has, plural, rarity, subject
from core.model.finding import Finding, Phase, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

ALPHA = 1.0 / 28.0
HALF_LIFE_DAYS = 28.0
PRIOR_DAYS = 10.0
MARGIN = 1.25
RAISE_FACTOR = 1.5
SETTLE_S = 900.0
LONGEST_S = 16 * HOUR_S
LEARNING_DAYS = 14
VALID_DAY_H = 8.0
DENSE_FLOOR_S = {Zone.BATHROOM: 1500.0, Zone.OTHER: 1800.0, Zone.CHAIR: 3600.0, Zone.BED: 5400.0}
DENSE_CAP_S = {
    Zone.BATHROOM: 1.5 * HOUR_S,
    Zone.OTHER: 4 * HOUR_S,
    Zone.CHAIR: 5 * HOUR_S,
    Zone.BED: 12 * HOUR_S,
}
SPARSE_FLOOR_S = 1.5 * HOUR_S
SPARSE_DAY_CAP_S = 8 * HOUR_S
SPARSE_NIGHT_CAP_S = 12 * HOUR_S
NIGHT_H = (19.0, 6.0)
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)
_MOST_MINUTES = 256

GRID = Grid(60.0, LONGEST_S, 80)
#: (pauses a day and bin, median in minutes, sigma) per zone: by day, by night (21 to 09 h).
POPULATION = {
    Zone.BED: ((2.0, 8.0, 1.1), (12.0, 6.0, 1.0)),
    Zone.CHAIR: ((5.0, 6.0, 1.0), (3.0, 6.0, 1.0)),
    Zone.BATHROOM: ((2.0, 3.0, 0.7), (2.0, 3.0, 0.7)),
    Zone.OTHER: ((10.0, 3.0, 1.0), (4.0, 4.0, 1.1)),
}
_NIGHT_BINS = frozenset({7, 0, 1, 2})


def _prior(row: int) -> tuple[float, ...]:
    zone, hours = ZONES[row // BINS], row % BINS
    per_day, minutes, sigma = POPULATION[zone][hours in _NIGHT_BINS]
    return GRID.lognormal(per_day, 60.0 * minutes, sigma)


def _time_in(counts: Sequence[float]) -> float:
    return math.fsum(middle * count for middle, count in zip(GRID.middles, counts, strict=True))


_PRIORS = tuple(_prior(row) for row in range(BINS * len(ZONES)))


class Inactivity:
    """Contextual gap survival with an explicit alarm budget."""

    def __init__(self) -> None:
        self._gaps = Histograms(GRID, BINS * len(ZONES))
        #: Time spent in pauses of each context: the budget of alarms is split by it.
        self._at_risk = [_time_in(prior) for prior in _PRIORS]
        self._risk = 0.0
        self._days = 0.0
        self._calendar_days = 0
        self._valid_s = 0.0
        self._ticked: float | None = None
        #: Minutes that are not settled yet: minute → (first, last, zone of the last).
        self._minutes: dict[int, tuple[float, float, int]] = {}
        self._settled: tuple[float, int] | None = None
        self._aways: list[tuple[float, float]] = []
        self._episode: Episode | None = None
        self._curves: dict[int, Curve] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Note activity; end an open episode."""
        del observation
        if not view.shown or view.device is None:
            return ()
        if view.occupancy.returned is not None:
            self._aways = [*self._aways[-7:], view.occupancy.returned]
        self._note(view.at, ZONES.index(view.device.zone))
        episode = self._episode
        if episode is None or not view.fresh or view.at <= episode.onset:
            return ()
        self._episode = None
        return (self._cleared(episode, view),)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Learn what has settled; find out whether the silence is too long."""
        if self._minutes:
            self._settle(view)
        self._count_time(view)
        last = view.activity.last_at
        if last is None or view.coverage.blind:
            return ()
        if not view.occupancy.home:
            return self._gone(view)
        still = view.still_s()
        if still < DENSE_FLOOR_S[view.activity.zone]:
            return ()
        return self._judge(view, last, still)

    def _judge(self, view: HomeView, last: float, still: float) -> Sequence[Finding]:
        limit = self.limit_s(view)
        episode = self._episode
        if episode is None:
            if still <= limit:
                return ()
            self._episode = Episode(onset=last, noticed=view.now, severity=Severity.CHECK)
            return (self._told(self._episode, view, still, Phase.OPENED),)
        if episode.severity is Severity.CHECK and still > RAISE_FACTOR * limit:
            episode.severity = Severity.URGENT
            return (self._told(episode, view, still, Phase.RAISED),)
        return ()

    def limit_s(self, view: HomeView) -> float:
        """Seconds of stillness that are bearable after the last activity of ``view``."""
        last, zone = view.activity.last_at or view.now, view.activity.zone
        row = self._row(view, last, zone)
        budget = ALPHA * self._at_risk[row] / self._whole_risk(view)
        expected = MARGIN * self._curve(row).exceeded_with(budget)
        return min(max(expected, floor_s(view, zone)), cap_s(view, last, zone))

    def _whole_risk(self, view: HomeView) -> float:
        if self._risk == 0.0:
            firsts = [ZONES.index(zone) * BINS for zone in view.plan.zones]
            self._risk = sum(sum(self._at_risk[row : row + BINS]) for row in firsts)
        return self._risk

    def _curve(self, row: int) -> Curve:
        curve = self._curves.get(row)
        if curve is None:
            curve = Curve(GRID, self._gaps.row(row), self._days, _PRIORS[row], PRIOR_DAYS)
            self._curves[row] = curve
        return curve

    @staticmethod
    def _row(view: HomeView, start: float, zone: Zone) -> int:
        return ZONES.index(zone) * BINS + view.local.bin(start)

    # Learning: gaps settle after 15 min, so that what comes late still finds its place.

    def _note(self, at: float, zone: int) -> None:
        if self._settled is not None and at <= self._settled[0]:
            return
        minute = int(at // 60)
        known = self._minutes.get(minute)
        if known is None:
            self._minutes[minute] = (at, at, zone)
        elif at >= known[1]:
            self._minutes[minute] = (known[0], at, zone)
        elif at < known[0]:
            self._minutes[minute] = (at, known[1], known[2])

    def _settle(self, view: HomeView) -> None:
        minutes = self._minutes
        horizon = view.now - SETTLE_S
        while minutes:
            minute = min(minutes)
            first, last, zone = minutes[minute]
            if last > horizon and len(minutes) <= _MOST_MINUTES:
                break
            if self._settled is not None:
                self._count(*self._settled, first, view)
            self._settled = (last, zone)
            del minutes[minute]

    def _count_time(self, view: HomeView) -> None:
        if self._ticked is not None and view.occupancy.home and not view.coverage.blind:
            self._valid_s += view.now - self._ticked
        self._ticked = view.now
        if view.day_closed:
            self._close_day()

    def _count(self, start: float, zone: int, end: float, view: HomeView) -> None:
        gap = end - start
        if (
            gap < GRID.low_s
            or gap >= LONGEST_S
            or any(left < end and back > start for left, back in self._aways)
        ):
            return
        row = self._row(view, start, ZONES[zone])
        blind = view.coverage.first_blind(start, end)
        if blind is None:
            self._gaps.add(row, gap)
        elif blind - start >= GRID.low_s:
            self._gaps.add_censored(row, blind - start, _PRIORS[row])
        self._curves.pop(row, None)

    def _close_day(self) -> None:
        self._curves.clear()
        self._risk = 0.0
        self._calendar_days += 1
        if self._valid_s >= VALID_DAY_H * HOUR_S:
            self._gaps.decay(_KEEP)
            self._days = self._days * _KEEP + 1.0
            self._at_risk = [
                PRIOR_DAYS * _time_in(prior) + _time_in(self._gaps.row(row))
                for row, prior in enumerate(_PRIORS)
            ]
        self._valid_s = 0.0

    # Words

    def _told(self, episode: Episode, view: HomeView, still: float, phase: Phase) -> Finding:
        zone = view.activity.zone
        rate = self._curve(self._row(view, episode.onset, zone)).exceedance(still)
        known = PRIOR_DAYS + self._calendar_days
        days = 1.0 / max(rate, 1e-9)
        where = ROOMS[view.activity.room]
        learned = self._calendar_days
        note = (
            "" if learned >= LEARNING_DAYS else f" (learning, day {learned + 1} of {LEARNING_DAYS})"
        )
        return finding(
            view,
            DETECTOR.name,
            episode,
            f"No movement since {view.clock(episode.onset)} ({where}), {duration(still)}",
            phase,
            unusual=f"At this time of day that happens {rarity(days, known)}{note}",
            once_in_days=round(min(days, known), 1),
            ruled_out=_ruled_out(view),
            advice="Call or look in; if nobody answers, have someone go there.",
            evidence=(fact(f"Last movement: {where}", episode.onset),),
        )

    def _cleared(self, episode: Episode, view: HomeView) -> Finding:
        late = view.at <= episode.noticed
        where = ROOMS[view.device.room if view.device else ""]
        when = view.clock(view.at)
        what = (
            f"Late data: movement at {when} ({where}) reached us only at {view.clock(view.now)}"
            if late
            else f"Movement again at {when} ({where})"
        )
        return finding(view, DETECTOR.name, episode, what, Phase.CLEARED)

    def _gone(self, view: HomeView) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        if episode is None:
            return ()
        what = f"{has(view.plan.pronoun)} gone out, by the door at {_door(view)}"
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "gaps": self._gaps.snapshot(),
            "at_risk": self._at_risk,
            "days": self._days,
            "calendar": self._calendar_days,
            "valid": self._valid_s,
            "ticked": self._ticked,
            "minutes": [[key, *value] for key, value in sorted(self._minutes.items())],
            "settled": self._settled,
            "aways": self._aways,
            "episode": self._episode.snapshot() if self._episode else None,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._gaps.restore(state["gaps"])
        self._at_risk, self._risk = list(state["at_risk"]), 0.0
        self._days, self._calendar_days = state["days"], state["calendar"]
        self._valid_s, self._ticked = state["valid"], state["ticked"]
        self._minutes = {key: (first, last, zone) for key, first, last, zone in state["minutes"]}
        self._settled = (
            None if state["settled"] is None else (state["settled"][0], state["settled"][1])
        )
        self._aways = [(left, back) for left, back in state["aways"]]
        self._episode = Episode.restored(state["episode"])
        self._curves = {}


def floor_s(view: HomeView, zone: Zone) -> float:
    """Shortest stillness in seconds that is ever told (docs/decisions/0042)."""
    dense = DENSE_FLOOR_S[zone]
    return float(SPARSE_FLOOR_S * (dense / SPARSE_FLOOR_S) ** view.activity.density(view.plan))


def cap_s(view: HomeView, start: float, zone: Zone) -> float:
    """Longest bearable stillness in seconds, whatever was learned (docs/decisions/0042).

    The caps of a densely sensed home would alarm all day in a home with eight sensors: between the two
    it goes by the logarithm of how densely this home is sensed.
    """
    hour = view.local.hour(start)
    night = hour >= NIGHT_H[0] or hour < NIGHT_H[1]
    sparse = SPARSE_NIGHT_CAP_S if night else SPARSE_DAY_CAP_S
    dense = min(DENSE_CAP_S[zone], sparse)
    return float(sparse * (dense / sparse) ** view.activity.density(view.plan))


def _door(view: HomeView) -> str:
    return "no time" if view.occupancy.door_at is None else view.clock(view.occupancy.door_at)


def _ruled_out(view: HomeView) -> tuple[str, ...]:
    sensing = [device for device in view.plan.devices if device.interior]
    alive = sum(
        view.coverage.silence_s(device, view.now) <= view.coverage.silent_limit_s(device)
        for device in sensing
    )
    door = view.occupancy.door_at
    if door is None:
        out = "No door to the outside has moved since the watch began"
    elif (view.activity.interior_at or 0.0) <= door + DOORSTEP_S:
        out = f"Going out is possible: the door moved at {view.clock(door)}, when movement ended"
    else:
        out = f"{subject(view.plan.pronoun)} not out (door last moved at {view.clock(door)})"
    if not any(device.exterior_door for device in view.plan.devices):
        out = "Whether somebody went out is not known: no sensor on the door"
    alive_text = "all " if alive == len(sensing) else f"{alive} of "
    return (out, f"{alive_text}{plural(len(sensing), 'sensor')} alive")


DETECTOR = DetectorSpec(
    name="inactivity",
    title="No movement",
    notices="Nobody has moved for longer than the habits of this home explain at this time of day.",
    blind_spots=(
        "A second person or a pet who moves hides one who lies still.",
        "A fall right after an outer door closes looks like going out; then the late return tells.",
        "While the home can not be seen the clock stands still; the operators are told instead.",
    ),
    references=(
        "detection.md §1: contextual gap survival; TIHM frontier (caps by density of sensing)",
        "Wilhelm & Wahl 2024, Sensors 24(20):6583, the detection time to beat",
        "Fleming & Brayne 2008, BMJ 337:a2227, long lies",
        "Efron 1967, Proc. 5th Berkeley Symposium 4:831, censored durations",
        "Population curve: our judgement after CASAS Aruba; not validated on people with dementia",
    ),
    parameters=(
        Parameter(name="alpha", value=ALPHA, unit="/d", meaning="expected false alarms a day"),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
        Parameter(
            name="prior", value=PRIOR_DAYS, unit="d", meaning="weight of the population curve"
        ),
        Parameter(name="margin", value=MARGIN, unit="1", meaning="factor on the learned limit"),
        Parameter(
            name="raise", value=RAISE_FACTOR, unit="1", meaning="urgent beyond so many limits"
        ),
        Parameter(
            name="settle", value=SETTLE_S, unit="s", meaning="wait for late data in learning"
        ),
        Parameter(
            name="longest",
            value=LONGEST_S,
            unit="s",
            meaning="longer gaps are blind or away: not learned",
        ),
        Parameter(
            name="latest",
            value=SPARSE_NIGHT_CAP_S / 3600,
            unit="h",
            meaning="told by then, whatever learned",
        ),
    ),
    create=Inactivity,
    notices_silence=True,
    quantities=PERSON,
)
