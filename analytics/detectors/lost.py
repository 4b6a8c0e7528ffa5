"""D8: out on foot on unknown ways, turning and coming back to the same places, not nearer to home."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features import losing_way, paths, tracks
from analytics.features.device_faults import RETIRED
from analytics.features.fixes import SIGMAS_IN_RADIUS, away
from analytics.features.losing_way import LIMIT
from analytics.features.outdoors import LEARNED_OUTINGS
from analytics.features.wording import by_pronoun, duration, listed
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import figure, say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.losing_way import Score
    from analytics.features.paths import Walked
    from analytics.features.tracks import Track
    from analytics.features.view import HomeView
    from core.model.observation import Observation

HOLD_S = 300.0
CALM = LIMIT - 0.5
ENOUGH = (LIMIT - CALM) * HOLD_S
"""Evidence, score above `CALM` times seconds: 3.5 for 5 min, or in proportion sooner when higher."""
MOST_ABOVE = 1.7
"""So that it takes a minute and a half at least, however high the score."""
MOST_GAP_S = 180.0
FORGET_S = 900.0
FIRST_SPAN_S = 60.0
LATE_S = 900.0
_MUCH, _OFTEN_DEG = 0.5, 45.0
_HARDLY_NEARER = 0.2


class _Watch:
    """What has gathered about one tracker (Page's cumulative sums)."""

    def __init__(self) -> None:
        self.winding = self.aimless = 0.0
        #: Since when, and when the last score was; None before the first.
        self.since, self.last = 0.0, -math.inf
        self.episode: Episode | None = None

    def gather(self, score: Score, at: float) -> None:
        """Add what lies above `CALM`, take away what lies below."""
        if at - self.last > FORGET_S:
            self.winding = self.aimless = 0.0
            self.last = at - FIRST_SPAN_S
        if self.winding == 0.0 == self.aimless:
            self.since = at
        span = min(at - self.last, MOST_GAP_S)
        self.winding = _sum(self.winding, score.winding, span)
        self.aimless = _sum(self.aimless, score.aimless, span)
        self.last = at

    def severity(self, score: Score) -> Severity | None:
        """Return what it amounts to at this fix."""
        if self.aimless >= ENOUGH and score.aimless >= LIMIT:
            return Severity.URGENT
        if self.winding >= ENOUGH and score.winding >= LIMIT:
            return Severity.CHECK
        return None

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        episode = self.episode.snapshot() if self.episode else None
        return [self.winding, self.aimless, self.since, self.last, episode]

    @classmethod
    def restored(cls, state: list[Any]) -> _Watch:
        """Return it as `snapshot` saw it."""
        watch = cls()
        watch.winding, watch.aimless, watch.since, watch.last = state[:4]
        watch.episode = Episode.restored(state[4])
        return watch


def _sum(gathered: float, score: float, span: float) -> float:
    return min(max(gathered + min(score - CALM, MOST_ABOVE) * span, 0.0), ENOUGH)


class LosingWay:
    """The score of each tracker, and for how long it has been high."""

    def __init__(self) -> None:
        self.due = NEVER
        self._watches: dict[int, _Watch] = {}

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Judge a fix."""
        device, outdoors = observation.device_id, view.outdoors
        if outdoors.heard != device:
            return ()
        track = outdoors.tracks[device]
        if track.left_at is None or outdoors.at_anchor(track):
            return self._over(device, track, view)
        if track.score is None:
            return ()
        watch = self._watches.setdefault(device, _Watch())
        watch.gather(track.score, view.at)
        severity, episode = watch.severity(track.score), watch.episode
        known = -1 if episode is None else episode.severity.rank
        if severity is None or severity.rank <= known or view.now - view.at > LATE_S:
            return ()
        return self._told(device, watch, severity, view)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """End what was told of trackers that are not in use any more.

        Only fixes tell where she goes; `geofence` tells of those that do not come.
        """
        if not view.changed:
            return ()
        gone = [device for device in sorted(self._watches) if device not in view.plan.by_id]
        return [one for device in gone for one in self._cleared(device, RETIRED, view)]

    def _over(self, device: int, track: Track, view: HomeView) -> Sequence[Finding]:
        if device not in self._watches:
            return ()
        what = say("Back near home at %(time)s", time=view.clock(view.at))
        if track.left_at is not None:
            what = say("In a place that is known, %(place)s", place=view.outdoors.where(track))
        return self._cleared(device, what, view)

    def _cleared(self, device: int, what: str, view: HomeView) -> Sequence[Finding]:
        watch = self._watches.pop(device, None)
        if watch is None or watch.episode is None:
            return ()
        return (
            finding(
                view, DETECTOR.name, watch.episode, what, Phase.CLEARED, subject=f"device:{device}"
            ),
        )

    def _told(
        self, device: int, watch: _Watch, severity: Severity, view: HomeView
    ) -> Sequence[Finding]:
        outdoors = view.outdoors
        track = outdoors.tracks[device]
        walked, fix = track.path.walked(view.at, outdoors.ground.anchors()), track.fix
        if walked is None or fix is None:
            return ()
        first = watch.episode is None
        onset = watch.since if watch.episode is None else watch.episode.onset
        episode = watch.episode = Episode(onset=onset, noticed=view.now, severity=severity)
        radius = away(fix.sigma * SIGMAS_IN_RADIUS)
        where = outdoors.where(track)
        text = say(
            "At %(time)s %(place)s, give or take %(far)s",
            time=view.clock(view.at),
            place=where,
            far=radius,
        )
        evidence = [fact(text, view.at, device)]
        if track.left_at is not None:
            left = say("Left the surroundings of the home")
            evidence.append(fact(left, track.left_at, device))
        return (
            finding(
                view,
                DETECTOR.name,
                episode,
                say(
                    "Out on foot %(place)s %(how)s, for %(span)s",
                    place=where,
                    how=_how(walked),
                    span=duration(view.at - onset),
                ),
                Phase.OPENED if first else Phase.RAISED,
                subject=f"device:{device}",
                unusual=_unusual(walked, view),
                ruled_out=(
                    say("Not in a vehicle"),
                    say("Not at home or at a place of many visits"),
                ),
                advice=_advice(severity, view),
                evidence=tuple(evidence),
            ),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return {str(device): watch.snapshot() for device, watch in self._watches.items()}

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._watches = {int(device): _Watch.restored(one) for device, one in state.items()}


def _advice(severity: Severity, view: HomeView) -> str:
    if severity is Severity.URGENT:
        return by_pronoun(
            view.plan.pronoun,
            marked("Call her now; if nobody answers, go there."),
            marked("Call him now; if nobody answers, go there."),
            marked("Call them now; if nobody answers, go there."),
        )
    return by_pronoun(
        view.plan.pronoun,
        marked("Call and ask her about the way."),
        marked("Call and ask him about the way."),
        marked("Call and ask them about the way."),
    )


def _how(walked: Walked) -> str:
    parts = []
    if walked.novel >= _MUCH:
        parts.append(say("on unknown ways"))
    if walked.turn >= _OFTEN_DEG:
        parts.append(say("turning often"))
    if walked.loops:
        parts.append(say("back at the same place again"))
    if walked.progress < _HARDLY_NEARER and len(parts) < 2:  # noqa: PLR2004
        parts.append(say("not getting nearer to any known place"))
    return listed(parts)


def _unusual(walked: Walked, view: HomeView) -> str:
    known = view.outdoors.outings
    if known < LEARNED_OUTINGS:
        return say("The usual ways are not known yet (learning)")
    share = say(
        "%(share)s of 100 m of the last %(minutes)s min",
        share=figure(100 * walked.novel),
        minutes=round(paths.WINDOW_S / 60),
    )
    return by_pronoun(
        view.plan.pronoun,
        marked("She has hardly ever walked %(share)s; about %(outings)s outings are remembered"),
        marked("He has hardly ever walked %(share)s; about %(outings)s outings are remembered"),
        marked("They have hardly ever walked %(share)s; about %(outings)s outings are remembered"),
        share=share,
        outings=figure(known),
    )


DETECTOR = DetectorSpec(
    name="lost",
    title="Not finding the way",
    notices="Somebody is out on foot on unknown ways, turns often, comes back to the same places and"
    " does not get nearer to home.",
    blind_spots=(
        "A first walk through winding streets looks the same at first: a check, hardly ever urgent.",
        "Losing the way on ways that are known, and going astray in a straight line by day.",
        "Whoever sits down lost: only walking shows it; not back and contact lost remain.",
        "It can not know that somebody goes along; nothing without a tracker that is worn.",
        "A tracker that reports every 5 minutes or less often hides turns and loops.",
    ),
    references=(
        "detection.md §3 and (a) D8; docs/decisions/0118",
        "Lin et al., loops in cleaned tracks (θ_WD), hal-01297724",
        "Chen et al., isolation of trajectories by their support (iBOAT), hal-00831500",
    ),
    parameters=(
        Parameter(name="limit", value=LIMIT, unit="1", meaning="score (detection.md §3)"),
        Parameter(name="hold", value=HOLD_S / 60, unit="min", meaning="at the limit; sooner above"),
        Parameter(
            name="aimless",
            value=losing_way.STRAIGHT_WEIGHT,
            unit="1",
            meaning="weight, when urgent",
        ),
        Parameter(name="window", value=paths.WINDOW_S / 60, unit="min", meaning="looks back"),
        Parameter(name="loops_within", value=paths.KEPT_S / 60, unit="min", meaning="of loops"),
        Parameter(name="novel", value=losing_way.NOVEL_WEIGHT, unit="1", meaning="weight"),
        Parameter(name="turn", value=losing_way.TURN_WEIGHT, unit="1", meaning="weight"),
        Parameter(name="loops", value=losing_way.LOOP_WEIGHT, unit="1", meaning="weight"),
        Parameter(name="nearer", value=-losing_way.RETURN_WEIGHT, unit="1", meaning="weight"),
        Parameter(name="dark", value=losing_way.DARK_WEIGHT, unit="1", meaning="added when dark"),
        Parameter(name="walks", value=tracks.WALK_M_S, unit="m/s", meaning="faster: no walk"),
        Parameter(
            name="learned", value=LEARNED_OUTINGS, unit="1", meaning="outings until new means new"
        ),
    ),
    create=LosingWay,
    quantities=frozenset({Quantity.POSITION}),
    safety=True,
)
