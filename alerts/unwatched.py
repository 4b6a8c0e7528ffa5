"""Tells the operators that somebody is in a home that is paused, or left in a test: nobody is watched there.

A pause ends when a human ends it. Who comes back before that is seen by sensors and by nobody else, while
the family was told days ago that the home is not watched (docs/decisions/0291).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rounds import Complaint, complain
from core.model.commissioning import Stage
from core.model.finding import Severity
from core.model.playbook import UNWATCHED, playbook_for
from core.store.used import used_homes

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection
    from core.store.used import UsedHome

USED, CALLED = "used/", "called/"
_BEGAN = {Stage.PAUSED: "was paused", Stage.COMMISSIONING: "was put in test, which is not over,"}


async def look(connection: Connection, now: datetime) -> int:
    """Tell of each home that is used and not watched, unless a human has ended that; return how many are new.

    What somebody answered is told again after a day where it is still so.
    """
    found = [
        *(_call(one) for one in await used_homes(connection, now, UNWATCHED, CALLED) if one.called),
        *(_use(one) for one in await used_homes(connection, now, UNWATCHED, USED) if one.hours),
    ]
    return sum([await complain(connection, one, now) is not None for one in found])


def _use(home: UsedHome) -> Complaint:
    since = f"{home.since:%d %B %H:%M} UTC"
    return _complaint(
        home,
        USED,
        f"Somebody seems to be in this home, which {_BEGAN[home.stage]} on {since}: something moved in"
        f" {home.hours} of the last 12 hours. Nobody watches over it.",
        Severity.CHECK,
    )


def _call(home: UsedHome) -> Complaint:
    since = f"{home.since:%d %B %H:%M} UTC"
    return _complaint(
        home,
        CALLED,
        f"Somebody called for help, or a device says that somebody fell, in this home, which"
        f" {_BEGAN[home.stage]} on {since}. No carer is told.",
        Severity.URGENT,
    )


def _complaint(home: UsedHome, kind: str, what: str, severity: Severity) -> Complaint:
    subject = f"{kind}{home.step_id}"
    book = playbook_for(UNWATCHED, subject)
    return Complaint(
        home_id=home.home_id,
        subject=subject,
        what=what,
        advice="" if book is None else book.first,
        severity=severity,
        detector=UNWATCHED,
    )
