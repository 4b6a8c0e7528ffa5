"""After an erasure: files of database and broker let go of what was deleted, or it is said what ends that."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from core.model.errors import BrokerUnavailable, Misconfigured, Temporary
from core.store import disk, person
from core.store.pool import connect
from wayhome.embedded import forgetting
from wayhome.system import default_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.store.pool import Connection

log = logging.getLogger("wayhome.settling")
EVERY_S = 3600.0
"""So long at most what an erasure could not end stays behind what hindered it, where `wayhome up` runs."""
TABLES, LOG, QUEUE = "tables", "log of changes", "queue of the broker"
AGAIN = "`wayhome up` ends it within an hour of that, and `wayhome residents settle` at once"
QUIET_HOUR = "`wayhome residents settle --rewrite` ends it, at a quiet hour"


def broker_folder(folder: Path | None, database_url: str) -> Path | None:
    """Return where the embedded broker of a system keeps its files; None where it has none."""
    if folder is None and database_url:
        return None
    found = (folder or default_folder()) / "broker"
    return found if (found / "nats.conf").exists() else None


async def settle(
    connection: Connection,
    tables: tuple[Iterable[str], Iterable[str]],
    broker: tuple[Path | None, str],
    *,
    whole: bool,
) -> dict[str, str]:
    """Let the files go of what was deleted; return what still holds it, and what ends that.

    Parameters
    ----------
    connection
        Of the owner of the database, in autocommit mode.
    tables
        Those to be written anew, and those of them that rows were just deleted from.
    broker
        Folder of the embedded broker, None where there is none; and the home whose messages are to go.
    whole
        Also write large tables anew, each of which is locked meanwhile.
    """
    found = {}
    names, emptied = tables
    left = await disk.clean(connection, names, emptied, whole=whole)
    if left:
        found[TABLES] = (
            f"old versions of rows in free space of {', '.join(left)}, which are large, in use,"
            " or read by a backup or an archive that began before:"
            f" {QUIET_HOUR}"
        )
    folder, home_id = broker
    if folder is not None:
        why = await asyncio.to_thread(_forget, folder, home_id)
        if why:
            found[QUEUE] = f"{why}: {AGAIN}"
    why = await disk.end_log(connection)
    if why:
        found[LOG] = f"{why}: {AGAIN}"
    return found


async def settle_open(owner_url: str, folder: Path) -> dict[str, str] | None:
    """Finish what erasures left open, as far as that locks no table; None where none is open.

    Raises
    ------
    Temporary
        If the database does not answer.
    """
    async with connect(owner_url, autocommit=True) as connection:
        open_ones = await person.open_disks(connection)
        if not open_ones:
            return None
        known = dict(entry for one in open_ones for entry in one.items())
        found = {TABLES: known[TABLES]} if TABLES in known else {}
        found |= await settle(connection, ((), ()), (broker_folder(folder, ""), ""), whole=False)
        await person.note_disk(connection, found, None)
        return found


async def keep_settled(owner_url: str, folder: Path) -> None:
    """Do so every hour, for ever."""
    while True:
        await asyncio.sleep(EVERY_S)
        with suppress(Temporary, Misconfigured):
            found = await settle_open(owner_url, folder)
            if found is not None:
                log.info("settled", extra={"action": "erasure_settled", "open": sorted(found)})


def _forget(folder: Path, home_id: str) -> str:
    try:
        return forgetting.forget(folder, home_id)
    except BrokerUnavailable as error:
        return str(error)
