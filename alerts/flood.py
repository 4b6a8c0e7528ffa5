"""Faults that are found in many places at once are told as one. Pure.

What alerting could not keep up with breaks a promise for each alert; to tell of each would be a flood after
the flood, late in its turn, and told of again (docs/decisions/0306).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.watch import BLIND, PROMISE, Fault
from core.model.said import say, say_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from core.model.ids import AlertId, HomeId
    from core.store.alert import StoredAlert

MANY = 10
"""So many of one kind in one organisation are one thing."""
GATHERS = timedelta(minutes=30)
"""A promise that goes on being broken is told of again after so long."""
MANY_PROMISES = f"{PROMISE}many/"

Alerts = dict[tuple["HomeId", str], "StoredAlert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where faults are told."""

    #: Organisation of each home.
    organisations: Mapping[HomeId, str]
    #: The home at which what concerns many of an organisation is told.
    of_many: Mapping[str, HomeId]

    def of(self, fault: Fault) -> HomeId | None:
        """Return where it is told with others; None for what is about no home, or an organisation gone."""
        if fault.home_id is None:
            return None
        return self.of_many.get(self.organisations.get(fault.home_id, ""))


class Floods:
    """What was told as one so far; it is derived anew from the alerts after a restart."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._seen: set[AlertId] = set()

    def gather(
        self, found: Sequence[Fault], places: Places, known: Alerts, now: datetime
    ) -> tuple[Fault, ...]:
        """Return what is to be told: of many of one kind one fault for each organisation.

        Parameters
        ----------
        known
            The auditor's alerts of late, by home and subject.
        """
        some: dict[tuple[HomeId | None, str], list[Fault]] = defaultdict(list)
        for fault in found:
            kind = kind_of(fault)
            some[places.of(fault) if kind else None, kind].append(fault)
        self._told &= {fault.subject for fault in found}
        gathered: list[Fault] = []
        for (place, kind), faults in some.items():
            if place is None:
                gathered += faults
            elif kind == BLIND:
                gathered += _silent(place, faults, known)
            else:
                gathered += self._broken(place, kind, faults, known, now)
        return tuple(gathered)

    def _broken(
        self, place: HomeId, kind: str, faults: Sequence[Fault], known: Alerts, now: datetime
    ) -> Iterator[Fault]:
        """Tell of broken promises: each stays broken and is told once, also where one alert stood for it."""
        beginning = f"{MANY_PROMISES}{kind}/"
        manys = [
            stored.alert
            for (home, subject), stored in known.items()
            if home == place and subject.startswith(beginning)
        ]
        for alert in manys:
            if alert.alert_id not in self._seen:
                self._seen.add(alert.alert_id)
                until = alert.opened_at + GATHERS
                self._told |= {one.subject for one in faults if (one.about or until) <= until}
        singly = {(one.home_id, one.subject) for one in faults} & known.keys()
        fresh = [
            one
            for one in faults
            if (one.home_id, one.subject) not in singly and one.subject not in self._told
        ]
        gathers = any(now - alert.opened_at <= GATHERS for alert in manys)
        yield from (one for one in faults if (one.home_id, one.subject) in singly)
        if not (gathers or len(fresh) >= MANY):
            yield from fresh
            return
        self._told |= {one.subject for one in fresh}
        if fresh and not gathers:
            yield Fault(
                subject=f"{beginning}{now:%Y%m%dT%H%M}",
                what=say(
                    "Promise “%(name)s” was broken for %(n)s alerts at once.",
                    name=kind.replace("_", " "),
                    n=len(fresh),
                ),
                home_id=place,
            )


def kind_of(fault: Fault) -> str:
    """Return what kind of fault of a home it is; empty for any other.

    Examples
    --------
    >>> [kind_of(Fault(subject=one, what="")) for one in ("promise/7/somebody_told", "blind/7f3k", "disk")]
    ['somebody_told', 'blind/', '']
    """
    if fault.subject.startswith(BLIND):
        return BLIND
    return fault.subject.rpartition("/")[2] if fault.subject.startswith(PROMISE) else ""


def _silent(place: HomeId, faults: Sequence[Fault], known: Alerts) -> Iterator[Fault]:
    standing = {subject for (_, subject), stored in known.items() if _stands(stored)}
    fresh = [one for one in faults if one.subject not in standing]
    yield from (one for one in faults if one.subject in standing)
    if len(fresh) < MANY:
        yield from fresh
        return
    yield Fault(
        subject=f"{BLIND}many",
        what=say_each(
            "Nothing has come from %(n)s home for more than a day, and no alert says so.",
            "Nothing has come from %(n)s homes for more than a day, and no alert says so.",
            len(fresh),
        ),
        home_id=place,
    )


def _stands(stored: StoredAlert) -> bool:
    return stored.alert.resolved_at is None and stored.alert.cleared_at is None
