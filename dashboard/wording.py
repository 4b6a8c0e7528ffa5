"""Times, ages and states in words. Pure: the moment is a parameter, times are in the home's zone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.finding import DeliveryState, Outcome, Severity
from core.model.learning import MissedKind, Why

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.page import Told

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
NIGHT_FROM_H, NIGHT_UNTIL_H = 21, 7
"""Hours in which a page is dark, whatever the phone prefers."""
WEEK_DAYS = 6

SEVERITIES = {
    Severity.URGENT: "Act now",
    Severity.CHECK: "Please check",
    Severity.NOTICE: "To read",
}
OUTCOMES = {
    Outcome.HELPED: "It was real, and someone helped",
    Outcome.TRUE: "It was real, no help was needed",
    Outcome.FALSE: "False alarm: nothing was wrong",
    Outcome.OTHER: "Something else",
    Outcome.CLEARED: "It ended by itself",
}
MISSED = {
    MissedKind.DID_NOT_MOVE: "Lay or sat somewhere and could not get up, or did not answer",
    MissedKind.DID_NOT_GET_UP: "Did not get up as usual",
    MissedKind.BATHROOM: "Was in the bathroom for too long",
    MissedKind.NIGHT: "Was up and about at night",
    MissedKind.NOT_BACK: "Went out and was not back in time",
    MissedKind.OTHER: "Something else",
}
REASONS = {
    Why.FALSE: "Answered: false alarm",
    Why.TRUE: "Answered: it was real",
    Why.MISSED: "Reported: nobody was told",
    Why.CONFIRMED: "Confirmed",
    Why.UNDONE: "Taken back",
}
_DETECTORS = {
    "inactivity": "No movement",
    "late_rise": "Getting up late",
    "overstay": "Long in one room",
    "restlessness": "Unsettled nights",
    "walking": "Walking about",
    "not_back": "Not back yet",
}
_BIN_H = 3
_CHANNELS = {
    "web": "page",
    "webpush": "push",
    "ntfy": "push",
    "sms": "text message",
    "voice": "phone call",
    "email": "e-mail",
    "notify": "GOV.UK Notify",
    "apprise": "another service",
    "webhook": "alarm system",
}
_STATES = {
    DeliveryState.PENDING: "not sent yet",
    DeliveryState.SENDING: "sending",
    DeliveryState.SENT: "delivered",
    DeliveryState.FAILED: "could not be delivered",
    DeliveryState.CANCELLED: "no longer needed",
}


def detector(name: str) -> str:
    """Return what a detector is called on the pages.

    Examples
    --------
    >>> detector("not_back"), detector("day_change")
    ('Not back yet', 'Day change')
    """
    return _DETECTORS.get(name, name.replace("_", " ").capitalize())


def hours(name: str, hour_bin: int) -> str:
    """Return at which hours a change of a detector counts: a three-hour bin of the day.

    Examples
    --------
    >>> hours("inactivity", 3), hours("overstay", 7), hours("late_rise", 1)
    ('09:00 to 12:00', '21:00 to 24:00', 'each morning')
    """
    if name == "late_rise":
        return "each morning"
    return f"{hour_bin * _BIN_H:02}:00 to {(hour_bin + 1) * _BIN_H:02}:00"


def limit(before: float, after: float) -> str:
    """Return what a change does to when a carer is told.

    Examples
    --------
    >>> limit(1.0, 1.07), limit(1.07, 0.91), limit(1.0, 1.0)
    ('tells 7 % later than before', 'tells 15 % sooner than before', 'as before')
    """
    change = round(100 * (after / before - 1))
    if change == 0:
        return "as before"
    return f"tells {abs(change)} % {'later' if change > 0 else 'sooner'} than before"


def count(number: int, word: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "alert"), count(3, "alert")
    ('1 alert', '3 alerts')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def span(seconds: float) -> str:
    """Return how long something took.

    Examples
    --------
    >>> span(20), span(780), span(4000), span(7200), span(200_000)
    ('less than a minute', '13 min', '1 h 6 min', '2 h', '2 days')
    """
    if seconds < MINUTE_S:
        return "less than a minute"
    if seconds < HOUR_S:
        return f"{int(seconds // MINUTE_S)} min"
    if seconds < DAY_S:
        hours, rest = divmod(int(seconds // MINUTE_S), 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return count(int(seconds // DAY_S), "day")


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago ``moment`` was.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> age(datetime(2026, 1, 1, 3, 8, tzinfo=UTC), datetime(2026, 1, 1, 3, 20, tzinfo=UTC))
    '12 min ago'
    """
    seconds = (now - moment).total_seconds()
    return "just now" if seconds < MINUTE_S else f"{span(seconds)} ago"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time of day; in the hour that autumn repeats, with the zone's name.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> clock(datetime(2026, 7, 1, 2, 8, tzinfo=UTC), ZoneInfo("Europe/London"))
    '03:08'
    >>> clock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ZoneInfo("Europe/London"))
    '01:30 BST'
    """
    local = moment.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.strftime("%H:%M %Z" if twice else "%H:%M")


def when(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return the time of day, with the day when it is not today.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> now, zone = datetime(2026, 1, 8, 3, 20, tzinfo=UTC), ZoneInfo("Europe/London")
    >>> when(datetime(2026, 1, 8, 3, 8, tzinfo=UTC), zone, now)
    '03:08'
    >>> when(datetime(2026, 1, 7, 23, 8, tzinfo=UTC), zone, now)
    'yesterday, 23:08'
    >>> when(datetime(2026, 1, 5, 23, 8, tzinfo=UTC), zone, now)
    'Monday, 23:08'
    >>> when(datetime(2025, 6, 5, 12, 8, tzinfo=UTC), zone, now)
    '5 June 2025, 13:08'
    """
    day, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    time = clock(moment, zone)
    if day == today:
        return time
    if day == today - timedelta(days=1):
        return f"yesterday, {time}"
    if timedelta(0) < today - day <= timedelta(days=WEEK_DAYS):
        return f"{day:%A}, {time}"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {day:%B}{year}, {time}"


def is_night(now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether it is night where the home is: pages are dark then."""
    hour = now.astimezone(zone).hour
    return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H


def sentence(text: str) -> str:
    """Return text as a sentence.

    Examples
    --------
    >>> sentence("the door opened"), sentence("Call now.")
    ('The door opened.', 'Call now.')
    """
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def steps(advice: str) -> tuple[str, ...]:
    """Return advice as a list of things to do.

    Examples
    --------
    >>> steps("Call now; if nobody answers, go and look.")
    ('Call now.', 'If nobody answers, go and look.')
    """
    return tuple(sentence(part) for part in re.split(r"[;.]\s+", advice.strip()) if part.strip())


def names(people: Sequence[str]) -> str:
    """Return names as a list in words.

    Examples
    --------
    >>> names(["Ada"]), names(["Ada", "Tom", "Eve"])
    ('Ada', 'Ada, Tom and Eve')
    """
    if len(people) < 2:  # noqa: PLR2004
        return "".join(people)
    return f"{', '.join(people[:-1])} and {people[-1]}"


def channel(name: str) -> str:
    """Return a channel in plain words."""
    return _CHANNELS.get(name, name)


def told(message: Told, zone: ZoneInfo, now: datetime) -> str:
    """Return how far a message got, in words."""
    if message.channel == "web" and message.sent_at is not None:
        return f"on the page since {when(message.sent_at, zone, now)}"
    text = _STATES[message.state]
    if message.sent_at is not None and message.state is DeliveryState.SENT:
        return f"{text} {when(message.sent_at, zone, now)}"
    if message.attempts > 1 and message.state is not DeliveryState.CANCELLED:
        return f"{text}, {count(message.attempts, 'attempt')}"
    return text
