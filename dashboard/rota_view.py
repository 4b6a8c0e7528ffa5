"""A rota as a page shows it: who is on call now, this week and next, and where nobody is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.rota import Rota, Stretch, stretches
from core.model.week import DAYS, instant, monday
from dashboard.language import _
from dashboard.quiet_words import stretch as in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.model.ids import CarerId
    from core.model.quiet import QuietHours
    from dashboard.planning import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One stretch in words."""

    stretch: Stretch
    when: str
    #: Empty for a gap.
    name: str
    #: True when the person keeps quiet hours in part of it.
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaView:
    """A rota with what is shown of it."""

    scope: Scope
    rota: Rota
    now: Line
    #: This week from now on, and the next.
    weeks: tuple[tuple[str, tuple[Line, ...]], ...]
    gaps: tuple[Line, ...]
    #: True when this person may ask others to take over hours.
    may_ask: bool

    @property
    def stands_in_only(self) -> bool:
        """True for a home without hours of every week: outside its covers another rota counts."""
        return self.scope.home is not None and not self.rota.shifts

    @property
    def any_quiet(self) -> bool:
        """True when somebody is on call in their own quiet hours."""
        return any(line.quiet for _, lines in self.weeks for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at rotas, and when."""

    carer_id: CarerId
    now: datetime
    #: Of those who keep some.
    quiet: Mapping[CarerId, QuietHours]


def view_of(scope: Scope, rota: Rota, viewer: Viewer) -> RotaView:
    """Return what a page shows of a rota."""
    now, zone = viewer.now, rota.zone
    first = monday(now, zone)
    edges = [now, *(instant(first + timedelta(days=DAYS * n), 0, zone) for n in (1, 2))]
    names = {one.carer_id: one.name for one in scope.people if one.disabled_at is None}

    def lines(found: Iterable[Stretch]) -> tuple[Line, ...]:
        return tuple(_line(one, names, rota, viewer) for one in found)

    both = tuple(lines(_shown(rota, edges[n], edges[n + 1])) for n in (0, 1))
    current = lines(stretches(rota, now, now + timedelta(days=DAYS)))[0]
    people = {one.carer_id for one in scope.on_call_people}
    return RotaView(
        scope=scope,
        rota=rota,
        now=current,
        weeks=((_("This week, from now"), both[0]), (_("Next week"), both[1])),
        gaps=tuple(one for one in lines(_shown(rota, now, edges[2])) if not one.name),
        may_ask=viewer.carer_id in people,
    )


def _shown(rota: Rota, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """Return the stretches of a rota; of a home's without shifts what it says: who stands in."""
    found = stretches(rota, start, end)
    if rota.home_id is None or rota.shifts:
        return found
    return tuple(one for one in found if one.carer_id is not None)


def _line(stretch: Stretch, names: Mapping[CarerId, str], rota: Rota, viewer: Viewer) -> Line:
    carer = stretch.carer_id
    # who has left is not told: for an alert that is a gap
    name = "" if carer is None else names.get(carer, "")
    hours = viewer.quiet.get(carer) if carer is not None else None
    return Line(
        stretch=stretch,
        when=in_words(stretch.start, stretch.end, rota.zone),
        name=name,
        quiet=hours is not None and hours.meet(stretch.start, stretch.end),
    )
