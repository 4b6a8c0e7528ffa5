"""Observation, Flag, Provenance and Communication: what was seen, noticed, told and answered."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from core.model.ids import ResidentId
from core.store import clinical, noted, told
from core.store.clinical import FIRST_DAY
from core.store.noted import WantedFindings
from core.store.told import Exchange
from dashboard.fhir import flags, observations, terms
from dashboard.fhir.communications import communication
from dashboard.fhir.kind import NOTHING, Found, home_after, key_of, number_after, whole
from dashboard.fhir.observations import ALWAYS, BY_CODE, DAILY, places_of
from dashboard.fhir.outcome import Refused
from dashboard.fhir.registers import wanted
from dashboard.fhir.terms import pack
from dashboard.roles import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.store.clinical import ResidentDay
    from core.store.noted import Noted
    from core.store.pool import Connection
    from dashboard.fhir.access import Reader
    from dashboard.fhir.asked import Asked
    from dashboard.fhir.terms import Resource

OBSERVATION_ID = re.compile(r"(?P<resident>[1-9]\d{0,17})-(?P<day>\d{8})-(?P<code>[a-z-]{1,30})")
_COMMON = {"_id": "token", "_lastUpdated": "date", "patient": "reference", "subject": "reference"}
Tokens = tuple[tuple[str | None, str], ...]


class Observations:
    """Counted days."""

    name = "Observation"
    right = Right.DAYS
    about = (
        "A measure of a counted day of a resident: its span is that day on the clock of the home. What could"
        " not be seen has a dataAbsentReason, never 0; `minutes-seen` says how much of the day was seen."
    )
    parameters: ClassVar[Mapping[str, str]] = _COMMON | {
        "date": "date",
        "code": "token",
        "category": "token",
    }

    async def page(self, _: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return measures by day, home, resident and place in the table of measures."""
        places = _places(asked)
        if asked.nothing or not places:
            return NOTHING
        found: list[tuple[ResidentDay, int]] = []
        start, done = _start(asked.cursor)
        each = max(1, sum(place < ALWAYS for place in places))
        while len(found) <= limit:
            size = (limit + 1 - len(found)) // each + 2
            rows = await clinical.days(
                connection,
                wanted(asked),
                start,
                size,
                heart=ALWAYS in places,
                worn_only=places == [ALWAYS],
            )
            for row in rows:
                same = _key(row) == start
                found += [(row, n) for n in _of(row, places) if not same or n > done]
            if len(rows) < size:
                break
            start, done = _key(rows[-1]), len(DAILY)
        shown = found[:limit]
        return Found(
            resources=tuple(
                one
                for row, part in itertools.groupby(shown, key=lambda one: one[0])
                for one in observations.observations(row, [place for _, place in part])
            ),
            homes=frozenset(row.home_id for row, _ in shown),
            cursor=pack(*_key(shown[-1][0]), shown[-1][1]) if len(found) > limit else "",
        )

    async def one(self, _: Reader, connection: Connection, asked: Asked, identifier: str) -> Found:
        """Return one measure of one day."""
        parts = OBSERVATION_ID.fullmatch(identifier)
        place = parts and BY_CODE.get(parts["code"])
        if parts is None or place is None or place not in _places(asked):
            return NOTHING
        try:
            day = date.fromisoformat(parts["day"])
        except ValueError:
            return NOTHING
        asked = asked.of(ResidentId(int(parts["resident"])))
        if asked.nothing:
            return NOTHING
        rows = await clinical.days(
            connection, wanted(asked), (day, "", 0), 1, heart=place == ALWAYS
        )
        found = [row for row in rows if row.count.day == day and place in _of(row, [place])]
        return Found(
            resources=tuple(observations.observation(row, place) for row in found),
            homes=frozenset(row.home_id for row in found),
        )

    async def count(self, _: Reader, connection: Connection, asked: Asked) -> int:
        """Count measures of days."""
        places = _places(asked)
        if asked.nothing or not places:
            return 0
        days, worn = await clinical.count_days(connection, wanted(asked))
        return days * sum(place < ALWAYS for place in places) + worn * (ALWAYS in places)


def _key(row: ResidentDay) -> tuple[date, str, int]:
    return (row.count.day, row.home_id, row.resident_id)


def _of(row: ResidentDay, places: Sequence[int]) -> list[int]:
    return [place for place in places if place < ALWAYS or row.worn]


def _start(cursor: str) -> tuple[tuple[date, str, int], int]:
    if not cursor:
        return (FIRST_DAY, "", 0), -1
    day, home, resident, place = key_of(cursor, 4)
    numbers = whole(resident), whole(place)
    if numbers[0] is None or numbers[1] is None:
        raise Refused(400, "_cursor: expected what a `next` link of ours says.")
    try:
        return (date.fromisoformat(day), home_after(home), numbers[0]), numbers[1]
    except ValueError:
        raise Refused(400, "_cursor: expected what a `next` link of ours says.") from None


def _places(asked: Asked) -> list[int]:
    """Return which measures a search means."""
    places = frozenset(range(len(DAILY)))
    for group in asked.codes:
        places &= frozenset[int]().union(*(places_of(system, code) for system, code in group))
    for group in asked.categories:
        places &= frozenset(n for n in places if _in_category(group, vital=n == ALWAYS))
    return sorted(places)


def _in_category(group: Tokens, *, vital: bool) -> bool:
    own = "vital-signs" if vital else "activity"
    return any(system in {None, terms.CATEGORY} and code in {"", own} for system, code in group)


class _Noticed:
    """What Flags and their Provenances have in common: the findings behind them."""

    right = Right.CARE_ALERTS
    made: Callable[[Noted], Resource]

    async def page(self, reader: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return findings by number."""
        which = self._wanted(asked)
        if which is None:
            return NOTHING
        rows = await noted.findings(
            connection, reader.sight, which, number_after(asked.cursor), limit + 1
        )
        shown = rows[:limit]
        return Found(
            resources=tuple(type(self).made(one) for one in shown),
            homes=frozenset(one.finding.home_id for one in shown),
            cursor=pack(shown[-1].recorded.finding_id) if len(rows) > limit else "",
        )

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return what was made of one finding."""
        which, number = self._wanted(asked), whole(self._number(identifier))
        if which is None or number is None:
            return NOTHING
        only = replace(which, number=number)
        rows = await noted.findings(connection, reader.sight, only, number - 1, 1)
        return Found(
            resources=tuple(type(self).made(one) for one in rows),
            homes=frozenset(one.finding.home_id for one in rows),
        )

    async def count(self, reader: Reader, connection: Connection, asked: Asked) -> int:
        """Count findings."""
        which = self._wanted(asked)
        return 0 if which is None else await noted.count_findings(connection, reader.sight, which)

    def _number(self, identifier: str) -> str:
        return identifier

    def _wanted(self, asked: Asked) -> WantedFindings | None:
        if asked.nothing:
            return None
        return WantedFindings(
            resident_id=asked.resident_id,
            home_id=asked.home_id,
            homes=asked.homes,
            dates=asked.dates,
            updated=asked.updated,
            recorded=asked.recorded,
        )


class Flags(_Noticed):
    """What detection noticed."""

    name = "Flag"
    about = (
        "What a detector noticed: active until its cause went, it got worse, or a human closed the alert."
        " Its evidence is contained; nothing here diagnoses."
    )
    parameters: ClassVar[Mapping[str, str]] = _COMMON | {
        "date": "date",
        "code": "token",
        "status": "token",
    }
    made = staticmethod(flags.flag)

    def _wanted(self, asked: Asked) -> WantedFindings | None:
        which = super()._wanted(asked)
        if which is None:
            return None
        named: set[str] | None = None
        for group in asked.codes:
            codes = {
                code
                for system, code in group
                if system in {None, terms.DETECTOR} and code.isprintable()
            }
            named = codes if named is None else named & codes
        active = None
        if asked.statuses is not None:
            known = {"active", "inactive"} & set(asked.statuses)
            if not known:
                return None
            active = None if len(known) > 1 else known == {"active"}
        detectors = None if named is None or named == {""} else tuple(sorted(named))
        return replace(which, detectors=detectors, active=active)


class Provenances(_Noticed):
    """Who said what detection noticed."""

    name = "Provenance"
    about = "Which detector, in which version, made a Flag, and from which devices."
    parameters: ClassVar[Mapping[str, str]] = {
        "_id": "token",
        "_lastUpdated": "date",
        "patient": "reference",
        "target": "reference",
        "recorded": "date",
    }
    made = staticmethod(flags.provenance)

    def _number(self, identifier: str) -> str:
        prefix, _, number = identifier.partition("-")
        return number if prefix == "flag" else ""

    def _wanted(self, asked: Asked) -> WantedFindings | None:
        # a Provenance does not change: it was last updated when it was written
        asked = replace(asked, recorded=(*asked.recorded, *asked.updated), updated=())
        which = super()._wanted(asked)
        if which is None or asked.targets is None:
            return which
        numbers = [number for one in asked.targets if (number := whole(one)) is not None]
        if len(numbers) > 1:
            raise Refused(400, "target: one at a time, please.", "not-supported")
        return replace(which, number=numbers[0]) if numbers else None


class Communications:
    """Who was told and what was answered."""

    name = "Communication"
    right = Right.CARE_ALERTS
    about = (
        "A message to a carer about an alert and how far it got, or an answer to one. Delivered is not seen:"
        " only an answer says that somebody knows."
    )
    parameters: ClassVar[Mapping[str, str]] = _COMMON | {"sent": "date"}

    async def page(self, reader: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return answers, then messages, then answers by phone; each by number."""
        if asked.nothing:
            return NOTHING
        after = (Exchange.ANSWER, 0)
        if asked.cursor:
            kind, key = key_of(asked.cursor, 2)
            number = whole(key)
            if kind not in set(Exchange) or number is None:
                raise Refused(400, "_cursor: expected what a `next` link of ours says.")
            after = (Exchange(kind), number)
        rows = await told.exchanged(connection, reader.sight, wanted(asked), after, limit + 1)
        shown = rows[:limit]
        last = shown[-1] if shown else None
        return Found(
            resources=tuple(communication(one) for one in shown),
            homes=frozenset(one.home_id for one in shown),
            cursor=pack(last.exchange, last.number) if last and len(rows) > limit else "",
        )

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return one message or answer."""
        kind, _, text = identifier.partition("-")
        number = whole(text)
        if asked.nothing or kind not in set(Exchange) or number is None:
            return NOTHING
        only = replace(wanted(asked), number=number)
        found = await told.exchanged_one(connection, reader.sight, Exchange(kind), only)
        return Found(
            resources=() if found is None else (communication(found),),
            homes=frozenset() if found is None else frozenset({found.home_id}),
        )

    async def count(self, reader: Reader, connection: Connection, asked: Asked) -> int:
        """Count messages and answers."""
        if asked.nothing:
            return 0
        return await told.count_exchanged(connection, reader.sight, wanted(asked))
