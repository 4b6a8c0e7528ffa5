"""Nobody has moved in the rooms, and the watch that is worn rests too: that needs less waiting.

The clock and the habits are those of D2 (`analytics.detectors.inactivity`). What a false alarm costs is less
by how seldom the wrist rests when the rooms are still (docs/decisions/0230).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import (
    EACH_TICK,
    NEVER,
    DetectorSpec,
    Episode,
    Parameter,
    fact,
    finding,
)
from analytics.features.devices import has_room
from analytics.features.limits import PRIOR_H
from analytics.features.ruled_out import ruled_out, unseen
from analytics.features.stillness import bearable_s, floor_s, once_in_days, sees_moving, zone_of
from analytics.features.turned_away import TurnedAway
from analytics.features.wording import ROOMS, by_pronoun, duration, rarity
from analytics.features.wrist import HEARD_FOR_S, UP_PERCENT, WORN_FOR_S, Rested, Wrist
from core.model.finding import Finding, Phase, Severity
from core.model.home import Placement
from core.model.quantity import Quantity
from core.model.said import say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

PRICE_SHARE = 0.25
"""Of D2's price, times the share of pauses at which the wrist rests: no more false alarms than the steps of
watches take from D2 (docs/decisions/0230, 0231)."""
FLOOR_S = 3000.0
"""Who is told within the hour needs no more haste; a third of what was false ended before."""
COUNTED_S = 2700.0
"""Pauses of the rooms so long tell how much a resting wrist says here."""
EVENING_H = 18.0
"""People doze from then on: a third of what was false began so, a seventh of what was found."""
PRIOR_DAYS = 10.0
_MOST_DEVICES = 4
_ALWAYS = -math.inf
_ACTIVITY, _BEATS, _STEPS, _WORN = (
    Quantity.ACTIVITY,
    Quantity.HEART_RATE,
    Quantity.STEPS,
    Quantity.WORN,
)


class WristStillness:
    """D2's clock with a shorter limit, while what is worn rests."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._episode: Episode | None = None
        self._wrists: dict[int, Wrist] = {}
        self._rested = Rested()
        self._turned_away = TurnedAway(
            "wrist_stillness",
            marked(
                "%(device)s does not shorten the wait for somebody who lies still:"
                " %(most)s other watches here do"
            ),
            say("Retire what nobody wears any more."),
        )
        #: (last movement, day, margin, share, limit): one limit is asked for many times.
        self._known: tuple[float, int, float, float, float] | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in what something worn says of who lives alone; it is the reports that are judged."""
        device, quantity, at = view.device, observation.quantity, view.at
        if device is None or device.placement is not Placement.WORN or not view.plan.resident_id:
            return ()
        wrist = self._wrists.get(device.device_id)
        if wrist is None:
            # a beat or steps alone tell nobody who sits from somebody who lies
            if quantity is not _ACTIVITY:
                return ()
            if not has_room(self._wrists, _MOST_DEVICES, view.plan.by_id):
                return self._turned_away.tell(device, _MOST_DEVICES, view)
            wrist = self._wrists[device.device_id] = Wrist()
        if quantity is _BEATS:
            wrist.beat(at)
            return ()
        if quantity is _STEPS:
            wrist.walk(at, observation.value)
        elif quantity is _WORN:
            wrist.wear(at, worn=observation.value > 0)
        else:
            wrist.report(at, observation.value)
            self._count(view)
        return self._look(view)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether the rest is too long by now."""
        if view.day_closed:
            self._rested.close_day()
        if view.changed and (over := self._turned_away.end(self._wrists, _MOST_DEVICES, view)):
            return (*over, *self._look(view))
        return self._look(view)

    def _look(self, view: HomeView) -> Sequence[Finding]:
        self.due = NEVER
        if self._episode is not None:
            return self._ended(self._episode, view)
        last, resting = view.activity.last_at, self._resting(view)
        if last is None or resting is None:
            return ()
        still, floor = view.still_s(), max(floor_s(view, zone_of(view)), FLOOR_S)
        limit = floor if still < floor else max(self.limit_s(view, last), floor)
        if still < limit:
            due = view.now + limit - still
            self.due = due if due <= resting + HEARD_FOR_S else NEVER
            return ()
        self._episode, self.due = (
            Episode(onset=last, noticed=view.now, severity=Severity.CHECK),
            EACH_TICK,
        )
        return (self._told(self._episode, view, still),)

    def _resting(self, view: HomeView) -> float | None:
        """Return the last report of a wrist that rests as long as the rooms; None where nothing is judged."""
        last = view.activity.last_at
        evening = last is not None and view.local.hour(last) >= EVENING_H
        if last is None or evening or not self._judged(view, last):
            return None
        heard = [one.heard_at for one in self._wrists.values() if one.rests(last, view.now)]
        return max((at for at in heard if at is not None), default=None)

    @staticmethod
    def _judged(view: HomeView, last: float) -> bool:
        """Tell whether stillness since ``last`` is ours: at home, seen, by day, out of bed."""
        away = view.coverage.blind or not view.occupancy.home or not sees_moving(view)
        return not (away or view.pauses.in_bed) and view.local.is_waking(last)

    def _count(self, view: HomeView) -> None:
        """Learn how often the wrist rests when the rooms are still."""
        last = view.activity.last_at
        if last is None or view.still_s() < COUNTED_S or not self._judged(view, last):
            return
        heard = [one for one in self._wrists.values() if one.heard_at == view.at]
        if heard:
            self._rested.count(last, rests=any(one.rests(last, view.now) for one in heard))

    def limit_s(self, view: HomeView, last: float) -> float:
        """Seconds of stillness that are bearable while the wrist rests."""
        margin, share = view.margin(DETECTOR.name, last), PRICE_SHARE * self._rested.share
        known = (last, view.day, margin, share)
        if self._known is None or self._known[:4] != known:
            self._known = (*known, bearable_s(view, DETECTOR.name, share))
        return self._known[4]

    def _ended(self, episode: Episode, view: HomeView) -> Sequence[Finding]:
        """End the episode when she shows, when the wrist is busy, or when she may have gone out."""
        last, ups = view.activity.last_at, [one.up_at for one in self._wrists.values()]
        busy = max((at for at in ups if at is not None), default=_ALWAYS)
        if last is not None and last > episode.onset:
            when, room = view.clock(last), ROOMS[view.activity.room]
            what = say("Movement again at %(time)s (%(room)s)", time=when, room=room)
        elif busy > episode.noticed:
            what = say("The watch moves again, it says at %(time)s", time=view.clock(busy))
        elif not view.occupancy.home:
            what = by_pronoun(
                view.plan.pronoun,
                marked("She has gone out: the outer door moved"),
                marked("He has gone out: the outer door moved"),
                marked("They have gone out: the outer door moved"),
            )
        else:
            self.due = EACH_TICK
            return ()
        self._episode, self.due = None, _ALWAYS
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _told(self, episode: Episode, view: HomeView, still: float) -> Finding:
        share = self._rested.share
        days = once_in_days(view, still) / share
        known, where = PRIOR_DAYS + int(view.days_watched), ROOMS[view.activity.room]
        return finding(
            view,
            DETECTOR.name,
            episode,
            say(
                "No movement since %(time)s (%(room)s), %(span)s,"
                " and the watch that is worn hardly moves",
                time=view.clock(episode.onset),
                room=where,
                span=duration(still),
            ),
            unusual=say("At this time of day that happens %(often)s", often=rarity(days, known)),
            once_in_days=round(min(days, known), 1),
            ruled_out=(*ruled_out(view), say("The watch is worn, as far as it can tell")),
            advice=say("Call or look in; if nobody answers, have someone go there."),
            evidence=(
                fact(say("Last movement: %(room)s", room=where), episode.onset),
                fact(say("The wrist rests since about then")),
                *unseen(view, episode.onset),
            ),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return [
            self._episode.snapshot() if self._episode else None,
            [[device, one.snapshot()] for device, one in self._wrists.items()],
            self._rested.snapshot(),
            *([away] if (away := self._turned_away.snapshot()) else ()),
        ]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._episode = Episode.restored(state[0])
        self._wrists = {device: Wrist.restored(one) for device, one in state[1]}
        self._rested = Rested.restored(state[2])
        self._turned_away.restore(state[3] if len(state) > 3 else [])  # noqa: PLR2004
        self._known, self.due = None, _ALWAYS


DETECTOR = DetectorSpec(
    name="wrist_stillness",
    title="Not moving, by the watch",
    notices="Nobody has moved in the rooms for a while, and the watch that is worn rests as long.",
    blind_spots=(
        "Who lies and moves the arms looks busy: then No movement tells, later.",
        "A watch that is not worn, charged, flat or out of reach says nothing.",
        "A watch that tells steps and beats alone: who sits takes no steps either.",
        "A nap in the armchair looks like it; what is usual at this hour and place is learned.",
        "Evenings from 18:00, nights, and a bed that says it is taken: for Not up yet and No movement.",
        "Somebody who is out: a place that does not change is for the tracker's rules.",
        "A sensor that fires for nothing, an animal or a visitor begins the wait anew.",
        "Homes with two residents: it is not known whose rooms are still.",
    ),
    references=(
        "detection.md §1: a clock of the person from what is worn; trap 15, trap 20",
        "docs/decisions/0230: what a wrist tells beside the rooms; 0110 and 0133: the price",
        "Depresjon: Garcia-Ceja et al. 2018, MMSys, activity counts at the wrist",
        "How a wrist moves on the floor: our judgement, no public set says it",
    ),
    parameters=(
        Parameter(
            name="price_share",
            value=PRICE_SHARE,
            unit="1",
            meaning="a false alarm beside one of D2, where the wrist rests at each pause",
        ),
        Parameter(
            name="busy",
            value=UP_PERCENT,
            unit="%",
            meaning="minutes with movement in a report from which the wrist does not rest",
        ),
        Parameter(
            name="worn",
            value=WORN_FOR_S,
            unit="s",
            meaning="a beat proves for so long that it is worn",
        ),
        Parameter(
            name="heard", value=HEARD_FOR_S, unit="s", meaning="a report of rest holds for so long"
        ),
        Parameter(name="floor", value=FLOOR_S / 60, unit="min", meaning="never told earlier"),
        Parameter(
            name="counted",
            value=COUNTED_S,
            unit="s",
            meaning="pauses so long tell how much a resting wrist says in this home",
        ),
        Parameter(
            name="evening",
            value=EVENING_H,
            unit="h",
            meaning="stillness from then on is D2's alone",
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
    create=WristStillness,
    quantities=frozenset({_ACTIVITY, _BEATS, _STEPS, _WORN}),
)
