"""On what basis something is done with what is known about a person (UK GDPR articles 6 and 9). Pure.

The ledger is a list of entries that only grows; whether a purpose stands at a moment follows from the list
and the moment alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.model.ids import ResidentId


class Purpose(StrEnum):
    """What is done with what is known about a person."""

    CARE_MONITORING = "care_monitoring"
    LOCATION = "location"
    RECORD_SHARING = "record_sharing"
    RESEARCH = "research"
    OPEN_DATA = "open_data"
    ASSESSMENT = "assessment"
    POLICE_PHOTO = "police_photo"


BY_CONSENT_STEP = frozenset({Purpose.CARE_MONITORING, Purpose.LOCATION, Purpose.POLICE_PHOTO})
"""What the consent that a home began with covers until something else is written here: nobody falls out of
watch because a ledger is new. Everything else is not done before it is written down."""
NAMED_RECIPIENT = frozenset({Purpose.RECORD_SHARING, Purpose.RESEARCH})
"""What always goes to somebody outside: each recipient has entries of its own."""


class Kind(StrEnum):
    """What an entry does."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Article6(StrEnum):
    """Lawful bases, article 6(1) (a) to (f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class Article9(StrEnum):
    """Conditions for what tells of health, article 9(2)."""

    NONE = "none"
    EXPLICIT_CONSENT = "explicit_consent"
    VITAL_INTERESTS = "vital_interests"
    SUBSTANTIAL_PUBLIC_INTEREST = "substantial_public_interest"
    HEALTH_OR_SOCIAL_CARE = "health_or_social_care"
    PUBLIC_HEALTH = "public_health"
    RESEARCH = "research"


class Decided(StrEnum):
    """Who decided (Mental Capacity Act 2005)."""

    PERSON = "person"
    ATTORNEY = "attorney"
    DEPUTY = "deputy"
    BEST_INTERESTS = "best_interests"
    NOT_ASKED = "not_asked"
    """The basis asks nobody, e.g. a public task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One entry. A withdrawal ends what was written before it, from ``valid_from`` on."""

    #: Later entries have higher numbers.
    basis_id: int
    resident_id: ResidentId
    kind: Kind
    purpose: Purpose
    #: Empty for who cares within the organisation; of a withdrawal: for everybody.
    recipient: str
    article6: Article6 | None
    article9: Article9 | None
    decided: Decided
    #: Personal, as is the note: never in logs.
    said_by: str
    note: str
    valid_from: datetime
    #: None for no end.
    valid_until: datetime | None
    at: datetime
    #: Who wrote it down; empty when that person has left.
    carer: str = ""

    def covers(self, at: datetime) -> bool:
        """Tell whether a moment lies within its dates."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether something may be done at a moment, and why."""

    allowed: bool
    reason: str
    #: The entry that decides; None where there is none.
    basis: Basis | None = None

    def __bool__(self) -> bool:
        return self.allowed


def recipient_key(name: str) -> str:
    """Return the name of a recipient as it is compared: case and blanks say nothing.

    Examples
    --------
    >>> recipient_key(" Park  Surgery ")
    'park surgery'
    """
    return " ".join(name.split()).casefold()


def same_recipient(one: str, other: str) -> bool:
    """Tell whether two names mean the same recipient: case and blanks say nothing.

    Examples
    --------
    >>> same_recipient("Park  Surgery", "park surgery"), same_recipient("", "Park Surgery")
    (True, False)
    """
    return recipient_key(one) == recipient_key(other)


def standing(ledger: Iterable[Basis], purpose: Purpose, recipient: str, at: datetime) -> Standing:
    """Tell whether ``purpose`` stands for ``recipient`` at a moment.

    Parameters
    ----------
    ledger
        Every entry about one resident, in any order.
    recipient
        Empty for who cares within the organisation.
    """
    about = sorted(
        (one for one in ledger if one.purpose is purpose),
        key=lambda one: one.basis_id,
        reverse=True,
    )
    own = any(not one.recipient for one in about)
    if not own and not recipient and purpose in BY_CONSENT_STEP:
        return Standing(
            allowed=True, reason="nothing is written here; the consent of the home stands"
        )
    for one in about:
        if one.kind is Kind.WITHDRAWN:
            everybody = not one.recipient
            if one.valid_from <= at and (everybody or same_recipient(one.recipient, recipient)):
                return Standing(allowed=False, reason="it was withdrawn", basis=one)
        elif same_recipient(one.recipient, recipient) and one.covers(at):
            return Standing(allowed=True, reason="it was given", basis=one)
    return _not(about, recipient, at)


def _not(about: list[Basis], recipient: str, at: datetime) -> Standing:
    given = [
        one for one in about if one.kind is Kind.GIVEN and same_recipient(one.recipient, recipient)
    ]
    over = [one for one in given if one.valid_until is not None and one.valid_until <= at]
    if over:
        return Standing(allowed=False, reason="it has lapsed", basis=over[0])
    if given:
        return Standing(allowed=False, reason="it does not begin before later", basis=given[0])
    return Standing(allowed=False, reason="nothing is written down for this recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A purpose that ends soon, or has ended of itself, unless somebody acts."""

    resident_id: ResidentId
    purpose: Purpose
    recipient: str
    ends_at: datetime
    basis: Basis


def reviews(ledger: Iterable[Basis], now: datetime, ahead: timedelta) -> tuple[Review, ...]:
    """Return what of one resident ends within ``ahead``, or ended by its date and was not given anew.

    What was withdrawn ended because somebody acted, and is not among it.
    """
    known = tuple(ledger)
    found = []
    for purpose, recipient in sorted({(one.purpose, one.recipient) for one in known}):
        present = standing(known, purpose, recipient, now)
        later = standing(known, purpose, recipient, now + ahead)
        basis = later.basis or present.basis
        if later or basis is None or basis.kind is Kind.WITHDRAWN or basis.valid_until is None:
            continue
        if basis.valid_until <= now + ahead:
            found.append(
                Review(
                    resident_id=basis.resident_id,
                    purpose=purpose,
                    recipient=recipient,
                    ends_at=basis.valid_until,
                    basis=basis,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.ends_at, one.purpose, one.recipient)))
