"""After an erasure: files of database and broker let go of what was deleted, or it is said what ends that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.model.errors import BrokerUnavailable
from core.store import disk
from wayhome.embedded import forgetting
from wayhome.system import default_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.store.pool import Connection

TABLES, LOG, QUEUE = "tables", "log of changes", "queue of the broker"
AGAIN = "`wayhome residents settle` ends it"
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
    left = await disk.clean(connection, *tables, whole=whole)
    if left:
        found[TABLES] = (
            f"old versions of rows in free space of {', '.join(left)}, which are large or in use:"
            f" {QUIET_HOUR}"
        )
    folder, home_id = broker
    if folder is not None:
        why = await asyncio.to_thread(_forget, folder, home_id)
        if why:
            found[QUEUE] = f"{why}: {AGAIN}"
    why = await disk.end_log(connection)
    if why:
        found[LOG] = f"{why}: {AGAIN} then"
    return found


def _forget(folder: Path, home_id: str) -> str:
    try:
        return forgetting.forget(folder, home_id)
    except BrokerUnavailable as error:
        return str(error)
