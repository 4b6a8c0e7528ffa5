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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from core.model.ids import ResidentId

LONGEST_NAME, LONGEST_NOTE = 100, 500
PURPOSES: Mapping[Purpose, str] = {
    Purpose.CARE_MONITORING: "Watch over them with sensors",
    Purpose.LOCATION: "Know where they are outdoors",
    Purpose.RECORD_SHARING: "Share with a health or care record",
    Purpose.RESEARCH: "Research",
    Purpose.OPEN_DATA: "Count them in open data, without a name",
    Purpose.ASSESSMENT: "Assessment over some weeks",
    Purpose.POLICE_PHOTO: "Photo and profile for the police",
}
STOPS: Mapping[Purpose, str] = {
    Purpose.CARE_MONITORING: (
        "Sensors are not read any more. Nobody is told when something is wrong with them."
    ),
    Purpose.LOCATION: "Places are not kept and not shown any more. A search has to do without.",
    Purpose.RECORD_SHARING: "Nothing more is given to this record.",
    Purpose.RESEARCH: "Nothing more is given to this research.",
    Purpose.OPEN_DATA: "They are not counted in what is published from then on.",
    Purpose.ASSESSMENT: "The assessment may not go on.",
    Purpose.POLICE_PHOTO: "Photo and profile may not be given to the police.",
}
"""What a withdrawal does, said before it is written."""
ARTICLE6: Mapping[Article6, str] = {
    Article6.CONSENT: "Consent",
    Article6.CONTRACT: "A contract with the person",
    Article6.LEGAL_OBLIGATION: "The law demands it",
    Article6.VITAL_INTERESTS: "To save a life",
    Article6.PUBLIC_TASK: "A public task, such as the Care Act",
    Article6.LEGITIMATE_INTERESTS: "Legitimate interests",
}
ARTICLE9: Mapping[Article9, str] = {
    Article9.HEALTH_OR_SOCIAL_CARE: "Health or social care",
    Article9.EXPLICIT_CONSENT: "Explicit consent",
    Article9.VITAL_INTERESTS: "To save the life of somebody who can not consent",
    Article9.SUBSTANTIAL_PUBLIC_INTEREST: "Safeguarding, or another substantial public interest",
    Article9.PUBLIC_HEALTH: "Public health",
    Article9.RESEARCH: "Research with safeguards",
    Article9.NONE: "It tells nothing of health",
}
DECIDED: Mapping[Decided, str] = {
    Decided.PERSON: "The person",
    Decided.ATTORNEY: "An attorney (lasting power of attorney)",
    Decided.DEPUTY: "A deputy of the court",
    Decided.BEST_INTERESTS: "A best-interests decision",
    Decided.NOT_ASKED: "Nobody is asked: the basis is another one",
}
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
    kind = _word(Kind, form, "kind", "what is written down")
    purpose = _word(Purpose, form, "purpose", "what it is about")
    recipient = _text(form, "recipient", "for whom", LONGEST_NAME)
    if kind is Kind.GIVEN and purpose in NAMED_RECIPIENT and not recipient:
        raise Malformed("for whom", "a name, because it leaves the organisation")
    said_by = _text(form, "said_by", "who decided", LONGEST_NAME)
    if not said_by:
        raise Malformed("who decided", "the name of the person, or of who made the decision")
    begins = _day(form, "valid_from", "from", zone) or now
    ends = _day(form, "valid_until", "until", zone) if kind is Kind.GIVEN else None
    if ends is not None and ends <= begins:
        raise Malformed("until", "a day after the first one")
    decided = _word(Decided, form, "decided", "who decided")
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
        note=_text(form, "note", "note", LONGEST_NOTE),
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
    article6 = _word(Article6, form, "article6", "lawful basis")
    article9 = _word(Article9, form, "article9", "condition for health data")
    consents = article6 is Article6.CONSENT or article9 is Article9.EXPLICIT_CONSENT
    if consents and decided is Decided.NOT_ASKED:
        raise Malformed("who decided", "somebody, because consent was named as the basis")
    if consents and decided is Decided.BEST_INTERESTS:
        # Mental Capacity Act 2005, section 5: nobody consents for somebody else there
        raise Malformed("lawful basis", "another one than consent for a best-interests decision")
    return article6, article9


def _day(form: Mapping[str, str], field: str, said: str, zone: ZoneInfo) -> datetime | None:
    text = form.get(field, "").strip()
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError as error:
        raise Malformed(said, "a day such as 2026-03-14, or nothing") from error


def _text(form: Mapping[str, str], field: str, said: str, longest: int) -> str:
    text = " ".join(form.get(field, "").split())
    if len(text) > longest or not text.isprintable():
        raise Malformed(said, f"at most {longest} printable characters")
    return text


def _word(words: type[_Word], form: Mapping[str, str], field: str, said: str) -> _Word:
    try:
        return words(form.get(field, ""))
    except ValueError as error:
        raise Malformed(said, "one of the answers") from error
