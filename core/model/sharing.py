"""The question that stands before anything goes out to somebody else's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.model.basis import Purpose
from core.model.ids import FindingId, HomeId, OrganisationId, ResidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingQuestion:
    """May this be shared? Answered by `core.store.sharing.may_be_shared`."""

    organisation_id: OrganisationId
    resident_id: ResidentId
    #: What it is for, as the ledger of bases knows it.
    purpose: Purpose
    #: Who gets it, as people call the record, e.g. ``Leeds Care Record``.
    recipient: str
    at: datetime
    #: True for what the rooms tell: it is of everybody who lives there, so of each a basis must stand.
    of_home: bool = False
    #: Of which day the rooms tell: who has left since then lived there too. None: of now.
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One thing that goes out to one recipient, once."""

    share_id: int
    home_id: HomeId
    resident_id: ResidentId
    organisation_id: OrganisationId
    #: ``day`` for a counted day, ``finding`` for what detection noticed.
    kind: str
    day: str
    finding_id: FindingId | None
    #: Number of this attempt, from 1.
    attempt: int

    @property
    def key(self) -> str:
        """The same for every attempt, so that a receiver has it once."""
        what = self.day if self.kind == "day" else self.finding_id
        return f"wayhome-{self.kind}-{self.resident_id}-{what}"


def wait_s(attempt: int) -> float:
    """Return how long to wait after an attempt that failed, in seconds: from a minute to six hours.

    Examples
    --------
    >>> wait_s(1), wait_s(3), wait_s(40)
    (60.0, 240.0, 21600.0)
    """
    return min(60.0 * 2.0 ** min(attempt - 1, 20), 21600.0)
