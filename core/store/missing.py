"""Profiles, photos and packs of missing persons. Written by the dashboard; versions are only ever added.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

import msgspec
from psycopg.types.json import Jsonb

from core.model.home import Home, HomeMode, Resident
from core.model.ids import CarerId, HomeId, OrganisationId, ResidentId
from core.model.missing import Pack, PackAnswer, PackId, Photo, PhotoId, Profile, Traces
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


_LOCK = 0x4D495353
"""First half of the advisory locks that put the versions of a resident in a row."""
_HALF = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A resident with the home."""

    resident: Resident
    home: Home


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhoto:
    """A photo that is to be kept."""

    content: bytes
    width: int
    height: int
    taken_on: date | None


async def person_of(connection: Connection, resident_id: ResidentId) -> Person | None:
    """Return a resident; None when there is none that may be seen."""
    found = await _people(connection, "r.resident_id = %(one)s", {"one": resident_id})
    return found[0] if found else None


async def people_of(connection: Connection, home_id: HomeId) -> tuple[Person, ...]:
    """Return who lives in a home, as far as they may be seen."""
    where: LiteralString = "r.home_id = %(one)s and r.left_at is null"
    return await _people(connection, where, {"one": home_id})


async def lock_profile(connection: Connection, resident_id: ResidentId) -> None:
    """Let nobody else save a version of this resident until the transaction ends."""
    await connection.execute(
        "select pg_advisory_xact_lock(%s::int, %s::int)", (_LOCK, int(resident_id) % _HALF)
    )


async def newest_profile(connection: Connection, resident_id: ResidentId) -> Profile | None:
    """Return the version that counts; None when nothing was ever saved."""
    rows = await named_rows(
        connection,
        "select * from missing_profile where resident_id = %(one)s order by version desc limit 1",
        {"one": resident_id},
    )
    return _profile(rows[0]) if rows else None


async def profile_version(
    connection: Connection, resident_id: ResidentId, version: int
) -> Profile | None:
    """Return one version; None when there is none that may be seen."""
    rows = await named_rows(
        connection,
        "select * from missing_profile where resident_id = %(one)s and version = %(version)s",
        {"one": resident_id, "version": version},
    )
    return _profile(rows[0]) if rows else None


async def profile_versions(
    connection: Connection, resident_id: ResidentId, limit: int
) -> list[Profile]:
    """Return the versions, the latest first."""
    rows = await named_rows(
        connection,
        "select * from missing_profile where resident_id = %(one)s order by version desc"
        " limit %(limit)s",
        {"one": resident_id, "limit": limit},
    )
    return [_profile(row) for row in rows]


async def sections_saved(connection: Connection, resident_id: ResidentId) -> dict[str, datetime]:
    """Return when each section was last saved, that is looked through by a person."""
    cursor = await connection.execute(
        "select section, max(at) from missing_profile where resident_id = %s group by section",
        (resident_id,),
    )
    return dict(await cursor.fetchall())


async def save_profile(connection: Connection, profile: Profile) -> None:
    """Add a version; `lock_profile` must hold, so that its number is the next one."""
    await connection.execute(
        "insert into missing_profile (home_id, resident_id, version, form, answers, section,"
        " photo_id, carer_id, at, restored_from) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            profile.home_id,
            profile.resident_id,
            profile.version,
            profile.form,
            Jsonb(dict(profile.answers)),
            profile.section,
            profile.photo_id,
            profile.carer_id,
            profile.at,
            profile.restored_from,
        ),
    )


async def add_photo(
    connection: Connection, person: Person, photo: NewPhoto, by: CarerId, at: datetime
) -> PhotoId:
    """Keep a photo; return its number."""
    cursor = await connection.execute(
        "insert into profile_photo (home_id, resident_id, carer_id, at, taken_on, width, height,"
        " content) values (%s, %s, %s, %s, %s, %s, %s, %s) returning photo_id",
        (
            person.home.home_id,
            person.resident.resident_id,
            by,
            at,
            photo.taken_on,
            photo.width,
            photo.height,
            photo.content,
        ),
    )
    return PhotoId(_number(await cursor.fetchone()))


async def photo_with(connection: Connection, photo_id: PhotoId) -> Photo | None:
    """Return what is known of a photo; None when there is none that may be seen."""
    rows = await named_rows(
        connection,
        "select photo_id, resident_id, at, taken_on, width, height from profile_photo"
        " where photo_id = %(one)s",
        {"one": photo_id},
    )
    return Photo(**rows[0]) if rows else None


async def photo_content(
    connection: Connection, resident_id: ResidentId, photo_id: PhotoId
) -> bytes | None:
    """Return a resident's photo as JPEG; None when there is none that may be seen."""
    cursor = await connection.execute(
        "select content from profile_photo where photo_id = %s and resident_id = %s",
        (photo_id, resident_id),
    )
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])


async def make_pack(connection: Connection, pack: Pack) -> PackId:
    """Keep a pack as it was made; ``pack.pack_id`` is not read. Return its number."""
    cursor = await connection.execute(
        "insert into missing_pack (home_id, resident_id, carer_id, at, purpose, profile_version,"
        " photo_id, form, answers, facts) values (%s, %s, %s, %s, 'missing_person', %s, %s, %s, %s,"
        " %s) returning pack_id",
        (
            pack.home_id,
            pack.resident_id,
            pack.carer_id,
            pack.at,
            pack.profile_version,
            pack.photo_id,
            pack.form,
            Jsonb(dict(pack.answers)),
            Jsonb(msgspec.to_builtins(pack.traces)),
        ),
    )
    return PackId(_number(await cursor.fetchone()))


async def pack_with(
    connection: Connection, resident_id: ResidentId, pack_id: PackId
) -> Pack | None:
    """Return a pack of a resident; None when there is none that may be seen."""
    rows = await named_rows(
        connection,
        "select * from missing_pack where resident_id = %(one)s and pack_id = %(pack)s",
        {"one": resident_id, "pack": pack_id},
    )
    return _pack(rows[0]) if rows else None


async def packs_of(connection: Connection, resident_id: ResidentId, limit: int) -> list[Pack]:
    """Return the packs of a resident, the latest first."""
    rows = await named_rows(
        connection,
        "select * from missing_pack where resident_id = %(one)s order by pack_id desc"
        " limit %(limit)s",
        {"one": resident_id, "limit": limit},
    )
    return [_pack(row) for row in rows]


async def tell_pack(connection: Connection, home_id: HomeId, answer: PackAnswer) -> None:
    """Write down what a person told at the time."""
    await connection.execute(
        "insert into pack_answer (home_id, pack_id, carer_id, at, answers)"
        " values (%s, %s, %s, %s, %s)",
        (home_id, answer.pack_id, answer.carer_id, answer.at, Jsonb(dict(answer.answers))),
    )


async def pack_answers(connection: Connection, pack_id: PackId) -> list[PackAnswer]:
    """Return what people told of a pack, the latest first."""
    rows = await named_rows(
        connection,
        "select pack_id, carer_id, at, answers from pack_answer where pack_id = %(one)s"
        " order by pack_answer_id desc limit 50",
        {"one": pack_id},
    )
    return [PackAnswer(**row) for row in rows]


async def _people(
    connection: Connection, condition: LiteralString, values: Mapping[str, object]
) -> tuple[Person, ...]:
    rows = await named_rows(
        connection,
        "select r.resident_id, r.home_id, r.name, r.pronoun, h.organisation_id,"
        " h.name as home_name, h.zone, h.mode from resident r join home h using (home_id) where "
        + condition
        + " order by r.resident_id",
        values,
    )
    return tuple(
        Person(
            resident=Resident(
                resident_id=ResidentId(row["resident_id"]),
                home_id=HomeId(row["home_id"]),
                name=row["name"],
                pronoun=row["pronoun"],
            ),
            home=Home(
                home_id=HomeId(row["home_id"]),
                organisation_id=OrganisationId(row["organisation_id"]),
                name=row["home_name"],
                zone=ZoneInfo(row["zone"]),
                mode=HomeMode(row["mode"]),
            ),
        )
        for row in rows
    )


def _number(row: tuple[Any, ...] | None) -> int:
    if row is None:
        raise LookupError("the statement returned no row")
    return int(row[0])


def _profile(row: dict[str, Any]) -> Profile:
    row.pop("profile_id")
    return Profile(**row)


def _pack(row: dict[str, Any]) -> Pack:
    return Pack(
        pack_id=PackId(row["pack_id"]),
        home_id=HomeId(row["home_id"]),
        resident_id=ResidentId(row["resident_id"]),
        carer_id=CarerId(row["carer_id"]),
        at=row["at"],
        profile_version=row["profile_version"],
        photo_id=None if row["photo_id"] is None else PhotoId(row["photo_id"]),
        form=row["form"],
        answers=row["answers"],
        traces=msgspec.convert(row["facts"], Traces),
    )
