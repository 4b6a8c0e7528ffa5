"""What happens next if nothing happens: in words, with the names of those who would be told. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from core.model.finding import Severity
from dashboard import wording
from dashboard.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.forecast import Forecast
    from core.model.ids import CarerId
    from core.store.circle import CircleMember

UNLESS = {
    "inactivity": marked("If nothing moves by %(time)s, %(then)s"),
    "late_rise": marked("If nobody is up by %(time)s, %(then)s"),
    "overstay": marked("If nothing moves outside the bathroom by %(time)s, %(then)s"),
    "not_back": marked("If nobody is back by %(time)s, %(then)s"),
}
"""How each detector's waiting is put; a detector that is not here speaks for itself."""
MOST_TURNS = 3
"""After so many turns it is everybody's."""


def turns(circle: Sequence[CircleMember], reader: CarerId) -> str:
    """Return who is told, in which order, as the reader would be told; empty for nobody.

    Examples
    --------
    >>> from core.model.ids import CarerId
    >>> from core.store.circle import CircleMember
    >>> people = [CircleMember(carer_id=CarerId(n), name=name, order=place)
    ...     for n, name, place in ((1, "Ruth", 1), (2, "Sam", 2), (3, "Tim", 2))]
    >>> turns(people, CarerId(1)), turns(people, CarerId(9)), turns([], CarerId(1))
    ('you, then Sam and Tim', 'Ruth, then Sam and Tim', '')
    """
    rounds = []
    for _place, several in groupby(circle, key=lambda member: member.order):
        names = [_("you") if one.carer_id == reader else one.name for one in several]
        rounds.append(wording.names(names))
    if len(rounds) > MOST_TURNS:
        rounds = [*rounds[: MOST_TURNS - 1], _("everybody else")]
    text = rounds[0] if rounds else ""
    for one in rounds[1:]:
        text = _("%(first)s, then %(next)s") % {"first": text, "next": one}
    return text


def next_step(forecast: Forecast | None, told: str, zone: ZoneInfo, now: datetime) -> str:
    """Return what happens next.

    Parameters
    ----------
    forecast
        The next thing that silence would bring; None for nothing.
    told
        Who would be told, from `turns`.
    """
    if not told:
        return _("Nobody is set up to be told. Ask the people who set up Wayhome for you.")
    if forecast is None:
        text = _("No alert is expected as things stand. When one comes, we tell %(told)s.")
        return text % {"told": told}
    if forecast.severity is Severity.NOTICE:
        then = _("we note it. Nobody is woken for that.")
    elif forecast.severity is Severity.URGENT:
        then = _("we tell %(told)s that it is urgent.") % {"told": told}
    else:
        then = _("we tell %(told)s.") % {"told": told}
    unless = UNLESS.get(forecast.detector)
    if unless is None:
        text = _("%(what)s We would tell %(told)s.")
        return text % {"what": wording.sentence(forecast.what), "told": told}
    return _(unless) % {"time": wording.when(forecast.speaks_at, zone, now), "then": then}


def short(forecast: Forecast, zone: ZoneInfo) -> str:
    """Return the time of the next alert, as it stands at the mark of the ring."""
    return wording.clock(forecast.speaks_at, zone)
