"""Plain words for findings: times in the home's zone, durations, pronouns. Never a name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.features.localtime import LocalTime

ROOMS = {
    "bedroom": "bedroom",
    "bathroom": "bathroom",
    "kitchen": "kitchen",
    "living": "living room",
    "hall": "hall",
    "other": "another room",
    "outside": "outside",
    "": "no room",
}
_OBJECTS = {"she": "her", "he": "him"}
_LONG_MIN = 60 * 48


def duration(seconds: float) -> str:
    """Say how long, to the minute.

    Examples
    --------
    >>> duration(6600), duration(300), duration(7200), duration(3 * 86400)
    ('1 h 50', '5 min', '2 h', '3 days')
    """
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than 1 min"
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    if minutes >= _LONG_MIN:
        return f"{minutes // 1440} days"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def clock(local: LocalTime, seconds: float, now: float) -> str:
    """Say when in the home's zone: the time, with the day before it if that is not today.

    Examples
    --------
    >>> from analytics.features.localtime import LocalTime
    >>> clock(LocalTime("UTC"), 1_767_260_000.0, 1_767_270_000.0)
    '09:33'
    >>> clock(LocalTime("UTC"), 1_767_260_000.0, 1_767_370_000.0)
    'Thursday 09:33'
    """
    then, present = local.at(seconds), local.at(now)
    time = f"{then:%H:%M}"
    days = (present.date() - then.date()).days
    if days == 0:
        return time
    if 0 < days < 7:  # noqa: PLR2004
        return f"{then:%A} {time}"
    return f"{then.day} {then:%B} {time}"


def subject(pronoun: str) -> str:
    """Return the pronoun that begins a sentence, with its verb: ``She is``, ``They are``.

    Examples
    --------
    >>> subject("he"), subject("they")
    ('He is', 'They are')
    """
    return f"{pronoun.capitalize()} {'is' if pronoun in _OBJECTS else 'are'}"


def object_form(pronoun: str) -> str:
    """Return ``her``, ``him`` or ``them``."""
    return _OBJECTS.get(pronoun, "them")


def has(pronoun: str) -> str:
    """Return the pronoun that begins a sentence, with ``has`` or ``have``."""
    return f"{pronoun.capitalize()} {'has' if pronoun in _OBJECTS else 'have'}"


def rarity(days: float, known_days: float) -> str:
    """Say how often something is expected, and claim no more than ``known_days`` can tell.

    Examples
    --------
    >>> rarity(120.4, 200), rarity(900, 50), rarity(0.4, 50)
    ('about once in 120 days', 'less than once in 50 days', 'more than once a day')
    """
    if days > known_days:
        return f"less than once in {known_days:.0f} days"
    if days < 1:
        return "more than once a day"
    return "about once a day" if days < 1.5 else f"about once in {days:.0f} days"  # noqa: PLR2004


def plural(count: int, word: str) -> str:
    """Return the count with its noun.

    Examples
    --------
    >>> plural(1, "sensor"), plural(7, "sensor")
    ('1 sensor', '7 sensors')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
