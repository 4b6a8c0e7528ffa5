"""Times, ages and states in words. Pure: the moment is a parameter, times are in the home's zone.

What stands in a table here is only marked for translation; it is translated where it is shown.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.finding import DeliveryState, Outcome, ResponseKind, Severity
from core.model.learning import MissedKind, Why
from core.model.said import Said
from core.runtime.saying import in_language
from dashboard.language import _, marked, ngettext, spoken
from dashboard.typesetting import percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.page import Told

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
NIGHT_FROM_H, NIGHT_UNTIL_H = 21, 7
"""Hours in which a page is dark, whatever the phone prefers."""
WEEK_DAYS = 6
_STOPS = ".!?…。！？؟۔।॥"
_PARTS = re.compile(r"[;.؛۔।]\s+|[；。]\s*")
"""Where the parts of a piece of advice end, in the marks of many scripts."""

SEVERITIES = {
    Severity.URGENT: marked("Act now"),
    Severity.CHECK: marked("Please check"),
    Severity.NOTICE: marked("To read"),
}
HOW_ENDED = marked("How it ended")
OUTCOMES = {
    Outcome.HELPED: marked("It was real, and someone helped"),
    Outcome.TRUE: marked("It was real, no help was needed"),
    Outcome.FALSE: marked("False alarm: nothing was wrong"),
    Outcome.OTHER: marked("Something else"),
    Outcome.CLEARED: marked("It ended by itself"),
}
MISSED = {
    MissedKind.DID_NOT_MOVE: marked("Lay or sat somewhere and could not get up, or did not answer"),
    MissedKind.DID_NOT_GET_UP: marked("Did not get up as usual"),
    MissedKind.BATHROOM: marked("Was in the bathroom for too long"),
    MissedKind.NIGHT: marked("Was up and about at night"),
    MissedKind.NOT_BACK: marked("Went out and was not back in time"),
    MissedKind.OTHER: marked("Something else"),
}
OLDEST_MISSED = timedelta(days=60)
"""A report of what happened longer ago moves nothing any more."""
REASONS = {
    Why.FALSE: marked("Answered: false alarm"),
    Why.TRUE: marked("Answered: it was real"),
    Why.MISSED: marked("Reported: nobody was told"),
    Why.CONFIRMED: marked("Confirmed"),
    Why.UNDONE: marked("Taken back"),
}
_DETECTORS = {
    "inactivity": marked("No movement"),
    "late_rise": marked("Getting up late"),
    "overstay": marked("Long in one room"),
    "wrist_stillness": marked("Not moving, by the watch"),
    "night": marked("Unsettled nights"),
    "walking": marked("Walking about"),
    "not_back": marked("Not back yet"),
}
_BIN_H = 3
WEEKDAYS = (
    marked("Monday"),
    marked("Tuesday"),
    marked("Wednesday"),
    marked("Thursday"),
    marked("Friday"),
    marked("Saturday"),
    marked("Sunday"),
)
MONTHS = (
    marked("January"),
    marked("February"),
    marked("March"),
    marked("April"),
    marked("May"),
    marked("June"),
    marked("July"),
    marked("August"),
    marked("September"),
    marked("October"),
    marked("November"),
    marked("December"),
)
_CHANNELS = {
    "web": marked("on the page"),
    "ntfy": marked("by push"),
    "webpush": marked("by push"),
    "web_push": marked("by push"),
    "push": marked("by push"),
    "webhook": marked("by the alarm system"),
    "email": marked("by e-mail"),
    "mail": marked("by e-mail"),
    "sms": marked("by text message"),
    "voice": marked("by a phone call"),
    "notify": marked("by text message"),
    "apprise": marked("by a messenger"),
}
_BRITISH = frozenset(
    f"Europe/{place}" for place in ("London", "Belfast", "Jersey", "Guernsey", "Isle_of_Man")
)
_DID = {
    ResponseKind.ACKNOWLEDGE: marked("%(name)s is on it."),
    ResponseKind.RESOLVE: marked("%(name)s ended it."),
    ResponseKind.COMMENT: marked("%(name)s wrote:"),
    ResponseKind.REOPEN: marked("%(name)s opened it again."),
    ResponseKind.TAKE_OVER: marked("%(name)s took over."),
    ResponseKind.HAND_BACK: marked("%(name)s cannot after all."),
}
_STATES = {
    DeliveryState.PENDING: marked("not sent yet"),
    DeliveryState.SENDING: marked("being sent"),
    DeliveryState.SENT: marked("sent"),
    DeliveryState.FAILED: marked("could not be delivered"),
    DeliveryState.CANCELLED: marked("no longer needed"),
}


def detector(name: str) -> str:
    """Return what a detector is called on the pages.

    Examples
    --------
    >>> detector("not_back"), detector("day_change")
    ('Not back yet', 'Day change')
    """
    return _(_DETECTORS[name]) if name in _DETECTORS else name.replace("_", " ").capitalize()


def hours(name: str, hour_bin: int) -> str:
    """Return at which hours a change of a detector counts: a three-hour bin of the day.

    Examples
    --------
    >>> hours("inactivity", 3), hours("overstay", 7), hours("late_rise", 1)
    ('09:00 to 12:00', '21:00 to 24:00', 'each morning')
    """
    if name == "late_rise":
        return _("each morning")
    first, last = hour_bin * _BIN_H, (hour_bin + 1) * _BIN_H
    return _("%(first)s to %(last)s") % {"first": f"{first:02}:00", "last": f"{last:02}:00"}


def limit(before: float, after: float) -> str:
    """Return what a change does to when a carer is told.

    Examples
    --------
    >>> limit(1.0, 1.07), limit(1.07, 0.91), limit(1.0, 1.0)
    ('tells 7% later than before', 'tells 15% sooner than before', 'as before')
    """
    change = round(100 * (after / before - 1))
    if change == 0:
        return _("as before")
    if change > 0:
        return _("tells %(percent)s later than before") % {"percent": percent(change)}
    return _("tells %(percent)s sooner than before") % {"percent": percent(-change)}


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
        return _("less than a minute")
    if seconds < DAY_S:
        hours, minutes = divmod(int(seconds // MINUTE_S), 60)
        text = _("%(hours)s h %(minutes)s min") if hours and minutes else ""
        text = text or (_("%(hours)s h") if hours else _("%(minutes)s min"))
        return text % {"hours": hours, "minutes": minutes}
    days = int(seconds // DAY_S)
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago ``moment`` was.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> age(datetime(2026, 1, 1, 3, 8, tzinfo=UTC), datetime(2026, 1, 1, 3, 20, tzinfo=UTC))
    '12 min ago'
    """
    seconds = (now - moment).total_seconds()
    if seconds < MINUTE_S:
        return _("just now")
    return _("%(span)s ago") % {"span": span(seconds)}


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
        return _("yesterday, %(time)s") % {"time": time}
    if timedelta(0) < today - day <= timedelta(days=WEEK_DAYS):
        return f"{_(WEEKDAYS[day.weekday()])}, {time}"
    return f"{calendar_day(day, today)}, {time}"


def calendar_day(day: date, today: date) -> str:
    """Return a day with its month, and with its year when that is another one.

    Examples
    --------
    >>> today = date(2026, 1, 1)
    >>> calendar_day(date(2026, 6, 5), today), calendar_day(date(2025, 6, 5), today)
    ('5 June', '5 June 2025')
    """
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {_(MONTHS[day.month - 1])}{year}"


def is_night(now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether it is night where the home is: pages are dark then."""
    hour = now.astimezone(zone).hour
    return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H


def in_words(text: str) -> str:
    """Return what detection says in the language in use; another text as it is.

    Examples
    --------
    >>> from core.model.said import say
    >>> in_words(say("Not up yet at %(time)s", time="10:20"))
    'Not up yet at 10:20'
    """
    return in_language(text, spoken())


def reason(text: str) -> str:
    """Return why a home cannot be seen: what detection says of it, or a text that is marked here."""
    return in_words(text) if isinstance(text, Said) else _(text)


def sentence(text: str) -> str:
    """Return text as a sentence, what detection says in the language in use.

    Examples
    --------
    >>> sentence("the door opened"), sentence("Call now.")
    ('The door opened.', 'Call now.')
    """
    text = in_words(text).strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in _STOPS else ".")


def steps(advice: str) -> tuple[str, ...]:
    """Return advice as a list of things to do.

    Examples
    --------
    >>> steps("Call now; if nobody answers, go and look.")
    ('Call now.', 'If nobody answers, go and look.')
    """
    parts = _PARTS.split(in_words(advice).strip())
    return tuple(sentence(part) for part in parts if part.strip())


def names(people: Sequence[str]) -> str:
    """Return names as a list in words.

    Examples
    --------
    >>> names(["Ada"]), names(["Ada", "Tom", "Eve"])
    ('Ada', 'Ada, Tom and Eve')
    """
    if len(people) < 2:  # noqa: PLR2004
        return "".join(people)
    return _("%(first)s and %(last)s") % {"first": ", ".join(people[:-1]), "last": people[-1]}


def channel(name: str) -> str:
    """Return in plain words by which way a message goes.

    Examples
    --------
    >>> channel("sms"), channel("pigeon")
    ('by text message', 'by pigeon')
    """
    known = _CHANNELS.get(name)
    return _(known) if known else _("by %(channel)s") % {"channel": name}


def by_person(messages: Sequence[Told]) -> list[tuple[str, list[Told]]]:
    """Return who was told, in the order in which they were, each with the messages."""
    people: dict[str, list[Told]] = {}
    for message in messages:
        people.setdefault(message.name, []).append(message)
    return list(people.items())


def did(kind: ResponseKind, name: str) -> str:
    """Return what somebody did about an alert, as a sentence.

    Examples
    --------
    >>> did(ResponseKind.ACKNOWLEDGE, "Ben")
    'Ben is on it.'
    """
    return _(_DID[kind]) % {"name": name}


def emergency_number(zone: ZoneInfo) -> str:
    """Return the number for help where a home is; empty where we do not know it.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> [emergency_number(ZoneInfo(key)) for key in ("Europe/London", "Europe/Paris", "UTC")]
    ['999', '112', '']
    """
    if zone.key in _BRITISH:
        return "999"
    return "112" if zone.key.startswith("Europe/") else ""


def told(message: Told, zone: ZoneInfo, now: datetime) -> str:
    """Return how far a message got, in words."""
    way = channel(message.channel)
    web = message.channel == "web"
    if message.sent_at is None or not (web or message.state is DeliveryState.SENT):
        state = f"{way}, {_(_STATES[message.state])}"
        if message.attempts > 1 and message.state is not DeliveryState.CANCELLED:
            tries = ngettext("after %(n)s try", "after %(n)s tries", message.attempts)
            state = f"{state} {tries % {'n': message.attempts}}"
        return state
    values = {"way": way, "time": when(message.delivered_at or message.sent_at, zone, now)}
    if web:
        return _("%(way)s since %(time)s") % values
    if message.delivered_at is None:
        return _("%(way)s, sent %(time)s") % values
    return _("%(way)s, delivered %(time)s") % values
