"""Who may see and do what. One table; pages ask it, tests read it."""

from __future__ import annotations

from core.model.finding import Audience
from core.store.account import CarerRole, Visitor
from core.store.page import Sight
from dashboard.language import marked

ALL = frozenset(CarerRole)
CARERS = frozenset({CarerRole.FAMILY_CARER, CarerRole.CARE_WORKER})
SEE_ACTIVITY = CARERS | {CarerRole.CLINICIAN, CarerRole.ORGANISATION_ADMIN}
"""Who may see how a person lives. A technician may not: devices tell enough for that work."""
SEE_DEVICES = CARERS | {CarerRole.TECHNICIAN, CarerRole.ORGANISATION_ADMIN}
SEE_SYSTEM = frozenset({CarerRole.TECHNICIAN, CarerRole.ORGANISATION_ADMIN})
SEE_PAYLOADS = frozenset({CarerRole.TECHNICIAN})
"""A payload may hold anything, also what a person did: only who must repair it sees it."""
CALL = CARERS | {CarerRole.ORGANISATION_ADMIN}
"""Who is offered the telephone numbers of a circle."""
ANSWER = ALL - {CarerRole.CLINICIAN}

_AUDIENCES: dict[CarerRole, tuple[Audience, ...]] = {
    CarerRole.FAMILY_CARER: (Audience.CARERS,),
    CarerRole.CARE_WORKER: (Audience.CARERS,),
    CarerRole.CLINICIAN: (Audience.CARERS,),
    CarerRole.TECHNICIAN: (Audience.OPERATORS,),
    CarerRole.ORGANISATION_ADMIN: (Audience.CARERS, Audience.OPERATORS),
}
NAMES: dict[CarerRole, str] = {
    CarerRole.FAMILY_CARER: marked("Family carer"),
    CarerRole.CARE_WORKER: marked("Care worker"),
    CarerRole.CLINICIAN: marked("Clinician"),
    CarerRole.TECHNICIAN: marked("Technician"),
    CarerRole.ORGANISATION_ADMIN: marked("Administrator"),
}


def sight_of(visitor: Visitor) -> Sight:
    """Which alerts this person may see; homes that are being set up only concern who sets them up."""
    return Sight(audiences=_AUDIENCES[visitor.role], silent=visitor.role in SEE_SYSTEM)


def may_answer(visitor: Visitor) -> bool:
    """Tell whether this person may answer alerts."""
    return visitor.role in ANSWER
