"""D7: a door that leads out opens at night, or at an hour at which it hardly ever does.

A word that is lost hides the next one: after a "closed" that never came, the next "open" is known already.
Such a door is told by its closing (docs/decisions/0251).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analytics.detector import NEVER, DetectorSpec, Episode, Parameter, Signs, fact, finding
from analytics.features.coverage import LATE_S, Darkness
from analytics.features.devices import PERSON
from analytics.features.door_habits import (
    EVENING_ENDS_H,
    HALF_LIFE_DAYS,
    LEARNING_DAYS,
    MORNING_BEGINS_H,
    OFTEN,
    RARE,
    UP_SHARE,
    DoorHabits,
    Hour,
)
from analytics.features.guests import Passage
from analytics.features.localtime import NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.occupancy import AWAY_AFTER_S, Place
from analytics.features.openings import (
    AWAKE_AFTER_S,
    ESCALATE_AFTER_S,
    STAGES,
    USUAL_AFTER_S,
    Opening,
    door_moved,
    moved,
    nobody_since,
    somebody_home,
)
from analytics.features.out_of_bed import OutOfBed, Risen
from analytics.features.witnesses import DOORSTEP_S, EXIT_WITHIN_S
from analytics.features.wording import ROOMS, by_pronoun
from core.model.finding import Finding, Phase
from core.model.home import RoomKind
from core.model.quantity import Quantity
from core.model.said import figure, say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import DevicePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation

OTHER_S = 12 * 3600.0
"""A door that moves so long after it last did is of another night, whoever was seen since (0253)."""
_UP = marked("At this time people of this home are up, or open the door, on other days too")
_USUAL = {
    Hour.UP: _UP,
    Hour.RISEN: _UP,
    Hour.COMES: marked("Somebody is expected at this time"),
    Hour.GOES: marked("Somebody who was expected has been there; who went out was not seen"),
}
_FOR_GUESTS = {Passage.COMES: Hour.COMES, Passage.GOES: Hour.GOES}
_ALWAYS = -math.inf


class Exit:
    """Said at once at night; how loud goes by what is usual here, and by who moves inside afterwards."""

    def __init__(self) -> None:
        self.due = _ALWAYS
        self._habits = DoorHabits()
        self._beds = OutOfBed()
        self._opening: Opening | None = None
        self._episode: Episode | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Look at doors that open, and at who moves inside afterwards."""
        device = view.device
        if device is None or not view.shown:
            return ()
        if device.interior:
            self._beds.show(view.at, device, observation, fresh=view.fresh)
        if device.exterior_door:
            if observation.quantity is not Quantity.CONTACT:
                return ()
            shut = observation.value == 0
            if shut and (self._waits(view.at) or not view.occupancy.after_long):
                return ()
            return self._door(view, device, shut=shut)
        if self._opening is None or not device.interior:
            return ()
        return self._over(view) if _inside(self._opening, view, device) else ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Escalate when nobody moves inside after the door."""
        if view.day_closed:
            self._habits.close_day(view.local, view.now, blind=view.coverage.blind)
        if view.hours.settled is not None:
            self._habits.learn(view.hours.settled.day)
        opening, self.due = self._opening, NEVER
        if opening is None or view.coverage.blind:  # seeing again brings a tick
            return ()
        self.due = opening.due
        if view.now < self.due:
            return ()
        if opening.hour is Hour.GOES and view.occupancy.witnesses.rests(view.now):
            self._opening, self.due = None, NEVER  # who came has gone, and she is in bed
            return ()
        return self._say(opening, view, nobody_since(view, opening))

    def _door(self, view: HomeView, device: DevicePlan, *, shut: bool) -> Sequence[Finding]:
        hour = self._hour(view, device)
        if shut and not view.local.is_night(view.at):
            return ()  # by day doors stand open
        self._habits.see(view.local, view.at)
        said, opening = self._another(view), self._opening
        if opening is not None:
            if view.at >= opening.door_at:
                opening.door_at, opening.room_id = view.at, device.room_id
            self.due = opening.due
            return ()
        inside = view.activity.interior_at
        seen_since = inside is not None and inside > view.at + DOORSTEP_S
        sure = view.occupancy.before is Place.HOME
        if hour is Hour.ORDINARY or seen_since or not (sure or view.occupancy.perhaps_home):
            return said
        self._opening = opening = Opening(
            onset=view.at,
            hour=hour,
            door_at=view.at,
            room_id=device.room_id,
            arrival=inside is None or view.at - inside > EXIT_WITHIN_S,
            sure=sure,
            unheard=shut,
        )
        self.due = opening.due
        if self.due > view.at or _brought_by_a_queue(view):
            return said
        return [*said, *self._say(opening, view, moved(opening, view))]

    def _hour(self, view: HomeView, door: DevicePlan) -> Hour:
        """Return what the hour is here, and whether the door opens for somebody who was expected."""
        hour = self._habits.hour(view.local, view.at, view.hours.today, self._risen(view, door))
        if hour is Hour.ORDINARY or view.guests is None:
            return hour
        return _FOR_GUESTS.get(view.guests.passed(view.at), hour)

    def _risen(self, view: HomeView, door: DevicePlan) -> Risen:
        """Return whether who is at a door has just come from bed; by a door in the bedroom only beds tell."""
        risen = self._beds.risen(view.at)
        studio = risen is Risen.PERHAPS and door.room == RoomKind.BEDROOM
        return Risen.NO if studio else risen

    def _waits(self, at: float) -> bool:
        """Whether a door has opened lately and nobody has moved inside since."""
        return self._opening is not None and at - self._opening.door_at <= OTHER_S

    def _another(self, view: HomeView) -> Sequence[Finding]:
        """Let go of an opening that is long past: it is of another night, whoever came back unseen."""
        opening, episode = self._opening, self._episode
        if opening is None or self._waits(view.at):
            return ()
        self._opening = self._episode = None
        if episode is None:
            return ()
        when = view.clock(view.at)
        what = say(
            "The outer door opened again at %(time)s; whether somebody had come back was not seen",
            time=when,
        )
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _say(self, opening: Opening, view: HomeView, what: str) -> Sequence[Finding]:
        severity, episode = STAGES[opening.hour][opening.said][1], self._episode
        phase = Phase.OPENED if episode is None else Phase.RAISED
        if episode is None:
            episode = Episode(onset=opening.onset, noticed=view.now, severity=severity)
        self._episode, episode.severity = episode, severity
        opening.said += 1
        self.due = opening.due
        return (self._told(opening, episode, view, what, phase),)

    def _over(self, view: HomeView) -> Sequence[Finding]:
        episode, self._episode, self._opening, self.due = self._episode, None, None, NEVER
        if episode is None or view.device is None:
            return ()
        when, room = view.clock(view.at), ROOMS[view.device.room]
        what = say("Movement inside at %(time)s (%(room)s)", time=when, room=room)
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _told(
        self, opening: Opening, episode: Episode, view: HomeView, what: str, phase: Phase
    ) -> Finding:
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            phase,
            unusual=self._unusual(opening, view),
            ruled_out=(somebody_home(opening),) if opening.sure else (),
            advice=say("Call now; if nobody answers, go and look near the home first."),
            evidence=(fact(door_moved(opening), opening.onset),),
        )

    def _unusual(self, opening: Opening, view: HomeView) -> str:
        habits = self._habits
        match opening.hour:
            case Hour.RARE:
                share = 100 * habits.by_day(view.local.bin(opening.onset))
                text = marked("At this time of day it opens on about %(share)s of 100 days")
                return say(text, share=figure(share))
            case Hour.UP | Hour.RISEN | Hour.COMES | Hour.GOES:
                return say(_USUAL[opening.hour])
            case _ if not habits.days:
                return say(
                    "It is night; how often it opens at night is not known yet, after less than a day"
                    " of watching it"
                )
        nights = say_each("%(n)s night", "%(n)s nights", habits.days)
        if view.plan.resident_id is None:
            text = marked("Somebody has opened it at night on %(count)s of %(nights)s")
            return say(text, count=habits.nights_with, nights=nights)
        return by_pronoun(
            view.plan.pronoun,
            marked("She has opened it at night on %(count)s of %(nights)s"),
            marked("He has opened it at night on %(count)s of %(nights)s"),
            marked("They have opened it at night on %(count)s of %(nights)s"),
            count=habits.nights_with,
            nights=nights,
        )

    def snapshot(self) -> Any:
        """Return the state."""
        opening, episode, beds = self._opening, self._episode, self._beds.snapshot()
        return [
            self._habits.snapshot(),
            None if opening is None else opening.snapshot(),
            None if episode is None else episode.snapshot(),
            *([beds] if beds else []),
        ]

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._habits.restore(state[0])
        self._opening, self._episode = Opening.restored(state[1]), Episode.restored(state[2])
        self._beds = OutOfBed.restored(next(iter(state[3:]), []))
        self.due = _ALWAYS


def _inside(opening: Opening, view: HomeView, device: DevicePlan) -> bool:
    """Whether movement now means that somebody is inside: not the doorstep as she leaves."""
    if view.at <= opening.door_at or view.occupancy.place is Place.AWAY:
        return False
    if opening.arrival or view.at > opening.door_at + DOORSTEP_S:
        return True
    return device.room_id != opening.room_id if opening.room_id else not device.near_exit


def _brought_by_a_queue(view: HomeView) -> bool:
    """Whether a hub is delivering what it kept: who moved inside afterwards may stand behind it."""
    return view.coverage.cause is Darkness.QUEUE and view.now - view.at > LATE_S


DETECTOR = DetectorSpec(
    name="exit",
    title="Door at an unusual hour",
    notices="A door that leads out opens at night, or at an hour at which it hardly ever opens.",
    blind_spots=(
        "It does not know who opened the door: a visitor or a carer at night looks the same if not expected.",
        "Who goes out with somebody who was expected, or in their place, is a notice at most.",
        "Somebody else who moves inside afterwards hides who went out.",
        "Nothing without a sensor on the door; a door left open tells only once.",
        "An opening whose message is lost, unless the one before it was lost too: then its closing tells.",
    ),
    references=(
        "detection.md §2 (exit at an unusual hour) and (a) D7",
        "Rowe et al. 2009, night system with door sensors, PMC2774792",
    ),
    parameters=(
        Parameter(name="night_from", value=NIGHT_FROM_H, unit="h", meaning="local hour"),
        Parameter(name="night_until", value=NIGHT_UNTIL_H, unit="h", meaning="local hour"),
        Parameter(
            name="always_from",
            value=EVENING_ENDS_H,
            unit="h",
            meaning="from then on it is night, whatever was learned",
        ),
        Parameter(
            name="always_until", value=MORNING_BEGINS_H, unit="h", meaning="until then, the same"
        ),
        Parameter(
            name="up", value=UP_SHARE, unit="1", meaning="of days up in a half-hour: not night yet"
        ),
        Parameter(
            name="often", value=OFTEN, unit="1", meaning="of nights: a notice first, then a check"
        ),
        Parameter(
            name="rare", value=RARE, unit="1", meaning="probability below which it is unusual"
        ),
        Parameter(
            name="learning", value=LEARNING_DAYS, unit="d", meaning="before the learned rules"
        ),
        Parameter(
            name="awake",
            value=AWAKE_AFTER_S,
            unit="s",
            meaning="nobody moves inside, at an end of the night at which somebody was up",
        ),
        Parameter(
            name="usual",
            value=USUAL_AFTER_S,
            unit="s",
            meaning="the same, where being up then, or that door, is usual",
        ),
        Parameter(name="escalate", value=ESCALATE_AFTER_S, unit="s", meaning="nobody moves inside"),
        Parameter(
            name="urgent", value=AWAY_AFTER_S, unit="s", meaning="the same, where it often opens"
        ),
        Parameter(
            name="other",
            value=OTHER_S / 3600,
            unit="h",
            meaning="later, it is another night's door",
        ),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
    ),
    create=Exit,
    quantities=PERSON,
    signs=Signs.SHOWN,
    safety=True,
    state_version=3,
)
