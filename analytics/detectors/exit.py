"""D7: a door that leads out opens at night, or at an hour at which it hardly ever does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import EACH_TICK, DetectorSpec, Episode, Parameter, fact, finding
from analytics.features.devices import PERSON
from analytics.features.localtime import BINS, DAY_S, NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.occupancy import DOORSTEP_S, Place
from analytics.features.wording import ROOMS, duration, has, plural
from core.model.finding import Finding, Phase, Severity
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation

RARE = 0.02
PRIOR_YES, PRIOR_NO = 0.5, 20.0
HALF_LIFE_DAYS = 56.0
LEARNING_DAYS = 14
ESCALATE_AFTER_S = 180.0
CLOCK_CHANGE_DAYS = 3.0
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)


class Exit:
    """Fixed at night, learned by day; the night rule is never learned away."""

    def __init__(self) -> None:
        self.due = EACH_TICK
        self._opened = [0.0] * BINS
        self._days = 0.0
        self._calendar_days = 0
        self._nights_with = 0
        self._today: list[int] = []
        self._night_today = False
        self._episode: Episode | None = None
        self._door_at = 0.0

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Look at doors that open, and at who moves inside afterwards."""
        device = view.device
        if device is None or not view.shown:
            return ()
        if device.exterior_door:
            if observation.quantity is not Quantity.CONTACT or observation.value == 0:
                return ()
            return self._door(view)
        if self._episode is None or not device.interior:
            return ()
        doorstep = device.near_exit and view.at <= self._door_at + DOORSTEP_S
        if view.at <= self._door_at or doorstep or not view.occupancy.home:
            return ()
        return self._seen_inside(view)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Escalate when nobody moves inside after the door."""
        if view.day_closed:
            self._close_day(view)
        episode = self._episode
        if episode is None or episode.severity is Severity.URGENT or view.coverage.blind:
            return ()
        if view.now - self._door_at < ESCALATE_AFTER_S:
            return ()
        episode.severity = Severity.URGENT
        what = (
            f"The outer door opened at {view.clock(self._door_at)} and nobody has moved inside since,"
            f" {duration(view.now - self._door_at)}"
        )
        return (self._told(episode, view, what, Phase.RAISED),)

    def probability(self, row: int) -> float:
        """Probability that the door opens in a three-hour bin of a day."""
        return (PRIOR_YES + self._opened[row]) / (PRIOR_YES + PRIOR_NO + self._days)

    def _door(self, view: HomeView) -> Sequence[Finding]:
        row, night = view.local.bin(view.at), view.local.is_night(view.at)
        rare = self._calendar_days >= LEARNING_DAYS and self.probability(row) < RARE
        if row not in self._today:
            self._today.append(row)
        self._night_today = self._night_today or night
        if self._episode is not None:
            self._door_at = max(self._door_at, view.at)
            return ()
        inside = view.activity.interior_at
        seen_since = inside is not None and inside > view.at + DOORSTEP_S
        if not (night or rare) or seen_since or view.occupancy.before is not Place.HOME:
            return ()
        self._door_at = view.at
        self._episode = Episode(onset=view.at, noticed=view.now, severity=Severity.CHECK)
        return (self._told(self._episode, view, _opened(view), Phase.OPENED),)

    def _seen_inside(self, view: HomeView) -> Sequence[Finding]:
        episode, self._episode = self._episode, None
        if episode is None or view.device is None:
            return ()
        what = f"Movement inside at {view.clock(view.at)} ({ROOMS[view.device.room]})"
        return (finding(view, DETECTOR.name, episode, what, Phase.CLEARED),)

    def _close_day(self, view: HomeView) -> None:
        self._calendar_days += 1
        self._nights_with += self._night_today
        shift = view.local.offset(view.now) - view.local.offset(
            view.now - CLOCK_CHANGE_DAYS * DAY_S
        )
        if shift == 0.0 and not view.coverage.blind:
            self._opened = [
                count * _KEEP + (row in self._today) for row, count in enumerate(self._opened)
            ]
            self._days = self._days * _KEEP + 1.0
        self._today, self._night_today = [], False

    def _told(self, episode: Episode, view: HomeView, what: str, phase: Phase) -> Finding:
        night = view.local.is_night(episode.onset)
        days = self._calendar_days
        if night and days:
            person = has(view.plan.pronoun) if view.plan.resident_id is not None else "Somebody has"
            unusual = (
                f"{person} opened it at night on {self._nights_with} of {plural(days, 'night')}"
            )
        elif night:
            unusual = "It is night; the habits of this home are not known yet"
        else:
            expected = self.probability(view.local.bin(episode.onset))
            unusual = f"At this time of day it opens on about {100 * expected:.0f} of 100 days"
        return finding(
            view,
            DETECTOR.name,
            episode,
            what,
            phase,
            unusual=unusual,
            ruled_out=("Somebody was home when it opened",),
            advice="Call now; if nobody answers, go and look near the home first.",
            evidence=(fact("The outer door opened", episode.onset),),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "opened": self._opened,
            "days": self._days,
            "calendar": self._calendar_days,
            "nights": self._nights_with,
            "today": self._today,
            "night_today": self._night_today,
            "episode": self._episode.snapshot() if self._episode else None,
            "door_at": self._door_at,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        self._opened, self._days = list(state["opened"]), state["days"]
        self._calendar_days, self._nights_with = state["calendar"], state["nights"]
        self._today, self._night_today = list(state["today"]), state["night_today"]
        self._episode = Episode.restored(state["episode"])
        self._door_at = state["door_at"]


def _opened(view: HomeView) -> str:
    text = f"The outer door opened at {view.clock(view.at)}"
    if view.now - view.at > 600:  # noqa: PLR2004
        text += f" (this reached us only at {view.clock(view.now)})"
    before = view.previous_at
    if before is None or view.at < before:
        return text
    where = ROOMS[view.previous_room]
    return f"{text}, {duration(view.at - before)} after the last movement ({where})"


DETECTOR = DetectorSpec(
    name="exit",
    title="Door at an unusual hour",
    notices="A door that leads out opens at night, or at an hour at which it hardly ever opens.",
    blind_spots=(
        "It does not know who opened the door: a visitor or a carer at night looks the same.",
        "Nothing without a sensor on the door; a door left open tells only once.",
    ),
    references=(
        "detection.md §2 (exit at an unusual hour) and (a) D7",
        "Rowe et al. 2009, night system with door sensors, PMC2774792",
    ),
    parameters=(
        Parameter(name="night_from", value=NIGHT_FROM_H, unit="h", meaning="local hour, always on"),
        Parameter(
            name="night_until", value=NIGHT_UNTIL_H, unit="h", meaning="local hour, always on"
        ),
        Parameter(
            name="rare", value=RARE, unit="1", meaning="probability below which it is unusual"
        ),
        Parameter(
            name="learning", value=LEARNING_DAYS, unit="d", meaning="before the learned rule"
        ),
        Parameter(name="escalate", value=ESCALATE_AFTER_S, unit="s", meaning="nobody moves inside"),
        Parameter(name="half_life", value=HALF_LIFE_DAYS, unit="d", meaning="memory of habits"),
    ),
    create=Exit,
    quantities=PERSON,
    safety=True,
)
