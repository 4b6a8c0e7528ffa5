"""Who may see and do what. One table; pages ask it, tests read it (docs/decisions/0147)."""

from __future__ import annotations

from enum import StrEnum

from core.model.finding import Audience
from core.store.account import CarerRole, Visitor
from core.store.page import Sight
from dashboard.language import marked


class Right(StrEnum):
    """One thing that a role may see or do, within the homes that it sees at all."""

    ACTIVITY = "activity"
    """See how a person lives. A technician may not: devices tell enough for that work."""
    DEVICES = "devices"
    """See the devices of a home."""
    SYSTEM = "system"
    """See how the services are, and homes that are being set up."""
    PAYLOADS = "payloads"
    """See messages as they came. They may hold anything, also what a person did."""
    CARE_ALERTS = "care_alerts"
    """See alerts about people."""
    REPAIR_ALERTS = "repair_alerts"
    """See alerts about the system."""
    ANSWER = "answer"
    """Answer alerts, report what was missed, confirm what was learned."""
    CIRCLES = "circles"
    """See who cares for whom; the family carer who is told first and administrators arrange it."""
    ORGANISATION = "organisation"
    """Invite colleagues, end their access, demand a second factor."""
    DAYS = "days"
    """Review how the days of residents change over weeks and months, and the numbers behind it."""
    LOOKED = "looked"
    """See who looked at a resident's data."""
    AWAY = "away"
    """Say that nobody is at home for a time, and end that; care workers say it in their own homes alone."""
    CALL = "call"
    """Be offered the telephone numbers of a circle."""
    SEARCH = "search"
    """Keep a missing-person profile, make a pack of it and give it to the police."""
    BASIS = "basis"
    """Read and write on what basis what is done with what is known about a person."""
    AUDIT = "audit"
    """Read the organisation's record of looks, and nothing else that is personal."""


_CARE = frozenset(
    {
        Right.ACTIVITY,
        Right.DEVICES,
        Right.CARE_ALERTS,
        Right.ANSWER,
        Right.CALL,
        Right.SEARCH,
        Right.AWAY,
    }
)
MAY: dict[CarerRole, frozenset[Right]] = {
    CarerRole.RESIDENT: frozenset({Right.ACTIVITY, Right.LOOKED}),
    CarerRole.FAMILY_CARER: _CARE | {Right.CIRCLES, Right.LOOKED},
    CarerRole.CARE_WORKER: _CARE,
    CarerRole.CLINICIAN: frozenset({Right.ACTIVITY, Right.CARE_ALERTS, Right.DAYS, Right.BASIS}),
    CarerRole.TECHNICIAN: frozenset(
        {Right.DEVICES, Right.SYSTEM, Right.PAYLOADS, Right.REPAIR_ALERTS, Right.ANSWER}
    ),
    CarerRole.ORGANISATION_ADMIN: _CARE
    | {
        Right.SYSTEM,
        Right.REPAIR_ALERTS,
        Right.CIRCLES,
        Right.ORGANISATION,
        Right.LOOKED,
        Right.DAYS,
        Right.BASIS,
    },
    CarerRole.AUDITOR: frozenset({Right.AUDIT}),
}
"""The table: a role may what stands here, and nothing else."""


def having(right: Right) -> frozenset[CarerRole]:
    """Return the roles that have a right."""
    return frozenset(role for role, rights in MAY.items() if right in rights)


ALL = frozenset(CarerRole)
CARERS = frozenset({CarerRole.FAMILY_CARER, CarerRole.CARE_WORKER})
SEE_ACTIVITY = having(Right.ACTIVITY)
SEE_DEVICES = having(Right.DEVICES)
SEE_SYSTEM = having(Right.SYSTEM)
SEE_PAYLOADS = having(Right.PAYLOADS)
SEE_ALERTS = having(Right.CARE_ALERTS) | having(Right.REPAIR_ALERTS)
SEE_CIRCLES = having(Right.CIRCLES)
SEE_DAYS = having(Right.DAYS)
SEE_LOOKS = having(Right.LOOKED)
CALL = having(Right.CALL)
SEARCH = having(Right.SEARCH)
KEEP_BASES = having(Right.BASIS)
SEE_AUDIT = having(Right.AUDIT)
ARRANGE_ORGANISATION = having(Right.ORGANISATION)
ANSWER = having(Right.ANSWER)

_AUDIENCES = {Right.CARE_ALERTS: Audience.CARERS, Right.REPAIR_ALERTS: Audience.OPERATORS}
NAMES: dict[CarerRole, str] = {
    CarerRole.RESIDENT: marked("Resident"),
    CarerRole.FAMILY_CARER: marked("Family carer"),
    CarerRole.CARE_WORKER: marked("Care worker"),
    CarerRole.CLINICIAN: marked("Clinician"),
    CarerRole.TECHNICIAN: marked("Technician"),
    CarerRole.ORGANISATION_ADMIN: marked("Administrator"),
    CarerRole.AUDITOR: marked("Auditor"),
}


def sight_of(visitor: Visitor) -> Sight:
    """Which alerts this person may see; homes that are being set up only concern who sets them up."""
    rights = MAY[visitor.role]
    return Sight(
        audiences=tuple(audience for right, audience in _AUDIENCES.items() if right in rights),
        silent=visitor.role in SEE_SYSTEM,
    )


def may_answer(visitor: Visitor) -> bool:
    """Tell whether this person may answer alerts."""
    return visitor.role in ANSWER


def may_search(visitor: Visitor) -> bool:
    """Tell whether this person may make a missing-person pack."""
    return visitor.role in SEARCH
