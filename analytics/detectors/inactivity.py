"""D2: nobody has moved for longer than this home's habits at this hour explain."""

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
from analytics.features.devices import PERSON, has_room
from analytics.features.limits import ELSEWHERE, HALF_LIFE_DAYS, PRIOR_H, SMOOTH, WIDTH_H
from analytics.features.pauses import LONGEST_S, NIGHT_WORTH, SETTLE_S
from analytics.features.plan import Zone
from analytics.features.ruled_out import ruled_out, unseen
from analytics.features.steps import SPAN_S, WALKED_STEPS, Steps
from analytics.features.stillness import (
    DENSE_FLOOR_S,
    DENSE_PRICE_SHARE,
    HIDDEN_FACTOR,
    PRICE_H,
    SPARSE_NIGHT_CAP_S,
    bearable_s,
    floor_s,
    hidden,
    once_in_days,
    sees_moving,
    zone_of,
)
from analytics.features.turned_away import TurnedAway
from analytics.features.wording import ROOMS, by_pronoun, clock, duration, learning, rarity
from core.model.finding import Evidence, Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.home import Placement
from core.model.quantity import Quantity
from core.model.said import say
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

RAISE_FACTOR = 1.5
LEARNING_DAYS = 14
PRIOR_DAYS = 10.0
_MOST_WORN = 4
_ALWAYS = -math.inf
_STEPS = Quantity.STEPS


class Inactivity:
    """The limit at which delay and false alarms together cost least (docs/decisions/0110)."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._episode: Episode | None = None
        #: (last movement, day, margin, hidden, limit): one limit is asked for many times.
        self._known: tuple[float, int, float, bool, float] | None = None
        #: Counters of what is worn, by device, and when it last showed that somebody walked (0231).
        self._worn: dict[int, Steps] = {}
        self._walked = -math.inf
        self._turned_away = TurnedAway(
            "inactivity",
            marked(
                "Steps of %(device)s are no sign that somebody walks:"
                " those of %(most)s other things worn here are"
            ),
            say("Retire what nobody wears any more."),
        )

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Begin to wait anew; end an open episode."""
        if observation.quantity is _STEPS:
            return self._walk(observation, view)
        if not view.fresh:
            return ()
        zone = view.pauses.zone  # a bed may be seen to be empty: then its room is like the others
        self.due = view.at + DENSE_FLOOR_S[Zone.OTHER if zone is Zone.BED else zone]
        episode = self._episode
        if episode is None or view.at <= episode.onset:
            return ()
        self._episode = None
        return (self._cleared(episode, view),)

    def _walk(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in steps of the one who lives here: feet that walk do not lie on the floor."""
        device = view.device
        if device is None or device.placement is not Placement.WORN or not view.plan.resident_id:
            return ()
        counter = self._worn.get(device.device_id)
        if counter is None and has_room(self._worn, _MOST_WORN, view.plan.by_id):
            counter = self._worn[device.device_id] = Steps()
        if counter is None:
            return self._turned_away.tell(device, _MOST_WORN, view)
        if not counter.count(view.at, observation.value):
            return ()
        self._walked = max(self._walked, view.at - SPAN_S)
        episode = self._episode
        if episode is None or self._walked <= episode.onset:
            return ()
        self._episode, self.due = None, _ALWAYS
        when = view.clock(view.at)
        what = say("Steps, says what is worn, shortly before %(time)s", time=when)
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _since(self, view: HomeView) -> float:
        """Return the last sign of a person: in a room, or steps."""
        return max(view.activity.last_at or view.now, self._walked)

    def _still_s(self, view: HomeView) -> float:
        return view.coverage.elapsed(self._since(view), view.now)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether the silence is too long."""
        if view.changed and (over := self._turned_away.end(self._worn, _MOST_WORN, view)):
            return (*over, *self._wait(view))
        return self._wait(view)

    def _wait(self, view: HomeView) -> Sequence[Finding]:
        last = view.activity.last_at
        self.due = NEVER
        if last is None or view.coverage.blind:
            return ()
        if not sees_moving(view):
            return self._over(view, say("Nothing here senses any more who moves in the rooms"))
        if not view.occupancy.home:
            return self._gone(view)
        still, floor = self._still_s(view), floor_s(view, zone_of(view))
        if still < floor:
            self.due = view.now + floor - still
            return ()
        return self._judge(view, self._since(view), still)

    def _judge(self, view: HomeView, last: float, still: float) -> Sequence[Finding]:
        limit, episode = self.limit_s(view), self._episode
        if episode is None:
            if still < limit:
                self.due = view.now + limit - still
                return ()
            self._episode = Episode(onset=last, noticed=view.now, severity=Severity.CHECK)
            self.due = view.now + RAISE_FACTOR * limit - still
            return (self._told(self._episode, view, still, Phase.OPENED),)
        if episode.severity is Severity.CHECK:
            if still >= RAISE_FACTOR * limit:
                episode.severity = Severity.URGENT
                return (self._told(episode, view, still, Phase.RAISED),)
            self.due = view.now + RAISE_FACTOR * limit - still
        return ()

    def limit_s(self, view: HomeView) -> float:
        """Seconds of stillness that are bearable after the last activity of ``view``."""
        last = view.activity.last_at or view.now
        margin = view.margin(DETECTOR.name, last)
        known = (last, view.day, margin, hidden(view))
        if self._known is None or self._known[:4] != known:
            self._known = (*known, bearable_s(view, DETECTOR.name))
        return self._known[4]

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks next if nothing moves."""
        if view.activity.last_at is None or view.coverage.blind or not view.occupancy.home:
            return None
        if not sees_moving(view):
            return None
        first = self._episode is None
        if self._episode is not None and self._episode.severity is not Severity.CHECK:
            return None
        wait = self.limit_s(view) * (1.0 if first else RAISE_FACTOR) - self._still_s(view)
        at = view.now + max(wait, 0.0)
        if at >= view.occupancy.doubted_at:
            return None  # she counts as gone out by then: the late return is told
        told = (
            marked("If nothing moves by %(time)s, the first carer is told")
            if first
            else marked("If nothing moves by %(time)s, it becomes urgent")
        )
        severity = Severity.CHECK if first else Severity.URGENT
        what = say(told, time=clock(view.local, at, view.now))
        return forecast(view, DETECTOR.name, at, severity, what)

    # Words

    def _told(self, episode: Episode, view: HomeView, still: float, phase: Phase) -> Finding:
        days, watched = once_in_days(view, still), int(view.days_watched)
        known = PRIOR_DAYS + watched
        moved = view.activity.last_at or episode.onset
        where = ROOMS[view.activity.room]
        facts = [fact(say("Last movement: %(room)s", room=where), moved)]
        if episode.onset > moved:
            where = say("steps, says what is worn")
            facts.append(fact(say("Last steps, says what is worn"), episode.onset))
        unusual = say("At this time of day that happens %(often)s", often=rarity(days, known))
        if watched < LEARNING_DAYS:
            unusual = learning(unusual, watched + 1, LEARNING_DAYS)
        return finding(
            view,
            DETECTOR.name,
            episode,
            say(
                "No movement since %(time)s (%(room)s), %(span)s",
                time=view.clock(episode.onset),
                room=where,
                span=duration(still),
            ),
            phase,
            unusual=unusual,
            once_in_days=round(min(days, known), 1),
            ruled_out=ruled_out(view),
            advice=say("Call or look in; if nobody answers, have someone go there."),
            evidence=(*facts, *unseen(view, episode.onset), *_longer(view)),
        )

    def _cleared(self, episode: Episode, view: HomeView) -> Finding:
        late = view.at <= episode.noticed
        where = ROOMS[view.device.room if view.device else ""]
        when = view.clock(view.at)
        what = say("Movement again at %(time)s (%(room)s)", time=when, room=where)
        if late and view.lone is None:
            what = say(
                "Late data: movement at %(time)s (%(room)s) reached us only at %(reached)s",
                time=when,
                room=where,
                reached=view.clock(view.now),
            )
        return finding(view, DETECTOR.name, episode, what, Phase.CLEARED)

    def _gone(self, view: HomeView) -> Sequence[Finding]:
        if self._episode is None:
            return ()
        door = view.occupancy.door_at
        what = by_pronoun(
            view.plan.pronoun,
            marked("She has gone out, by the door at %(time)s"),
            marked("He has gone out, by the door at %(time)s"),
            marked("They have gone out, by the door at %(time)s"),
            time=say("no time") if door is None else view.clock(door),
        )
        return self._over(view, what)

    def _over(self, view: HomeView, what: str) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        if episode is None:
            return ()
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def snapshot(self) -> Any:
        """Return the state."""
        episode = self._episode.snapshot() if self._episode else None
        if not self._worn:
            return episode
        worn = [[device, steps.snapshot()] for device, steps in self._worn.items()]
        state = {"episode": episode, "worn": worn, "walked": self._walked}
        away = self._turned_away.snapshot()
        return state | ({"turned_away": away} if away else {})

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw; without anything worn it is the episode alone, as of old."""
        worn = state if isinstance(state, dict) else {"episode": state, "worn": []}
        self._episode = Episode.restored(worn["episode"])
        self._worn = {device: Steps.restored(one) for device, one in worn["worn"]}
        self._walked = worn.get("walked", -math.inf)
        self._turned_away.restore(worn.get("turned_away", []))
        self._known, self.due = None, _ALWAYS


def _longer(view: HomeView) -> Sequence[Evidence]:
    """Say why more was waited, where it was."""
    return (fact(say("A room was not seen as usual: more was waited")),) if hidden(view) else ()


DETECTOR = DetectorSpec(
    name="inactivity",
    title="No movement",
    notices="Nobody has moved for longer than the habits of this home explain at this time of day.",
    blind_spots=(
        "A home in which nothing senses who moves about: door, bed and chair alone say nothing between.",
        "A second person who moves hides one who lies still; so does an animal that nobody has told us of.",
        "A known animal hides somebody once it moves on for minutes; who lies and stirs is taken for it.",
        "A fall right after an outer door closes looks like going out; then the late return tells.",
        "While a room of a densely sensed home is not seen as usual, up to three times as much is waited.",
        "While the home can not be seen the clock stands still; the operators are told instead.",
        "Steps that a watch counts while nobody walks begin the wait anew: an arm that is used hard.",
    ),
    references=(
        "detection.md §1: contextual gap survival; TIHM frontier (caps by density of sensing)",
        "docs/decisions/0110 and 0133: the price of a false alarm instead of a budget for each context",
        "Wilhelm & Wahl 2024, Sensors 24(20):6583, the detection time to beat",
        "Fleming & Brayne 2008, BMJ 337:a2227, long lies",
        "Efron 1967, Proc. 5th Berkeley Symposium 4:831, censored durations",
        "Population curve: our judgement after CASAS Aruba; not validated on people with dementia",
    ),
    parameters=(
        Parameter(
            name="price",
            value=PRICE_H,
            unit="h",
            meaning="delay that one false alarm a week is worth, sparsely sensed",
        ),
        Parameter(
            name="dense_price",
            value=PRICE_H * DENSE_PRICE_SHARE,
            unit="h",
            meaning="the same, densely sensed",
        ),
        Parameter(
            name="night_worth",
            value=NIGHT_WORTH,
            unit="1",
            meaning="an hour of delay between 22 and 07 h beside one by day",
        ),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
        Parameter(
            name="prior", value=PRIOR_H, unit="h", meaning="weight of the population, hours at home"
        ),
        Parameter(
            name="width", value=WIDTH_H, unit="h", meaning="pauses of so near an hour count alike"
        ),
        Parameter(
            name="elsewhere", value=ELSEWHERE, unit="1", meaning="weight of pauses in another room"
        ),
        Parameter(name="smooth", value=SMOOTH, unit="1", meaning="spread of each pause's length"),
        Parameter(
            name="margin",
            value=1.0,
            unit="1",
            meaning="factor on the learned limit, moved by carers' answers",
            low=0.8,
            high=1.6,
        ),
        Parameter(
            name="raise", value=RAISE_FACTOR, unit="1", meaning="urgent beyond so many limits"
        ),
        Parameter(
            name="hidden",
            value=HIDDEN_FACTOR,
            unit="1",
            meaning="factor on the limit while a room is not seen as usual, densely sensed",
        ),
        Parameter(
            name="walked",
            value=WALKED_STEPS,
            unit="1",
            meaning="steps in a report of something worn that are a sign of who lives alone (0231)",
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
    forecasts=True,
    quantities=PERSON | {_STEPS},
    signs=Signs.FRESH,
    state_version=2,
)
