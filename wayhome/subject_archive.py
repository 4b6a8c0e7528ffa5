"""Everything about one person in one file, for that person: tables, photos, and a page that explains them."""

from __future__ import annotations

import html
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.model.subject import KEPT
from core.store import person as person_store
from wayhome.secret import new_private_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.model.subject import Subject
    from core.store.holdings import Holding
    from core.store.pool import Connection

STYLE = (
    "body{font:1.05rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.4rem .8rem;"
    "border-bottom:1px solid #767676}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of the archive."""

    title: str
    file: str
    rows: int


async def write(
    connection: Connection,
    person: Subject,
    target: Path,
    at: datetime,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[Part, ...]:
    """Write the archive; the caller's transaction should see one moment (repeatable read).

    The file is for its owner only (0600), and gone again where the writing breaks off: half of it would pass
    for all. Nothing is held in memory but one piece of one table.

    Parameters
    ----------
    step
        Called with the name of each table that is done.

    Raises
    ------
    OSError
        If ``target`` is there already, as it may be somebody else's, or can not be written.
    """
    parts = []
    with (
        new_private_file(target) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for holding in person_store.holdings_of(person):
            if holding.told:
                parts.append(await _table(archive, connection, holding, person))
            step(holding.table)
        photos = await person_store.photos(connection, person)
        for number, content in photos:
            archive.writestr(f"photos/{number}.jpg", content)
        told = tuple(part for part in parts if part.rows)
        archive.writestr("index.html", page(person, told, len(photos), at))
    return told


async def _table(
    archive: zipfile.ZipFile, connection: Connection, holding: Holding, person: Subject
) -> Part:
    file, lines = f"tables/{holding.table}.csv", 0
    async with person_store.rows_out(connection, holding, person) as rows:
        with archive.open(file, "w", force_zip64=True) as out:
            async for some in rows:
                lines += 1  # PostgreSQL sends one row at a time, the head line first
                out.write(some)
    return Part(title=holding.title, file=file, rows=max(0, lines - 1))


def page(person: Subject, parts: tuple[Part, ...], photos: int, at: datetime) -> str:
    """Return the page that explains the archive.

    Examples
    --------
    >>> from core.model.ids import HomeId, ResidentId
    >>> from core.model.subject import Subject
    >>> where = {"home_id": HomeId("a1"), "organisation_id": "a", "alone": True}
    >>> ada = Subject(resident_id=ResidentId(1), name="A<da", **where)
    >>> text = page(ada, (Part(title="Alerts", file="tables/alert.csv", rows=2),), 0, datetime(2026, 3, 1))
    >>> "A&lt;da" in text, '<a href="tables/alert.csv">Alerts</a></td><td>2' in text
    (True, True)
    """
    rows = "".join(
        f'<tr><td><a href="{part.file}">{html.escape(part.title)}</a></td><td>{part.rows}</td></tr>'
        for part in parts
    )
    kept = "".join(f"<dt>{html.escape(what)}</dt><dd>{html.escape(why)}</dd>" for what, why in KEPT)
    shared = (
        ""
        if person.alone
        else "<p>Somebody else lives in the same home, or did. What its rooms saw cannot be told apart,"
        " so it is not in this file. What is about you alone is.</p>"
    )
    seen = f"<p>{photos} photos are in the folder <code>photos</code>.</p>" if photos else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What Wayhome holds</title>'
        f"<style>{STYLE}</style><body><h1>What Wayhome holds about {html.escape(person.name)}</h1>"
        f"<p>Written {at:%d %B %Y, %H:%M} UTC. Each line below is a table; a spreadsheet opens it. Times are"
        f" in UTC.</p>{shared}{seen}<table><thead><tr><th>What</th><th>Rows</th></tr></thead><tbody>{rows}"
        "</tbody></table><h2>Who looked</h2><p>Every look at your pages is written down. Ask for the page"
        " <em>Who looked</em>.</p><h2>What is not in this file</h2><p>Passwords and keys, which are kept in a"
        " form that nobody can read, and the memory of the detectors, which is worked out from the tables"
        f" here.</p><h2>If you ask for it to be erased, this stays</h2><dl>{kept}</dl></body></html>"
    )
