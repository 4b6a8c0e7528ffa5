"""Who lives in a home no more while another one does, and who may not move into the record of another.

For the owner of the database; `move_in`, `part_from_wearers`, `homes_over` and `placed_on_pages` are for the
registrar, `parted_lately` is for pages.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.model.ids import HomeId, ResidentId
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.model.home import Device
    from core.model.subject import Subject
    from core.store.pool import Connection


HABITS_FOLLOW = timedelta(days=42)
"""After so long what is usual is that of who lives on: of what was learned before a third is left (0292)."""


async def parted_lately(connection: Connection, home_id: HomeId, now: datetime) -> datetime | None:
    """Return when one of several left a home whose habits are still partly of both; None where none did."""
    cursor = await connection.execute(
        "select greatest(h.parted_at, (select max(r.left_at) from resident r"
        " where r.home_id = h.home_id)) from home h where h.home_id = %s",
        (home_id,),
    )
    row = await cursor.fetchone()
    at: datetime | None = None if row is None else row[0]
    return at if at is not None and now - at < HABITS_FOLLOW else None


async def leave(connection: Connection, person: Subject, at: datetime) -> tuple[int, ...]:
    """Note that somebody does not live there any more, while another one does (docs/decisions/0276).

    What they wear or carry is in use no more, and their own log-in ends. What is known of them stays.

    Returns
    -------
    tuple[int, ...]
        The devices that were taken out of use.

    Raises
    ------
    Misconfigured
        If nobody else lives there: then the home ends.
    """
    await connection.execute("select 1 from home where home_id = %s for update", (person.home_id,))
    cursor = await connection.execute(
        "update resident r set left_at = %(at)s where r.resident_id = %(one)s and r.left_at is null"
        " and exists (select 1 from resident o where o.home_id = r.home_id and o.left_at is null"
        "  and o.resident_id <> r.resident_id)",
        {"at": at, "one": person.resident_id},
    )
    if not cursor.rowcount:
        raise Misconfigured(
            f"resident {person.resident_id}: expected somebody who lives there, and with somebody else."
            " Where nobody lives on, end the home: the page of its steps"
        )
    cursor = await connection.execute(
        "update device set retired_at = %s where resident_id = %s and retired_at is null"
        " returning device_id",
        (at, person.resident_id),
    )
    devices = tuple([number for (number,) in await cursor.fetchall()])
    await connection.execute(
        "update carer set disabled_at = coalesce(disabled_at, %s) where resident_id = %s",
        (at, person.resident_id),
    )
    await notify(connection, "registry", person.home_id)
    return devices


async def come_back(connection: Connection, person: Subject) -> bool:
    """Note that somebody lives there again; False where they had not left. Devices stay out of use."""
    cursor = await connection.execute(
        "update resident set left_at = null where resident_id = %s and left_at is not null",
        (person.resident_id,),
    )
    await notify(connection, "registry", person.home_id)
    return bool(cursor.rowcount)


async def check_parted(connection: Connection, person: Subject) -> None:
    """Refuse to erase the last one who lives in a home while records of who left it are kept.

    What rooms told since is of the last one alone, and can only go with the whole home.

    Raises
    ------
    Misconfigured
        Naming whose records are to be decided on first.
    """
    cursor = await connection.execute(
        "select resident_id, left_at is null from resident where home_id = %s and resident_id <> %s"
        " order by 1",
        (person.home_id, person.resident_id),
    )
    others = await cursor.fetchall()
    if person.left_at is None and others and not any(lives for _, lives in others):
        numbers = ", ".join(str(number) for number, _ in others)
        raise Misconfigured(
            f"resident {person.resident_id}: the home is also the record of who left it ({numbers})."
            " Erase those first; then everything of the home goes with the last one"
        )


async def move_in(connection: Connection, home_id: HomeId, name: str, pronoun: str) -> ResidentId:
    """Return the resident of this name in a home, a new one where there is none; the home is locked.

    Raises
    ------
    Misconfigured
        If the home has ended by its steps, was not live again, and somebody else lived in it: what is known
        of them would be taken for whoever comes now, and who cared for them would see it.
    """
    cursor = await connection.execute(
        "update resident set pronoun = %s where home_id = %s and name = %s returning resident_id",
        (pronoun, home_id, name),
    )
    row = await cursor.fetchone()
    if row is None:
        await _check_goes_on(connection, home_id)
        cursor = await connection.execute(
            "insert into resident (home_id, name, pronoun) values (%s, %s, %s) returning resident_id",
            (home_id, name, pronoun),
        )
        ((number,),) = await cursor.fetchall()
        return ResidentId(number)
    return ResidentId(row[0])


async def _check_goes_on(connection: Connection, home_id: HomeId) -> None:
    cursor = await connection.execute(
        "select exists (select 1 from resident where home_id = %(home)s) and coalesce((select"
        " max(step_id) filter (where stage = 'ended')"
        " > coalesce(max(step_id) filter (where stage = 'live'), 0)"
        " from home_step where home_id = %(home)s), false)",
        {"home": home_id},
    )
    if await cursor.fetchone() == (True,):
        raise Misconfigured(
            f"home {home_id}: it has ended, and is the record of who lived there. Give whoever lives there"
            " now a home of their own, with another id"
        )


async def part_from_wearers(connection: Connection, devices: Iterable[Device]) -> None:
    """Set aside what somebody else wore than who is to wear it now: what it told stays with them.

    A device that is registered at the same address after that is another one.
    """
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "select part_from_wearer(%s, %s, %s, %s, now())",
            [(one.home_id, one.family, one.external_id, one.resident_id) for one in devices],
        )


async def homes_over(connection: Connection) -> frozenset[HomeId]:
    """Return the homes that have ended by their steps and are not agreed to anew."""
    cursor = await connection.execute("select homes_over()")
    return frozenset(HomeId(home_id) for (home_id,) in await cursor.fetchall())


async def placed_on_pages(connection: Connection, device: Device) -> bool:
    """Tell whether somebody has put a device of this address in or out of its place on the pages."""
    cursor = await connection.execute(
        "select placed_on_pages(%s, %s, %s)", (device.home_id, device.family, device.external_id)
    )
    return await cursor.fetchone() == (True,)
