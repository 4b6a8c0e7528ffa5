"""Tells who can end it that somebody is in a home that is paused, or left in a test: nobody is watched there.

A pause ends when a human ends it. Who comes back before that is seen by sensors and by nobody else, while
the family was told days ago that the home is not watched (docs/decisions/0291). Where one of the carers said
that nobody is there, the carers are asked; else the operators (0295).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rounds import Complaint, complain
from alerts.watch import clock
from core.model.commissioning import Stage
from core.model.finding import Audience, Severity
from core.model.playbook import UNWATCHED, playbook_for
from core.model.said import Said, say
from core.model.words import marked
from core.store.used import used_homes

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection
    from core.store.used import UsedHome

USED, CALLED, BACK = "used/", "called/", "back/"
_MOVED = {
    Stage.PAUSED: marked(
        "Somebody seems to be in this home, which was paused on %(time)s: something moved in %(n)s of the"
        " last 12 hours. Nobody watches over it."
    ),
    Stage.COMMISSIONING: marked(
        "Somebody seems to be in this home, which was put in test, which is not over, on %(time)s: something"
        " moved in %(n)s of the last 12 hours. Nobody watches over it."
    ),
}
_PRESSED = {
    Stage.PAUSED: marked(
        "Somebody called for help, or a device says that somebody fell, in this home, which was paused on"
        " %(time)s. No carer is told."
    ),
    Stage.COMMISSIONING: marked(
        "Somebody called for help, or a device says that somebody fell, in this home, which was put in test,"
        " which is not over, on %(time)s. No carer is told."
    ),
}
_BACK = marked(
    "Somebody seems to be at home: something moved in %(n)s of the last 12 hours. A carer said on %(time)s"
    " that nobody is there, so silence is not told."
)
_IS_BACK = marked(
    "Is the person back? Then press “Watch again now” on the page of the home. If it is a visitor, say here"
    " how it ended."
)


async def look(connection: Connection, now: datetime) -> int:
    """Tell of each home that is used and not watched, unless a human has ended that; return how many are new.

    What somebody answered is told again after a day where it is still so.
    """
    found = [
        *(_call(one) for one in await used_homes(connection, now, UNWATCHED, CALLED) if one.called),
        *(
            _use(one)
            for one in await used_homes(connection, now, UNWATCHED, USED, BACK)
            if one.hours
        ),
    ]
    return sum([await complain(connection, one, now) is not None for one in found])


def _use(home: UsedHome) -> Complaint:
    if home.away:
        return _is_back(home)
    what = say(_MOVED[home.stage], time=clock(home.since), n=home.hours)
    return _complaint(home, USED, what, Severity.CHECK)


def _is_back(home: UsedHome) -> Complaint:
    return Complaint(
        home_id=home.home_id,
        subject=f"{BACK}{home.step_id}",
        what=say(_BACK, time=clock(home.since), n=home.hours),
        advice=say(_IS_BACK),
        audience=Audience.CARERS,
        detector=UNWATCHED,
    )


def _call(home: UsedHome) -> Complaint:
    what = say(_PRESSED[home.stage], time=clock(home.since))
    return _complaint(home, CALLED, what, Severity.URGENT)


def _complaint(home: UsedHome, kind: str, what: Said, severity: Severity) -> Complaint:
    subject = f"{kind}{home.step_id}"
    book = playbook_for(UNWATCHED, subject)
    return Complaint(
        home_id=home.home_id,
        subject=subject,
        what=what,
        advice=say("" if book is None else book.first),
        severity=severity,
        detector=UNWATCHED,
    )
