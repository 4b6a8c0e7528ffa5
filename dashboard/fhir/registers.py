"""Patient, Group and Device: whom and what the records are about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from core.model.ids import HomeId, ResidentId
from core.store import clinical, spoken
from core.store.clinical import Wanted
from dashboard.fhir import devices, people, terms
from dashboard.fhir.kind import HOME, NOTHING, Found, home_after, key_of, number_after, whole
from dashboard.fhir.outcome import Refused
from dashboard.fhir.terms import home_of, pack
from dashboard.roles import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.pool import Connection
    from dashboard.fhir.access import Reader
    from dashboard.fhir.asked import Asked
    from dashboard.fhir.terms import Resource

MOST_COUNTED = 1_000_000


def wanted(asked: Asked) -> Wanted:
    """Return which rows a search wants."""
    return Wanted(
        resident_id=asked.resident_id,
        home_id=asked.home_id,
        homes=asked.homes,
        dates=asked.dates,
        updated=asked.updated,
    )


class Patients:
    """Residents."""

    name = "Patient"
    right = Right.DAYS
    about = "A resident. An NHS number stands there only where it is known; there is no gender."
    parameters: ClassVar[Mapping[str, str]] = {"_id": "token", "identifier": "token"}

    async def page(self, _: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return residents by number."""
        asked = _identified(asked)
        if asked.nothing:
            return NOTHING
        found = await clinical.people(
            connection, wanted(asked), number_after(asked.cursor), limit + 1
        )
        shown = found[:limit]
        return Found(
            resources=tuple(people.patient(one) for one in shown),
            homes=frozenset(one.home_id for one in shown),
            cursor=pack(shown[-1].resident_id) if len(found) > limit else "",
        )

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return one resident."""
        number = whole(identifier)
        if number is None:
            return NOTHING
        return await self.page(reader, connection, asked.of(ResidentId(number)), 1)

    async def count(self, _: Reader, connection: Connection, asked: Asked) -> int:
        """Count residents."""
        asked = _identified(asked)
        return 0 if asked.nothing else await clinical.count_people(connection, wanted(asked))


def _identified(asked: Asked) -> Asked:
    """Turn an identifier into the resident it names; NHS numbers are kept nowhere: one finds nobody."""
    if asked.identifiers is None:
        return asked
    named = [
        number
        for system, value in asked.identifiers
        if system in {None, terms.RESIDENT_ID} and (number := whole(value)) is not None
    ]
    if len(named) != 1:
        return replace(asked, nothing=True)
    return asked.of(ResidentId(named[0]))


class Groups:
    """Those who live in a home."""

    name = "Group"
    right = Right.DAYS
    about = "Who lives in a home: the subject of what is about nobody in particular, and of a bulk export."
    parameters: ClassVar[Mapping[str, str]] = {"_id": "token"}

    async def page(self, _: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return homes by id."""
        after = home_after(key_of(asked.cursor, 1)[0]) if asked.cursor else ""
        found = await clinical.homes(connection, asked.home_id, after, limit + 1)
        shown = found[:limit]
        return Found(
            resources=tuple(people.group(*one) for one in shown),
            homes=frozenset(home for home, _, _ in shown),
            cursor=pack(shown[-1][0]) if len(found) > limit else "",
        )

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return one home."""
        home = HomeId(home_of(identifier))
        if asked.home_id not in {None, home} or not HOME.fullmatch(home):
            return NOTHING
        return await self.page(reader, connection, replace(asked, home_id=home), 1)

    async def count(self, _: Reader, connection: Connection, asked: Asked) -> int:
        """Count homes."""
        return len(await clinical.homes(connection, asked.home_id, "", MOST_COUNTED))


class Devices:
    """The program, detectors, and for who may see them the sensors."""

    name = "Device"
    right = Right.DAYS
    about = (
        "The detectors that spoke, each in its version, and the program that counts days; sensors and hubs"
        " for who may see devices on the pages."
    )
    parameters: ClassVar[Mapping[str, str]] = {"_id": "token", "patient": "reference"}

    async def page(self, reader: Reader, connection: Connection, asked: Asked, limit: int) -> Found:
        """Return programs, then sensors by number."""
        kind, key = key_of(asked.cursor, 2) if asked.cursor else ("program", "0")
        place = whole(key)
        if kind not in {"program", "sensor"} or place is None:
            raise Refused(400, "_cursor: expected what a `next` link of ours says.")
        programs: tuple[Resource, ...] = ()
        if kind == "program" and not self._of_somebody(reader, asked):
            programs = (await self._programs(connection, asked))[place:]
        if len(programs) > limit:
            cut = pack("program", place + limit)
            return Found(resources=programs[:limit], cursor=cut)
        room, after = limit - len(programs), place if kind == "sensor" else 0
        return await self._sensors(reader, connection, asked, programs, (after, room))

    async def one(
        self, reader: Reader, connection: Connection, asked: Asked, identifier: str
    ) -> Found:
        """Return one device."""
        number = whole(identifier)
        if number is None:
            if asked.resident_id is not None and reader.resident_id is None:
                return NOTHING
            found = [
                one for one in await self._programs(connection, asked) if one["id"] == identifier
            ]
            return Found(resources=tuple(found))
        if not reader.has(Right.DEVICES):
            return NOTHING
        rows = await clinical.devices(connection, replace(wanted(asked), number=number), 0, 1)
        return Found(
            resources=tuple(devices.sensor(*row) for row in rows),
            homes=frozenset(device.home_id for device, _ in rows),
        )

    async def count(self, reader: Reader, connection: Connection, asked: Asked) -> int:
        """Count devices."""
        found = await self.page(reader, connection, replace(asked, cursor=""), MOST_COUNTED)
        return len(found.resources)

    @staticmethod
    def _of_somebody(reader: Reader, asked: Asked) -> bool:
        return asked.resident_id is not None and reader.resident_id is None

    @staticmethod
    async def _programs(connection: Connection, asked: Asked) -> tuple[Resource, ...]:
        known = await spoken.detectors(connection, asked.homes)
        return (devices.program(), *(devices.detector(*one) for one in known))

    @staticmethod
    async def _sensors(
        reader: Reader,
        connection: Connection,
        asked: Asked,
        before: tuple[Resource, ...],
        part: tuple[int, int],
    ) -> Found:
        after, room = part
        if not reader.has(Right.DEVICES):
            return Found(resources=before)
        rows = await clinical.devices(connection, wanted(asked), after, room + 1)
        shown = rows[:room]
        last = shown[-1][0].device_id if shown else after
        return Found(
            resources=(*before, *(devices.sensor(*row) for row in shown)),
            homes=frozenset(device.home_id for device, _ in shown),
            cursor=pack("sensor", last) if len(rows) > room else "",
        )
