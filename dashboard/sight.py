"""Whether we can see a home at all, and how it stands. Pure: blind is never shown as quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.model.home import HomeMode
from dashboard.language import marked

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.timeline import Glance, Watch

BLIND_AFTER = timedelta(seconds=180)
"""A pipeline that is silent for longer can not be said to see (detection.md, D0)."""


class HomeState(StrEnum):
    """How a home stands, in the order of what matters."""

    ALERT = "alert"
    CHECK = "check"
    BLIND = "blind"
    WELL = "well"
    NEW = "new"
    """Nothing ever moved here that we saw: nothing measured is not all right."""
    TEST = "test"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStanding:
    """How a home stands, and why."""

    state: HomeState
    #: One short line.
    headline: str
    #: Why we can not see; empty when we can.
    reason: str = ""
    #: Since when we can not see; None when we can or do not know.
    blind_since: datetime | None = None


def blindness(watch: Watch, now: datetime) -> tuple[str, datetime | None] | None:
    """Return why and since when a watched home can not be seen; None when it can."""
    if watch.unwatched:
        return marked("Nobody may be watched here: consent was withdrawn, or it has ended."), None
    if watch.heard_at is None or now - watch.heard_at > BLIND_AFTER:
        return marked("Messages from the sensors do not reach us."), watch.heard_at
    if watch.stepped_at is None or now - watch.stepped_at > BLIND_AFTER:
        return marked("Messages arrive, but nothing looks at them."), watch.stepped_at
    if watch.blind_since is not None:
        return watch.blind_what, watch.blind_since
    return None


def home_standing(glance: Glance, now: datetime, *, moved: bool) -> HomeStanding:
    """Return how a home stands now; an open alert is said first, and blindness beside it.

    Parameters
    ----------
    moved
        False where no sign of a person was ever recorded.
    """
    mode = glance.home.mode
    if mode is HomeMode.ARCHIVE:
        return HomeStanding(
            state=HomeState.ARCHIVE, headline=marked("A record of the past, not watched")
        )
    blind = blindness(glance.watch, now)
    reason, since = blind or ("", None)
    if glance.urgent:
        headline, state = marked("An alert needs someone now"), HomeState.ALERT
    elif glance.check:
        headline, state = marked("Please check"), HomeState.CHECK
    elif blind:
        headline, state = marked("We cannot see this home"), HomeState.BLIND
    elif mode is HomeMode.TEST:
        words = marked("Being set up: nobody is told")
        headline = marked("Paused: nobody is told") if glance.paused else words
        headline = marked("Nobody at home: watching rests") if glance.away else headline
        state = HomeState.TEST
    elif not moved:
        headline, state = marked("No movement seen here yet"), HomeState.NEW
    else:
        headline, state = marked("All right, as far as we can see"), HomeState.WELL
    return HomeStanding(state=state, headline=headline, reason=reason, blind_since=since)
