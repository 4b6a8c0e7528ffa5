"""Whether the database is as this program needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.store.pool import Connection

FOLDER = Path(__file__).parent / "migrations"


async def lacks(connection: Connection) -> str:
    """Say that migrations are missing; empty where the database is as new as this program, or newer.

    Services may not read which were applied; the last one is written beside them for everybody
    (`core.store.migrate`). A database from before that has nothing there.
    """
    cursor = await connection.execute(
        "select obj_description(to_regclass('_yoyo_migration')::oid, 'pg_class')"
    )
    row = await cursor.fetchone()
    newest = max(path.stem for path in FOLDER.glob("*.sql"))
    reached = str(row[0] if row and row[0] else "")
    if reached[:4] >= newest[:4]:
        return ""
    return f"the database is older than this program, which needs {newest}: run `wayhome migrate`"
