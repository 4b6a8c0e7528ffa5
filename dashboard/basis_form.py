"""What the ledger of bases says in plain words, and what its form takes. Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeVar

from core.model.basis import (
    NAMED_RECIPIENT,
    Article6,
    Article9,
    Basis,
    Decided,
    Kind,
    Purpose,
)
from core.model.errors import Malformed
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from core.model.ids import ResidentId

LONGEST_NAME, LONGEST_NOTE = 100, 500
PURPOSES: Mapping[Purpose, str] = {
    Purpose.CARE_MONITORING: marked("Watch over them with sensors"),
    Purpose.LOCATION: marked("Know where they are outdoors"),
    Purpose.RECORD_SHARING: marked("Share with a health or care record"),
    Purpose.RESEARCH: marked("Research"),
    Purpose.OPEN_DATA: marked("Count them in open data, without a name"),
    Purpose.ASSESSMENT: marked("Assessment over some weeks"),
    Purpose.POLICE_PHOTO: marked("Photo and profile for the police"),
}
STOPS: Mapping[Purpose, str] = {
    Purpose.CARE_MONITORING: (
        marked("Sensors are not read any more. Nobody is told when something is wrong with them.")
    ),
    Purpose.LOCATION: marked(
        "Places are not kept and not shown any more. A search has to do without."
    ),
    Purpose.RECORD_SHARING: marked("Nothing more is given to this record."),
    Purpose.RESEARCH: marked("Nothing more is given to this research."),
    Purpose.OPEN_DATA: marked("They are not counted in what is published from then on."),
    Purpose.ASSESSMENT: marked("The assessment may not go on."),
    Purpose.POLICE_PHOTO: marked("Photo and profile may not be given to the police."),
}
"""What a withdrawal does, said before it is written."""
ARTICLE6: Mapping[Article6, str] = {
    Article6.CONSENT: marked("Consent"),
    Article6.CONTRACT: marked("A contract with the person"),
    Article6.LEGAL_OBLIGATION: marked("The law demands it"),
    Article6.VITAL_INTERESTS: marked("To save a life"),
    Article6.PUBLIC_TASK: marked("A public task, such as the Care Act"),
    Article6.LEGITIMATE_INTERESTS: marked("Legitimate interests"),
}
ARTICLE9: Mapping[Article9, str] = {
    Article9.HEALTH_OR_SOCIAL_CARE: marked("Health or social care"),
    Article9.EXPLICIT_CONSENT: marked("Explicit consent"),
    Article9.VITAL_INTERESTS: marked("To save the life of somebody who can not consent"),
    Article9.SUBSTANTIAL_PUBLIC_INTEREST: marked(
        "Safeguarding, or another substantial public interest"
    ),
    Article9.PUBLIC_HEALTH: marked("Public health"),
    Article9.RESEARCH: marked("Research with safeguards"),
    Article9.NONE: marked("It tells nothing of health"),
}
DECIDED: Mapping[Decided, str] = {
    Decided.PERSON: marked("The person"),
    Decided.ATTORNEY: marked("An attorney (lasting power of attorney)"),
    Decided.DEPUTY: marked("A deputy of the court"),
    Decided.BEST_INTERESTS: marked("A best-interests decision"),
    Decided.NOT_ASKED: marked("Nobody is asked: the basis is another one"),
}
YEARS = range(1900, 2200)
"""A year that lost its digits while it was typed is none: before the first no database reads it back."""
REASONS = (
    marked("nothing is written here; the consent of the home stands"),
    marked("it was withdrawn"),
    marked("it was given"),
    marked("it has lapsed"),
    marked("it does not begin before later"),
    marked("nothing is written down for this recipient"),
)
"""Why a purpose stands or not, as `core.model.basis` says it; marked here to be translated."""
_Word = TypeVar("_Word", Purpose, Article6, Article9, Decided, Kind)


def entry_of(
    form: Mapping[str, str], resident_id: ResidentId, now: datetime, zone: ZoneInfo
) -> Basis:
    """Read an entry from a form; its number is not known yet.

    Raises
    ------
    Malformed
        Naming what is missing or does not go together.
    """
    kind = _word(Kind, form, "kind", _("what is written down"))
    purpose = _word(Purpose, form, "purpose", _("what it is about"))
    recipient = _text(form, "recipient", _("for whom"), LONGEST_NAME)
    if kind is Kind.GIVEN and purpose in NAMED_RECIPIENT and not recipient:
        raise Malformed(_("for whom"), _("a name, because it leaves the organisation"))
    said_by = _text(form, "said_by", _("who decided"), LONGEST_NAME)
    if not said_by:
        raise Malformed(_("who decided"), _("the name of the person, or of who made the decision"))
    begins = _day(form, "valid_from", _("from"), zone) or now
    ends = _day(form, "valid_until", _("until"), zone) if kind is Kind.GIVEN else None
    if ends is not None and ends <= begins:
        raise Malformed(_("until"), _("a day after the first one"))
    decided = _word(Decided, form, "decided", _("who decided"))
    article6, article9 = _articles(form, kind, decided)
    return Basis(
        basis_id=0,
        resident_id=resident_id,
        kind=kind,
        purpose=purpose,
        recipient=recipient,
        article6=article6,
        article9=article9,
        decided=decided,
        said_by=said_by,
        note=_text(form, "note", _("note"), LONGEST_NOTE),
        # a withdrawal works at once, whatever the clock of the page says
        valid_from=min(begins, now) if kind is Kind.WITHDRAWN else begins,
        valid_until=ends,
        at=now,
    )


def _articles(
    form: Mapping[str, str], kind: Kind, decided: Decided
) -> tuple[Article6 | None, Article9 | None]:
    if kind is Kind.WITHDRAWN:
        return None, None
    article6 = _word(Article6, form, "article6", _("lawful basis"))
    article9 = _word(Article9, form, "article9", _("condition for health data"))
    consents = article6 is Article6.CONSENT or article9 is Article9.EXPLICIT_CONSENT
    if consents and decided is Decided.NOT_ASKED:
        raise Malformed(_("who decided"), _("somebody, because consent was named as the basis"))
    if consents and decided is Decided.BEST_INTERESTS:
        # Mental Capacity Act 2005, section 5: nobody consents for somebody else there
        raise Malformed(
            _("lawful basis"), _("another one than consent for a best-interests decision")
        )
    return article6, article9


def _day(form: Mapping[str, str], field: str, said: str, zone: ZoneInfo) -> datetime | None:
    text = form.get(field, "").strip()
    if not text:
        return None
    expected = _("a day such as 2026-03-14, or nothing")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(said, expected) from error
    if day.year not in YEARS:
        raise Malformed(said, expected)
    return datetime.combine(day, time(), zone)


def _text(form: Mapping[str, str], field: str, said: str, longest: int) -> str:
    text = " ".join(form.get(field, "").split())
    if len(text) > longest or not text.isprintable():
        raise Malformed(said, _("at most %(longest)s printable characters") % {"longest": longest})
    return text


def _word(words: type[_Word], form: Mapping[str, str], field: str, said: str) -> _Word:
    try:
        return words(form.get(field, ""))
    except ValueError as error:
        raise Malformed(said, _("one of the answers")) from error
