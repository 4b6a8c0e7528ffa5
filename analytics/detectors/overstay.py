"""D4: somebody went into the bathroom and has not shown elsewhere for longer than is usual there.

Two rules: nothing has moved since the last movement in the bathroom (0111), and, where rooms are not too
sparsely sensed, the bathroom alone has moved since somebody went in (0139, 0208).
"""

from __future__ import annotations

import math
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
from analytics.features.limits import PRIOR_H
from analytics.features.occupancy import Place
from analytics.features.pauses import LONGEST_S
from analytics.features.plan import Zone
from analytics.features.ruled_out import ruled_out, unseen
from analytics.features.stays import ONCE_IN_DAYS, Stays
from analytics.features.stillness import (
    DENSE_FLOOR_S,
    HIDDEN_FACTOR,
    SPARSE_NIGHT_CAP_S,
    bearable_s,
    floor_s,
    hidden,
    once_in_days,
)
from analytics.features.wording import ROOMS, clock, duration, rarity
from core.model.finding import Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.said import say

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
DENSE = 0.2
"""Density of sensing from which whoever leaves the bathroom is soon seen elsewhere (0139, 0208)."""
LEARNING_DAYS = 21.0
"""Before, the stays of this home are not known."""
_ALWAYS = -math.inf
_BATHROOM = Zone.BATHROOM


class Overstay:
    """The stay in the bathroom and the stillness after it, judged by what is usual there at this hour."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._episode: Episode | None = None
        self._stays = Stays()
        self._known: tuple[float, int, float, bool, float] | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Begin to wait anew; end an open episode."""
        del observation
        if not view.fresh:
            return ()
        bathroom = view.pauses.zone is _BATHROOM
        if bathroom or self._stays.since is not None:
            self._follow(view, bathroom=bathroom)
        self.due = self._soonest(view) if bathroom else NEVER
        episode = self._episode
        if episode is None or view.at <= episode.onset or (bathroom and _dense(view)):
            return ()
        return self._over(view, say("Movement again at %(time)s", time=view.clock(view.at)))

    def _soonest(self, view: HomeView) -> float:
        """Return when either limit may be reached: the one of the stay only at a sign like this."""
        floor = DENSE_FLOOR_S[_BATHROOM]
        long = self._episode is None and self._stays.seen_s() >= floor
        return view.now if long and _dense(view) else view.at + floor

    def _follow(self, view: HomeView, *, bathroom: bool) -> None:
        """Begin, keep or end the stay."""
        stays, device = self._stays, view.device
        room = device.room_id if device is not None else 0
        if stays.since is not None and not (bathroom and room == stays.room):
            self._end(view)
        if bathroom and stays.since is None:
            night, unseen = _night(view, view.at), hidden(view)
            stays.enter(view.at, room, night=night, unseen=unseen)
        elif bathroom:
            stays.last = view.at

    def _end(self, view: HomeView) -> None:
        since, stays = self._stays.since, self._stays
        assert since is not None  # noqa: S101 (asked before)
        if view.occupancy.before is not Place.HOME or view.at - since >= LONGEST_S:
            stays.leave()
            return
        blind = view.coverage.first_blind(since, view.at)
        stays.learn(cut_at=blind)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether it has been too long."""
        self.due, last = NEVER, view.activity.last_at
        if view.day_closed:
            self._stays.close_day()
        if not view.occupancy.home:
            self._stays.leave()
        if last is None or view.coverage.blind or self._episode is not None:
            return self._left(view)
        if not view.occupancy.home or view.pauses.zone is not Zone.BATHROOM:
            return ()
        since = self._stays.since
        if since is not None and self._stayed(view, since):
            self._episode = Episode(onset=since, noticed=view.now, severity=Severity.CHECK)
            return (self._told_stay(self._episode, view),)
        still, floor = view.still_s(), floor_s(view, Zone.BATHROOM)
        limit = floor if still < floor else self.limit_s(view)
        if still < limit or still < floor:
            self.due = min(self.due, view.now + limit - still)
            return ()
        self._episode = Episode(onset=last, noticed=view.now, severity=Severity.CHECK)
        return (self._told(self._episode, view, still),)

    def _stayed(self, view: HomeView, since: float) -> bool:
        """Tell whether the stay is too long."""
        if not _dense(view) or view.days_watched < LEARNING_DAYS:
            return False
        return self._stays.seen_s() >= self.stay_limit_s(view, since)

    def stay_limit_s(self, view: HomeView, since: float) -> float:
        """Seconds of a stay begun at ``since`` that are bearable: the habit, from the floor to the cap."""
        habit = self._stays.limit_s(night=self._stays.night) * view.margin(DETECTOR.name, since)
        # she may come and go between here and where nobody is seen
        longer = HIDDEN_FACTOR if self._stays.unseen else 1.0
        return longer * min(max(habit, DENSE_FLOOR_S[Zone.BATHROOM]), DENSE_CAP_S)

    def limit_s(self, view: HomeView) -> float:
        """Seconds of stillness in the bathroom that are bearable now."""
        last = view.activity.last_at or view.now
        margin = view.margin(DETECTOR.name, last)
        known = (last, view.day, margin, hidden(view))
        if self._known is None or self._known[:4] != known:
            # sparsely sensed, "last seen in the bathroom" is no more than "last seen" (0111)
            share = PRICE_SHARE ** view.activity.density(view.plan)
            learned = min(bearable_s(view, DETECTOR.name, share), _cap_s(view, last))
            self._known = (*known, learned)
        return self._known[4]

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks if nobody shows elsewhere."""
        waits = view.activity.last_at is not None and view.pauses.zone is Zone.BATHROOM
        if not waits or self._episode or view.coverage.blind or not view.occupancy.home:
            return None
        at = view.now + max(self.limit_s(view) - view.still_s(), 0.0)
        if at >= view.occupancy.doubted_at:
            return None  # she counts as gone out by then
        what = say(
            "If nothing moves outside the bathroom by %(time)s, the first carer is told",
            time=clock(view.local, at, view.now),
        )
        return forecast(view, DETECTOR.name, at, Severity.CHECK, what)

    def _left(self, view: HomeView) -> Sequence[Finding]:
        if self._episode is None or view.occupancy.home:
            return ()
        return self._over(view, say("The outer door moved: going out is possible"))

    def _over(self, view: HomeView, what: str) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        assert episode is not None  # noqa: S101 (asked before)
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _told_stay(self, episode: Episode, view: HomeView) -> Finding:
        length = self._stays.seen_s()
        days, known = self._stays.once_in_days(length), PRIOR_DAYS + int(view.days_watched)
        last = view.activity.last_at or episode.onset
        return finding(
            view,
            DETECTOR.name,
            episode,
            say(
                "In the bathroom since %(time)s, %(span)s, and seen nowhere else",
                time=view.clock(episode.onset),
                span=duration(length),
            ),
            unusual=say("Staying so long happens %(often)s", often=rarity(days, known)),
            once_in_days=round(min(days, known), 1),
            ruled_out=ruled_out(view),
            advice=say("Call or look in; start with the bathroom."),
            evidence=(
                fact(say("Into the bathroom"), episode.onset),
                fact(say("Last movement: %(room)s", room=ROOMS["bathroom"]), last),
            ),
        )

    def _told(self, episode: Episode, view: HomeView, still: float) -> Finding:
        days, known = once_in_days(view, still), PRIOR_DAYS + int(view.days_watched)
        return finding(
            view,
            DETECTOR.name,
            episode,
            say(
                "Last seen in the bathroom at %(time)s, %(span)s ago",
                time=view.clock(episode.onset),
                span=duration(still),
            ),
            unusual=say("At this time of day that happens %(often)s", often=rarity(days, known)),
            once_in_days=round(min(days, known), 1),
            ruled_out=ruled_out(view),
            advice=say("Call or look in; start with the bathroom."),
            evidence=(
                fact(say("Last movement: %(room)s", room=ROOMS["bathroom"]), episode.onset),
                *unseen(view, episode.onset),
            ),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return [self._episode.snapshot() if self._episode else None, self._stays.snapshot()]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._episode, self._stays = Episode.restored(state[0]), Stays.restored(state[1])
        self._known, self.due = None, _ALWAYS


def _dense(view: HomeView) -> bool:
    """Whether whoever leaves the bathroom is soon seen elsewhere."""
    return view.activity.density(view.plan) >= DENSE


def _night(view: HomeView, at: float) -> bool:
    hour = view.local.hour(at)
    return hour >= NIGHT_H[0] or hour < NIGHT_H[1]


def _cap_s(view: HomeView, last: float) -> float:
    """Longest bearable stay, whatever was learned: 90 min by day where each room is well sensed.

    By night, and where rooms are sensed sparsely, people go to bed unseen: there D2's caps hold. So they do
    while who leaves the bathroom may be in a room that is not seen as usual.
    """
    if _night(view, last) or hidden(view):
        return math.inf
    sparse = 8 * 3600.0
    return float(sparse * (DENSE_CAP_S / sparse) ** view.activity.density(view.plan))


DETECTOR = DetectorSpec(
    name="overstay",
    title="Long in the bathroom",
    notices="Somebody has been in the bathroom, or was last seen there, for longer than is usual.",
    blind_spots=(
        "Who leaves the bathroom unseen and sits still elsewhere seems to be in it.",
        "A second person who moves elsewhere hides somebody in the bathroom.",
        "Sparsely sensed, and for three weeks anywhere, movement in the bathroom begins the wait anew.",
    ),
    references=(
        "detection.md §1 and (a) D4",
        "docs/decisions/0111: what a false alarm is worth in the bathroom; caps by density and night",
        "docs/decisions/0139, 0208: stays in the bathroom, whatever moves inside",
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
            name="dense",
            value=DENSE,
            unit="1",
            meaning="density of sensing from which stays are judged",
        ),
        Parameter(
            name="once_in",
            value=ONCE_IN_DAYS,
            unit="d",
            meaning="a stay is too long if it comes so seldom here",
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
    state_version=2,
    quantities=PERSON,
    signs=Signs.FRESH,
)
