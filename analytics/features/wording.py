"""Plain words for findings: times in the home's zone, durations, rooms, pronouns. Never a name. Pure.

Each can be said in any language (`core.model.said`).
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from core.model.said import MONTHS, WEEKDAYS, Said, say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.localtime import LocalTime

ROOMS = {
    "bedroom": say("bedroom"),
    "bathroom": say("bathroom"),
    "kitchen": say("kitchen"),
    "living": say("living room"),
    "hall": say("hall"),
    "other": say("another room"),
    "outside": say("outside"),
    "": say("no room"),
}
_LONG_MIN = 60 * 48


def duration(seconds: float) -> Said:
    """Say how long, to the minute.

    Examples
    --------
    >>> duration(6600), duration(300), duration(7200), duration(3 * 86400)
    ('1 h 50', '5 min', '2 h', '3 days')
    """
    minutes = int(seconds // 60)
    if minutes < 1:
        return say("less than 1 min")
    if minutes < 60:  # noqa: PLR2004
        return say("%(minutes)s min", minutes=minutes)
    if minutes >= _LONG_MIN:
        return say_each("%(n)s day", "%(n)s days", minutes // 1440)
    hours, rest = divmod(minutes, 60)
    if not rest:
        return say("%(hours)s h", hours=hours)
    two = f"{rest:02d}"
    return say("%(hours)s h %(minutes)s", hours=hours, minutes=two)


def clock(local: LocalTime, seconds: float, now: float) -> str:
    """Say when in the home's zone: the time, with the day before it if that is not today.

    Examples
    --------
    >>> from analytics.features.localtime import LocalTime
    >>> clock(LocalTime("UTC"), 1_767_260_000.0, 1_767_270_000.0)
    '09:33'
    >>> clock(LocalTime("UTC"), 1_767_260_000.0, 1_767_370_000.0)
    'Thursday 09:33'
    >>> clock(LocalTime("UTC"), 1_767_260_000.0, 1_769_270_000.0)
    '1 January 09:33'
    """
    then, present = local.at(seconds), local.at(now)
    time = f"{then:%H:%M}"
    days = (present.date() - then.date()).days
    if days == 0:
        return time
    if 0 < days < 7:  # noqa: PLR2004
        return say("%(weekday)s %(time)s", weekday=WEEKDAYS[then.weekday()], time=time)
    month = MONTHS[then.month - 1]
    return say("%(day)s %(month)s %(time)s", day=then.day, month=month, time=time)


def by_pronoun(pronoun: str, she: str, he: str, they: str, /, **values: str | int) -> Said:
    """Say something of a person, in the words for their pronoun.

    Parameters
    ----------
    she, he, they
        Whole sentences: other languages change more than the pronoun. Each is `marked` where it stands.

    Examples
    --------
    >>> by_pronoun("he", "She is at home", "He is at home", "They are at home")
    'He is at home'
    """
    return say({"she": she, "he": he}.get(pronoun, they), **values)


def gone_out(pronoun: str) -> Said:
    """Say that somebody has gone out."""
    return by_pronoun(
        pronoun, marked("She has gone out"), marked("He has gone out"), marked("They have gone out")
    )


def at_home(pronoun: str) -> Said:
    """Say that somebody is at home."""
    return by_pronoun(
        pronoun, marked("She is at home"), marked("He is at home"), marked("They are at home")
    )


def listed(parts: Sequence[str]) -> str:
    """Return what is said as a list; empty for nothing.

    Examples
    --------
    >>> listed([say("turning often"), say("on unknown ways")])
    'turning often, on unknown ways'
    """
    if not parts:
        return ""
    return reduce(lambda first, one: say("%(first)s, %(next)s", first=first, next=one), parts)


_COMPARATIVES = {
    "more": (say("more"), say("More")),
    "fewer": (say("fewer"), say("Fewer")),
    "less": (say("less"), say("Less")),
    "later": (say("later"), say("Later")),
    "earlier": (say("earlier"), say("Earlier")),
}


def comparative(word: str, *, begins: bool) -> Said:
    """Say how something has changed; ``begins`` where a sentence begins with it.

    Examples
    --------
    >>> comparative("fewer", begins=True), comparative("later", begins=False)
    ('Fewer', 'later')
    """
    return _COMPARATIVES[word][begins]


def times(count: int) -> Said:
    """Say how often.

    Examples
    --------
    >>> times(1), times(7)
    ('1 time', '7 times')
    """
    return say_each("%(n)s time", "%(n)s times", count)


def rarity(days: float, known_days: float) -> Said:
    """Say how often something is expected, and claim no more than ``known_days`` can tell.

    Examples
    --------
    >>> rarity(120.4, 200), rarity(900, 50), rarity(0.4, 50)
    ('about once in 120 days', 'less than once in 50 days', 'more than once a day')
    """
    if days > known_days:
        return say_each(
            "less than once in %(n)s day", "less than once in %(n)s days", round(known_days)
        )
    if days < 1:
        return say("more than once a day")
    if days < 1.5:  # noqa: PLR2004
        return say("about once a day")
    return say_each("about once in %(n)s day", "about once in %(n)s days", round(days))


def late(text: str, reached: str) -> Said:
    """Add to what is said that it was heard much later.

    Examples
    --------
    >>> late(say("Smoke"), "10:30")
    'Smoke; it reached us only at 10:30'
    """
    return say("%(text)s; it reached us only at %(time)s", text=text, time=reached)


def learning(text: str, day: int, of: int) -> Said:
    """Add to what is said that the habits of a home are still being learned.

    Examples
    --------
    >>> learning(say("more than once a day"), 3, 14)
    'more than once a day (learning, day 3 of 14)'
    """
    return say("%(text)s (learning, day %(day)s of %(days)s)", text=text, day=day, days=of)
