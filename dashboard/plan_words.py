"""Policies, shifts and quiet hours in plain sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.plan import EVERYBODY
from core.model.plan_check import WEB
from dashboard import wording
from dashboard.language import _, marked, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.model.errors import Malformed
    from core.model.plan import Policy, Step
    from core.model.plan_check import Fault
    from core.model.week import WeeklySpan
    from core.store.plan import Colleague

HOUR_MIN = 60
SHORT = (
    marked("Mon"),
    marked("Tue"),
    marked("Wed"),
    marked("Thu"),
    marked("Fri"),
    marked("Sat"),
    marked("Sun"),
)
WEEK = len(SHORT)
LEFT = marked("somebody who has left")


def after(seconds: float) -> str:
    """Return when a step comes.

    Examples
    --------
    >>> after(0), after(60), after(180), after(5400)
    ('At once', 'After 1 minute', 'After 3 minutes', 'After 1 hour 30 minutes')
    """
    return _("After %(time)s") % {"time": lasting(seconds)} if seconds else _("At once")


def lasting(seconds: float) -> str:
    """Return a length of time.

    Examples
    --------
    >>> lasting(300), lasting(3600), lasting(7260)
    ('5 minutes', '1 hour', '2 hours 1 minute')
    """
    hours, minutes = divmod(round(seconds / 60), HOUR_MIN)
    parts = [ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}] if hours else []
    if minutes or not hours:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes})
    return " ".join(parts)


def give(error: Malformed) -> str:
    """Return what somebody should have typed, as a sentence.

    Examples
    --------
    >>> from core.model.errors import Malformed
    >>> give(Malformed("ends", "at most %(days)s days after the start", days=31))
    'Give at most 31 days after the start.'
    """
    expected = _(error.words) % error.values if error.values else _(error.words)
    return _("Give %(expected)s.") % {"expected": expected}


def fault(found: Fault) -> str:
    """Return why a policy is not saved."""
    return _(found.words) % found.values


def sentences(policy: Policy, people: Sequence[Colleague], *, one_home: bool) -> tuple[str, ...]:
    """Return whom a policy tells and when, a sentence each.

    Parameters
    ----------
    people
        Everybody of the organisation, with their place in the order of telling of the home.
    one_home
        False for the policy of an organisation: then places have no names.
    """
    said = []
    for number, step in enumerate(policy.steps, 1):
        text = f"{after(step.after_s)}: {whom(step, people, one_home=one_home)}{_ways(step)}"
        if number == len(policy.steps) and policy.repeat_s:
            often = {"time": lasting(policy.repeat_s)}
            text += _(", again every %(time)s until somebody answers") % often
        said.append(f"{text}.")
    if policy.fallback_s is not None:
        said.append(
            _("%(when)s also whoever is on call for the organisation.")
            % {"when": after(policy.fallback_s)}
        )
    return tuple(said)


def whom(step: Step, people: Sequence[Colleague], *, one_home: bool) -> str:
    """Return whom a step tells."""
    if step.on_call:
        return _("whoever is on call")
    if step.carers:
        named = {one.carer_id: one.name for one in people if one.disabled_at is None}
        return wording.names([named.get(carer) or _(LEFT) for carer in step.carers])
    if step.rank == EVERYBODY:
        return _("everybody")
    return place(step.rank, people, one_home=one_home)


def place(rank: int, people: Sequence[Colleague], *, one_home: bool) -> str:
    """Return who is at a place in the order of telling."""
    text = _("number %(n)s in the order of telling") % {"n": rank}
    if not one_home:
        return text
    circle = [one for one in people if one.order is not None and one.disabled_at is None]
    places = sorted({one.order for one in circle if one.order is not None})
    if rank > len(places):
        return _("%(place)s (nobody now)") % {"place": text}
    return wording.names([one.name for one in circle if one.order == places[rank - 1]])


def _ways(step: Step) -> str:
    if not step.channels:
        return ""
    if set(step.channels) == {WEB}:
        return _(", on the page only")
    ways = wording.names([wording.channel(name) for name in step.channels])
    return _(", %(ways)s only") % {"ways": ways}


def clock(minute: int) -> str:
    """Return a minute of the day as the clock shows it.

    Examples
    --------
    >>> clock(0), clock(1350)
    ('00:00', '22:30')
    """
    return f"{minute // HOUR_MIN:02}:{minute % HOUR_MIN:02}"


def days(chosen: Iterable[int]) -> str:
    """Return days of the week.

    Examples
    --------
    >>> days(range(7)), days([0, 1, 2, 3, 4]), days([5, 6]), days([0, 2, 4])
    ('Every day', 'Mon to Fri', 'Sat and Sun', 'Mon, Wed and Fri')
    """
    found = sorted(chosen)
    if len(found) == WEEK:
        return _("Every day")
    names = [_(SHORT[day]) for day in found]
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):  # noqa: PLR2004
        return _("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}
    return wording.names(names)


def hours(span: WeeklySpan) -> str:
    """Return hours of the week.

    Examples
    --------
    >>> from core.model.week import WeeklySpan
    >>> hours(WeeklySpan(days=(4, 5), start=1320, end=420))
    'Fri and Sat, 22:00 to 07:00 the next day'
    >>> hours(WeeklySpan(days=(0,), start=480, end=480))
    'Mon, 08:00 to 08:00 the next day'
    """
    values = {
        "days": days(span.days),
        "start": clock(span.start),
        "end": "24:00" if span.end == 0 else clock(span.end),
    }
    if span.end <= span.start and span.end:
        return _("%(days)s, %(start)s to %(end)s the next day") % values
    return _("%(days)s, %(start)s to %(end)s") % values
