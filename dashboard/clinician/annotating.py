"""Annotations in words, and as a form says them. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.annotation import LEAVES_OUT, AnnotationKind, Marking
from core.model.errors import Malformed
from dashboard.dates import date_words, span_words
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.annotation import Annotation

KINDS = {
    AnnotationKind.MEDICATION: marked("Medicine changed"),
    AnnotationKind.VISITORS: marked("Visitors"),
    AnnotationKind.HOSPITAL: marked("Hospital stay"),
    AnnotationKind.AWAY: marked("Holiday or respite"),
    AnnotationKind.ILLNESS: marked("Illness"),
    AnnotationKind.KIT: marked("Sensors were moved"),
    AnnotationKind.OTHER: marked("Something else"),
}
COUNTING = {
    "usual": marked(
        "As is usual for this kind (hospital, holiday and respite: left out; all else: counted)"
    ),
    "out": marked("Leave these days out of averages and of what is usual"),
    "in": marked("Mark them only: they count"),
}
LONGEST_NOTE = 200
LONGEST_DAYS = 366
AHEAD = timedelta(days=92)
EARLIEST = date(2000, 1, 1)


def marking_in(form: Mapping[str, str], today: date) -> Marking:
    """Read what a form says of a day or a span.

    Raises
    ------
    Malformed
        Naming the field and what was expected.
    """
    kind = form.get("kind", "")
    if kind not in set(AnnotationKind):
        raise Malformed("kind", _("what happened: one of the list"))
    note = text_in(form, "note", longest=LONGEST_NOTE)
    if kind == AnnotationKind.OTHER and not note:
        raise Malformed("note", _("in a few words what happened"))
    first = day_in(form, "first", EARLIEST, today + AHEAD)
    last = day_in(form, "last", first, first + timedelta(days=LONGEST_DAYS), missing=first)
    counting = form.get("counting", "usual")
    if counting not in COUNTING:
        raise Malformed("counting", _("whether these days count: one of the list"))
    by_kind = AnnotationKind(kind) in LEAVES_OUT
    return Marking(
        kind=AnnotationKind(kind),
        first_day=first,
        last_day=last,
        excludes=by_kind if counting == "usual" else counting == "out",
        note=note,
    )


def day_in(
    form: Mapping[str, str], field: str, earliest: date, latest: date, missing: date | None = None
) -> date:
    """Read a day.

    Raises
    ------
    Malformed
        Naming the field, and from when to when it may be.
    """
    given = form.get(field, "").strip()
    expected = _("a day from %(first)s to %(last)s") % {
        "first": date_words(earliest),
        "last": date_words(latest),
    }
    if not given and missing is not None:
        return missing
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Malformed(field, expected) from None
    if not earliest <= day <= latest:
        raise Malformed(field, expected)
    return day


def text_in(form: Mapping[str, str], field: str, *, longest: int, wanted: str = "") -> str:
    """Read a short text on one line.

    Parameters
    ----------
    wanted
        What is expected where it must not be empty.

    Raises
    ------
    Malformed
        Naming the field.
    """
    given = " ".join(form.get(field, "").split())
    if wanted and not given:
        raise Malformed(field, wanted)
    if len(given) > longest or not given.isprintable():
        expected = _("at most %(longest)s letters that can be printed") % {"longest": longest}
        raise Malformed(field, expected)
    return given


def marking_words(marking: Marking) -> str:
    """Say what happened, when, and whether its days count.

    Examples
    --------
    >>> day = date(2026, 1, 5)
    >>> marking_words(Marking(kind=AnnotationKind.VISITORS, first_day=day, last_day=day, excludes=False))
    'Visitors, 5 January 2026, counted'
    """
    span = span_words(marking.first_day, marking.last_day)
    return f"{what(marking)}, {span}, {counted_words(marking)}"


def what(marking: Marking) -> str:
    """Say what happened.

    Examples
    --------
    >>> day = date(2026, 1, 5)
    >>> what(Marking(kind=AnnotationKind.VISITORS, first_day=day, last_day=day, excludes=False, note="Zoë"))
    'Visitors: Zoë'
    """
    if marking.kind is AnnotationKind.OTHER:
        return marking.note
    return _(KINDS[marking.kind]) + (f": {marking.note}" if marking.note else "")


def counted_words(marking: Marking) -> str:
    """Say whether its days count."""
    return _("left out") if marking.excludes else _("counted")


def on_days(annotations: Sequence[Annotation], first: date, last: date) -> str:
    """Say what is marked from one day to another; empty for nothing."""
    return "; ".join(
        f"{what(one.marking)} ({counted_words(one.marking)})"
        for one in annotations
        if one.marking.first_day <= last and one.marking.last_day >= first
    )


def typed(marking: Marking) -> dict[str, str]:
    """Return the fields of a form that say the same."""
    return {
        "kind": marking.kind.value,
        "first": marking.first_day.isoformat(),
        "last": marking.last_day.isoformat(),
        "counting": "out" if marking.excludes else "in",
        "note": marking.note,
    }
