"""Signs that something lives that no other table shows: the pages, and the backups that others make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from core.store.pool import Connection


async def beat(connection: Connection, instance: str, now: datetime) -> None:
    """Say that the pages are served by this process. Run by the dashboard."""
    await connection.execute(
        "insert into dashboard_heartbeat (instance, at) values (%s, %s)"
        " on conflict (instance) do update set at = excluded.at",
        (instance, now),
    )


async def note_backup(connection: Connection, now: datetime) -> None:
    """Write down that a backup was made. Run by the registrar."""
    await connection.execute("insert into backup_note (at) values (%s)", (now,))
