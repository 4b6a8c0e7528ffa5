"""A night in four plain sentences, for the page and for letters. Pure; times are in the home's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import NullTranslations
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

SHORT = timedelta(minutes=5)
"""Who is back in bed within so long a time is not counted as up."""
MOSTLY = 0.5
"""From this share of blindness on, it is what the summary begins with."""
ENGLISH = NullTranslations()
"""The words as they stand here."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFacts:
    """What was sensed in a night, as far as somebody could see."""

    #: How the person is called; empty where several live or none is named.
    name: str
    start: datetime
    end: datetime
    #: Until when the bed was looked at, at least ``end``: who sleeps longer gets up after the night.
    looked_until: datetime
    #: When a bed sensor said that somebody lies in bed, in order of time; None where no bed has one.
    in_bed: tuple[Span, ...] | None
    #: When movement was sensed in any room, in order of time.
    movement: tuple[Span, ...]
    #: When an outer door opened, in order of time; None where no door has a sensor.
    doors: tuple[datetime, ...] | None
    #: When the home could not be seen, in order of time.
    blind: tuple[Span, ...]


def summary(
    facts: NightFacts, zone: ZoneInfo, words: NullTranslations = ENGLISH
) -> tuple[str, ...]:
    """Return the night in four sentences: sleep, times up, doors, and what could be seen.

    Where most of the night could not be seen, that comes first.

    Examples
    --------
    >>> from datetime import UTC
    >>> from zoneinfo import ZoneInfo
    >>> at = lambda hour, minute=0: datetime(2026, 1, 15, hour, minute, tzinfo=UTC)
    >>> facts = NightFacts(name="Ada", start=at(0), end=at(7), looked_until=at(9), in_bed=((at(0, 20), at(3)),
    ...     (at(3, 25), at(6, 40))), movement=(), doors=(at(3, 8),), blind=())
    >>> for sentence in summary(facts, ZoneInfo("Europe/London")):
    ...     print(sentence)
    Ada went to bed at 00:20 and got up at 06:40.
    The bed was left once, for 25 min, at 03:00.
    An outer door opened once, at 03:08.
    We could see all the time.
    """
    voice = _Voice(zone, words)
    told = [*_rest(facts, voice), _doors(facts, voice)]
    blind_s = _seconds(facts.blind)
    mostly = blind_s > MOSTLY * (facts.end - facts.start).total_seconds()
    return tuple([_sight(facts, voice), *told] if mostly else [*told, _sight(facts, voice)])


def letter(facts: NightFacts, zone: ZoneInfo, words: NullTranslations = ENGLISH) -> str:
    """Return the night as the text of a letter, a line each sentence; it names the person only."""
    return "\n".join(summary(facts, zone, words)) + "\n"


class _Voice:
    def __init__(self, zone: ZoneInfo, words: NullTranslations) -> None:
        self._zone = zone
        self.gettext = words.gettext
        self.ngettext = words.ngettext

    def clock(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return local.strftime("%H:%M %Z" if twice else "%H:%M")

    def length(self, seconds: float) -> str:
        hours, minutes = divmod(round(seconds / 60), 60)
        text = self.gettext("%(hours)s h %(minutes)s min") if hours and minutes else ""
        text = text or (self.gettext("%(hours)s h") if hours else self.gettext("%(minutes)s min"))
        return text % {"hours": hours, "minutes": minutes}


def _rest(facts: NightFacts, voice: _Voice) -> tuple[str, str]:
    if facts.in_bed is None:
        return _quiet(facts, voice)
    ups = [(left, back) for (_, left), (back, _) in pairwise(facts.in_bed) if back - left >= SHORT]
    return _sleep(facts, facts.in_bed, voice), _ups(ups, voice)


def _sleep(facts: NightFacts, in_bed: tuple[Span, ...], voice: _Voice) -> str:
    who = facts.name or voice.gettext("Somebody")
    if not in_bed:
        text = voice.gettext("Nobody was seen in bed between %(from)s and %(until)s.")
        return text % {"from": voice.clock(facts.start), "until": voice.clock(facts.end)}
    lay_down, got_up = in_bed[0][0], in_bed[-1][1]
    values = {"who": who, "bed": voice.clock(lay_down), "up": voice.clock(got_up)}
    if lay_down <= facts.start:
        values["bed"] = voice.clock(facts.start)
        if got_up >= facts.looked_until:
            return voice.gettext("%(who)s was in bed by %(bed)s and has not got up yet.") % values
        return voice.gettext("%(who)s was in bed by %(bed)s and got up at %(up)s.") % values
    if got_up >= facts.looked_until:
        return voice.gettext("%(who)s went to bed at %(bed)s and has not got up yet.") % values
    return voice.gettext("%(who)s went to bed at %(bed)s and got up at %(up)s.") % values


def _ups(ups: list[Span], voice: _Voice) -> str:
    if not ups:
        return voice.gettext("In between, nobody left the bed for more than 5 minutes.")
    start, end = max(ups, key=lambda span: span[1] - span[0])
    values = {
        "n": len(ups),
        "all": voice.length(_seconds(ups)),
        "longest": voice.length((end - start).total_seconds()),
        "at": voice.clock(start),
    }
    text = voice.ngettext(
        "The bed was left once, for %(longest)s, at %(at)s.",
        "The bed was left %(n)s times, for %(all)s in all; the longest was %(longest)s, at %(at)s.",
        len(ups),
    )
    return text % values


def _quiet(facts: NightFacts, voice: _Voice) -> tuple[str, str]:
    """Say without a bed sensor when it was quiet longest, and how often somebody moved."""
    pauses = _pauses(facts)
    start, end = max(pauses, key=lambda span: span[1] - span[0])
    quiet = voice.gettext("The longest time without movement was %(long)s, from %(from)s.") % {
        "long": voice.length((end - start).total_seconds()),
        "from": voice.clock(start),
    }
    if not facts.movement:
        return quiet, voice.gettext("No movement was seen in the night.")
    count = len(facts.movement)
    text = voice.ngettext(
        "Movement was seen once, at %(first)s.",
        "Movement was seen at %(n)s times, first at %(first)s and last at %(last)s.",
        count,
    )
    first, last = facts.movement[0][0], facts.movement[-1][0]
    return quiet, text % {"n": count, "first": voice.clock(first), "last": voice.clock(last)}


def _pauses(facts: NightFacts) -> list[Span]:
    """Return the times without movement; where we were blind nothing is claimed to be quiet."""
    seen = sorted([*facts.movement, *facts.blind])
    edges: list[Span] = [(facts.start, facts.start), *seen, (facts.end, facts.end)]
    until, pauses = facts.start, []
    for start, end in edges:
        pauses.append((until, max(until, start)))
        until = max(until, end)
    return pauses


def _doors(facts: NightFacts, voice: _Voice) -> str:
    if facts.doors is None:
        return voice.gettext("No sensor watches the outer doors.")
    if not facts.doors:
        return voice.gettext("No outer door was seen to open.")
    text = voice.ngettext(
        "An outer door opened once, at %(first)s.",
        "Outer doors opened %(n)s times, first at %(first)s and last at %(last)s.",
        len(facts.doors),
    )
    first, last = voice.clock(facts.doors[0]), voice.clock(facts.doors[-1])
    return text % {"n": len(facts.doors), "first": first, "last": last}


def _sight(facts: NightFacts, voice: _Voice) -> str:
    blind_s = _seconds(facts.blind)
    if blind_s == 0:
        return voice.gettext("We could see all the time.")
    values = {
        "long": voice.length(blind_s),
        "from": voice.clock(facts.blind[0][0]),
        "until": voice.clock(facts.blind[-1][1]),
    }
    text = voice.ngettext(
        "We could not see for %(long)s, from %(from)s to %(until)s, so there may be more.",
        "We could not see for %(long)s in all between %(from)s and %(until)s,"
        " so there may be more.",
        len(facts.blind),
    )
    return text % values


def _seconds(spans: Iterable[Span]) -> float:
    return sum((end - start).total_seconds() for start, end in spans)
