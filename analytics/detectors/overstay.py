"""D4: somebody went into the bathroom and nothing has moved since for longer than is usual there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.devices import PERSON
from analytics.features.limits import PRIOR_H
from analytics.features.localtime import moment
from analytics.features.plan import Zone
from analytics.features.ruled_out import ruled_out
from analytics.features.stillness import (
    DENSE_FLOOR_S,
    SPARSE_NIGHT_CAP_S,
    bearable_s,
    floor_s,
    once_in_days,
)
from analytics.features.wording import clock, duration, rarity
from core.model.finding import Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.ids import HomeId, ResidentId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

PRICE_SHARE = 0.75
"""Where rooms are well sensed a false alarm counts less than one of D2: people fall in bathrooms."""
DENSE_CAP_S = 5400.0
"""Where the home is densely sensed and by day: detection.md (a) D4."""
NIGHT_H = (19.0, 6.0)
"""Then people go to bed unseen, and D2's caps hold."""
PRIOR_DAYS = 10.0
_ALWAYS = -math.inf


class Overstay:
    """Stillness after the bathroom, judged by what is usual there at this hour."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._episode: Episode | None = None
        self._known: tuple[float, int, float, float] | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Begin to wait anew; end an open episode."""
        del observation
        if not view.fresh:
            return ()
        bathroom = view.pauses.zone is Zone.BATHROOM
        self.due = view.at + DENSE_FLOOR_S[Zone.BATHROOM] if bathroom else NEVER
        episode = self._episode
        if episode is None or view.at <= episode.onset:
            return ()
        return self._over(view, f"Movement again at {view.clock(view.at)}")

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether it has been too long."""
        self.due, last = NEVER, view.activity.last_at
        if last is None or view.coverage.blind or self._episode is not None:
            return self._left(view)
        if not view.occupancy.home or view.pauses.zone is not Zone.BATHROOM:
            return ()
        still, floor = view.still_s(), floor_s(view, Zone.BATHROOM)
        limit = floor if still < floor else self.limit_s(view)
        if still < limit or still < floor:
            self.due = view.now + limit - still
            return ()
        self._episode = Episode(onset=last, noticed=view.now, severity=Severity.CHECK)
        return (self._told(self._episode, view, still),)

    def limit_s(self, view: HomeView) -> float:
        """Seconds of stillness in the bathroom that are bearable now."""
        last = view.activity.last_at or view.now
        margin = view.margin(DETECTOR.name, last)
        if self._known is None or self._known[:3] != (last, view.day, margin):
            # sparsely sensed, "last seen in the bathroom" is no more than "last seen" (0111)
            share = PRICE_SHARE ** view.activity.density(view.plan)
            learned = min(bearable_s(view, DETECTOR.name, share), _cap_s(view, last))
            self._known = (last, view.day, margin, learned)
        return self._known[3]

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks if nobody shows elsewhere."""
        waits = view.activity.last_at is not None and view.pauses.zone is Zone.BATHROOM
        if not waits or self._episode or view.coverage.blind or not view.occupancy.home:
            return None
        at = view.now + max(self.limit_s(view) - view.still_s(), 0.0)
        person = view.plan.resident_id
        return Forecast(
            home_id=HomeId(view.plan.home_id),
            resident_id=None if person is None else ResidentId(person),
            detector=DETECTOR.name,
            speaks_at=moment(at),
            severity=Severity.CHECK,
            what=f"If nothing moves outside the bathroom by {clock(view.local, at, view.now)}, "
            "the first carer is told",
        )

    def _left(self, view: HomeView) -> Sequence[Finding]:
        if self._episode is None or view.occupancy.home:
            return ()
        return self._over(view, "The outer door moved: going out is possible")

    def _over(self, view: HomeView, what: str) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        assert episode is not None  # noqa: S101 (asked before)
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _told(self, episode: Episode, view: HomeView, still: float) -> Finding:
        days, known = once_in_days(view, still), PRIOR_DAYS + int(view.days_watched)
        return finding(
            view,
            DETECTOR.name,
            episode,
            f"Last seen in the bathroom at {view.clock(episode.onset)}, {duration(still)} ago",
            unusual=f"At this time of day that happens {rarity(days, known)}",
            once_in_days=round(min(days, known), 1),
            ruled_out=ruled_out(view),
            advice="Call or look in; start with the bathroom.",
            evidence=(fact("Last movement: bathroom", episode.onset),),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return self._episode.snapshot() if self._episode else None

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._episode = Episode.restored(state)
        self._known, self.due = None, _ALWAYS


def _cap_s(view: HomeView, last: float) -> float:
    """Longest bearable stay, whatever was learned: 90 min by day where each room is well sensed.

    By night, and where rooms are sensed sparsely, people go to bed unseen: there D2's caps hold.
    """
    hour = view.local.hour(last)
    if hour >= NIGHT_H[0] or hour < NIGHT_H[1]:
        return math.inf
    sparse = 8 * 3600.0
    return float(sparse * (DENSE_CAP_S / sparse) ** view.activity.density(view.plan))


DETECTOR = DetectorSpec(
    name="overstay",
    title="Long in the bathroom",
    notices="Somebody was last seen in the bathroom longer ago than is usual at this time of day.",
    blind_spots=(
        "Who leaves the bathroom unseen and sits still elsewhere seems to be in it.",
        "Somebody who moves in the bathroom, or a second person elsewhere, is not told.",
    ),
    references=(
        "detection.md §1 and (a) D4",
        "docs/decisions/0111: what a false alarm is worth in the bathroom; caps by density and night",
    ),
    parameters=(
        Parameter(
            name="price_share",
            value=PRICE_SHARE,
            unit="1",
            meaning="a false alarm beside one of D2, densely sensed",
        ),
        Parameter(
            name="floor",
            value=DENSE_FLOOR_S[Zone.BATHROOM] / 60,
            unit="min",
            meaning="never told earlier",
        ),
        Parameter(
            name="dense_cap",
            value=DENSE_CAP_S / 60,
            unit="min",
            meaning="told by then by day in a densely sensed home, whatever learned",
        ),
        Parameter(
            name="latest",
            value=SPARSE_NIGHT_CAP_S / 3600,
            unit="h",
            meaning="told by then in any home",
        ),
        Parameter(
            name="margin",
            value=1.0,
            unit="1",
            meaning="factor on the learned limit, moved by carers' answers",
            low=0.8,
            high=1.6,
        ),
        Parameter(name="prior", value=PRIOR_H, unit="h", meaning="weight of the population"),
    ),
    create=Overstay,
    notices_silence=False,
    forecasts=True,
    quantities=PERSON,
)
