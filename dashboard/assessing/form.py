"""What forms say of an assessment and its kit. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.model.assessment import (
    LONGEST_DAYS,
    SHORTEST_DAYS,
    Assessment,
    AssessmentStep,
    NamedAs,
)
from core.model.errors import Malformed
from core.store.assessment import NewAssessment
from core.store.kit import KitStep
from dashboard.clinician.annotating import day_in, text_in
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.model.assessment import KitItem
    from core.model.ids import CarerId
    from core.store.review import Lived

BEFORE_AND_AHEAD = timedelta(days=42)
WEEK = timedelta(days=7)
KIT_AHEAD = timedelta(days=180)
LENDING = {
    "all": marked("Every device that is registered in this home"),
    "none": marked("Nothing, or I choose it later"),
}


def begun(form: Mapping[str, str], lived: Lived, by: tuple[CarerId, datetime]) -> NewAssessment:
    """Read an assessment that is to begin.

    Raises
    ------
    Malformed
        Naming the field and what was expected.
    """
    carer_id, now = by
    today = now.astimezone(lived.home.zone).date()
    question = text_in(form, "question", longest=500, wanted=_("the question that is asked"))
    asked_by = text_in(form, "asked_by", longest=120, wanted=_("who asks: a name or an office"))
    first = day_in(form, "first", today - BEFORE_AND_AHEAD, today + BEFORE_AND_AHEAD)
    last = day_in(
        form,
        "last",
        first + timedelta(days=SHORTEST_DAYS - 1),
        first + timedelta(days=LONGEST_DAYS - 1),
    )
    named_as = form.get("named_as", "")
    if named_as not in set(NamedAs):
        raise Malformed("named_as", _("how the report names the person: one of the list"))
    by_reference = named_as == NamedAs.REFERENCE
    reference = text_in(
        form,
        "reference",
        longest=60,
        wanted=_("a reference to name them by") if by_reference else "",
    )
    return NewAssessment(
        resident_id=lived.resident.resident_id,
        home_id=lived.home.home_id,
        question=question,
        asked_by=asked_by,
        named_as=NamedAs(named_as),
        reference=reference,
        first_day=first,
        last_day=last,
        carer_id=carer_id,
        at=now,
    )


def due_day(form: Mapping[str, str], last_day: date) -> date | None:
    """Read by when kit is expected back; None where nothing is lent.

    Raises
    ------
    Malformed
        Naming the field.
    """
    if form.get("kit", "none") not in LENDING:
        raise Malformed("kit", _("what is lent: one of the list"))
    if form.get("kit", "none") == "none":
        return None
    return day_in(form, "due", last_day, last_day + KIT_AHEAD, missing=last_day + WEEK)


def step_in(
    form: Mapping[str, str], one: Assessment, author: str, now: tuple[datetime, date]
) -> AssessmentStep:
    """Read how an assessment goes on or ends.

    Raises
    ------
    Malformed
        Naming the field and what was expected.
    """
    at, today = now
    if form.get("do") == "extend":
        after = one.last_day + timedelta(days=1)
        if after > one.latest_extension:
            raise Malformed("until", _("no later day: it is as long as it may be. Begin a new one"))
        last = day_in(form, "until", after, one.latest_extension)
        reason = text_in(form, "why_longer", longest=300, wanted=_("why it lasts longer"))
        return AssessmentStep(ends=False, last_day=last, reason=reason, author=author, at=at)
    if form.get("do") != "end":
        raise Malformed("until", _("whether to extend or to end it"))
    latest = max(one.first_day, min(today, one.last_day))
    last = day_in(form, "ended", one.first_day, latest, missing=latest)
    early = last < one.due_day
    wanted = _("why it ends before its planned day") if early else ""
    reason = text_in(form, "why_ended", longest=300, wanted=wanted)
    return AssessmentStep(ends=True, last_day=last, reason=reason, author=author, at=at)


def kit_step(
    form: Mapping[str, str], item: KitItem, by: tuple[CarerId, datetime], today: date
) -> KitStep:
    """Read what happened to a device on loan.

    Raises
    ------
    Malformed
        Naming the field and what was expected.
    """
    kind = form.get("do", "")
    if kind not in {"due", "returned", "lost", "not_lent"}:
        raise Malformed("do", _("what happened to it: one of the buttons"))
    note = text_in(form, "note", longest=200, wanted=_("a few words") if kind == "lost" else "")
    due = day_in(form, "due", today, today + KIT_AHEAD) if kind == "due" else None
    carer_id, at = by
    return KitStep(
        assessment_id=item.assessment_id,
        device_id=item.device_id,
        home_id=item.home_id,
        kind=kind,
        due_on=due,
        note=note,
        carer_id=carer_id,
        at=at,
    )
