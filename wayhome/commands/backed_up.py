"""``wayhome backed-up``: somebody has made a backup, and `wayhome doctor` shall know."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from core.store.life import note_backup
from core.store.pool import connect
from wayhome import system


def backed_up(folder: system.Folder = None, database_url: system.DatabaseUrl = "") -> None:
    """Write down that a backup was made just now: doctor says when the last one is too old.

    It makes none itself and looks at none: run it when yours has succeeded, after a `&&`.
    """
    url = system.pointed_at(folder, database_url, "").database("wayhome_registrar")
    asyncio.run(_note(url))


async def _note(url: str) -> None:
    async with connect(url) as connection:
        await note_backup(connection, datetime.now(UTC))
        await connection.commit()
