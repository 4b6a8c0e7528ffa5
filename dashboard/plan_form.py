"""Forms about plans, rotas and quiet hours: what was typed, and what is wrong with it, by field. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed
from core.model.finding import Severity
from core.model.ids import CarerId
from core.model.plan import EVERYBODY, MINUTE_S, Policy, Step
from core.model.week import DAYS, WeeklySpan, instant
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

ROWS = 5
"""Steps that the form has room for."""
LONGEST_MIN = 24 * 60
HOUR_MIN = 60
UNUSED = ""
EVERYBODY_WORD, ON_CALL_WORD = "everybody", "on-call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form about a policy said, and what is wrong with it."""

    policy: Policy | None
    #: Text by the name of the field.
    mistakes: Mapping[str, str]


def fields_of(policy: Policy) -> dict[str, str]:
    """Return the fields of the form that say this policy; what does not fit is left out."""
    fields = {
        "repeat": f"{policy.repeat_s / MINUTE_S:g}" if policy.repeat_s else "",
        "fallback": "" if policy.fallback_s is None else f"{policy.fallback_s / MINUTE_S:g}",
    }
    for number, step in enumerate(_single(policy)[:ROWS], 1):
        fields |= {
            f"after{number}": f"{step.after_s / MINUTE_S:g}",
            f"who{number}": _who(step),
            f"by{number}": step.channels[0] if step.channels else "",
        }
    return fields


def read_policy(fields: Mapping[str, str], severity: Severity) -> Typed:
    """Read the form of a policy."""
    mistakes: dict[str, str] = {}
    steps = _steps(fields, mistakes)
    repeat = _minutes(fields, "repeat", mistakes, empty=0.0)
    fallback = _minutes(fields, "fallback", mistakes, empty=None)
    if severity is Severity.NOTICE:
        repeat, fallback = 0.0, None
    if mistakes:
        return Typed(policy=None, mistakes=mistakes)
    policy = Policy(steps=tuple(steps), repeat_s=repeat or 0.0, fallback_s=fallback)
    return Typed(policy=policy, mistakes={})


def _steps(fields: Mapping[str, str], mistakes: dict[str, str]) -> list[Step]:
    found: list[Step] = []
    for number in range(1, ROWS + 1):
        word = fields.get(f"who{number}", UNUSED)
        if word == UNUSED:
            continue
        after_s = _minutes(fields, f"after{number}", mistakes, empty=0.0) or 0.0
        who = _recipients(word)
        if who is None:
            mistakes[f"who{number}"] = _("Choose somebody from the list.")
            continue
        if found and after_s < found[-1].after_s:
            mistakes.setdefault(f"after{number}", _("This is before the step above."))
        by = fields.get(f"by{number}", "")
        found.append(Step(after_s=after_s, channels=(by,) if by else (), **who))
    if not found:
        mistakes.setdefault("who1", _("Choose whom to tell first."))
    return found


def row_of(fields: Mapping[str, str], step: int) -> str:
    """Return the field that a step was read from, counted from 1 over the rows in use; for 0 the last."""
    used = [n for n in range(1, ROWS + 1) if fields.get(f"who{n}", UNUSED) != UNUSED]
    return f"who{used[step - 1]}" if 0 < step <= len(used) else "repeat"


def read_hours(fields: Mapping[str, str]) -> WeeklySpan:
    """Read days (``day0`` for Monday to ``day6``) and times (``start``, ``end``) of a form.

    Raises
    ------
    Malformed
        Naming ``days``, ``start`` or ``end``.
    """
    days = tuple(day for day in range(DAYS) if fields.get(f"day{day}"))
    if not days:
        raise Malformed("days", marked("one day at least"))
    return WeeklySpan(days=days, start=read_time(fields, "start"), end=read_time(fields, "end"))


def read_moment(fields: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime:
    """Read a day and time of a form as the clock of a zone shows it.

    Raises
    ------
    Malformed
        Naming the field.
    """
    try:
        typed = datetime.fromisoformat(fields.get(name, ""))
        if typed.tzinfo is not None:
            return typed
        return instant(typed.date(), typed.hour * HOUR_MIN + typed.minute, zone)
    except (ValueError, OverflowError) as error:
        raise Malformed(name, marked("a day and a time")) from error


def read_carer(fields: Mapping[str, str]) -> CarerId:
    """Read who was chosen.

    Raises
    ------
    Malformed
        Naming ``carer``.
    """
    text = fields.get("carer", "")
    if not _whole(text, digits=18):
        raise Malformed("carer", marked("somebody from the list"))
    return CarerId(int(text))


def read_time(fields: Mapping[str, str], name: str) -> int:
    """Read a time of day as minutes after midnight, 0 to 1439; 24:00 is 0.

    Raises
    ------
    Malformed
        Naming the field.
    """
    hour, _, minute = fields.get(name, "").partition(":")
    shown = [part for part in (hour, minute[:2]) if _whole(part, digits=2)]
    if len(shown) != 2 or int(shown[1]) >= HOUR_MIN:  # noqa: PLR2004
        raise Malformed(name, marked("a time of day, such as 22:00"))
    minutes = int(shown[0]) * HOUR_MIN + int(shown[1])
    if not 0 <= minutes <= LONGEST_MIN:
        raise Malformed(name, marked("a time of day, such as 22:00"))
    return minutes % LONGEST_MIN


def _minutes(
    fields: Mapping[str, str], name: str, mistakes: dict[str, str], *, empty: float | None
) -> float | None:
    """Return whole minutes as seconds."""
    text = fields.get(name, "").strip()
    if not text:
        return empty
    if not _whole(text, digits=6) or int(text) > LONGEST_MIN:
        mistakes[name] = _("Give whole minutes, 0 to 1440.")
        return empty
    return timedelta(minutes=int(text)).total_seconds()


def _recipients(word: str) -> dict[str, Any] | None:
    """Return what a choice of the list means for a step."""
    if word == EVERYBODY_WORD:
        return {"rank": EVERYBODY}
    if word == ON_CALL_WORD:
        return {"on_call": True}
    kind, _, number = word.partition("-")
    if not _whole(number, digits=18) or not int(number) > 0:
        return None
    found: dict[str, dict[str, Any]] = {
        "place": {"rank": int(number)},
        "carer": {"carers": (CarerId(int(number)),)},
    }
    return found.get(kind)


def _whole(text: str, *, digits: int) -> bool:
    """Tell whether a text is a whole number of a length that may be read."""
    return text.isascii() and text.isdecimal() and len(text) <= digits


def _who(step: Step) -> str:
    if step.on_call:
        return ON_CALL_WORD
    if step.carers:
        return f"carer-{step.carers[0]}"
    return EVERYBODY_WORD if step.rank == EVERYBODY else f"place-{step.rank}"


def _single(policy: Policy) -> list[Step]:
    """Return the steps with one named person each: two people at once are two steps of the same minute."""
    return [
        Step(after_s=step.after_s, channels=step.channels, carers=(carer,))
        if carer is not None
        else step
        for step in policy.steps
        for carer in (step.carers or (None,))
    ]
