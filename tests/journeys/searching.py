"""Look for words in everything that a running system holds: all tables of all schemas, all files."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RELATIONS = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%'
order by 1, 2
"""
"""Tables of ours, of extensions (chunks of TimescaleDB, compressed ones too), and of PostgreSQL itself: its
statistics hold values of columns, and its large objects are rows."""


def spellings(words: Iterable[str]) -> list[str]:
    """Return how a word may be written: as it is, as bytes in hexadecimal, escaped for JSON."""
    found = []
    for word in words:
        found += [word, word.encode().hex(), word.encode("unicode_escape").decode()]
    return list(dict.fromkeys(found))


def in_tables(url: str, words: Sequence[str]) -> set[tuple[str, str]]:
    """Return table and word wherever a row of the database holds one, in any column."""
    pattern = "|".join(re.escape(one) for one in spellings(words))
    found = set()
    with psycopg.connect(url, autocommit=True) as connection:
        for schema, table in connection.execute(RELATIONS).fetchall():
            query = sql.SQL("select t::text from {} t where t::text ~* %s").format(
                sql.Identifier(schema, table)
            )
            for (row,) in connection.execute(query, (pattern,)):
                said = re.findall(pattern, row, re.IGNORECASE)
                found |= {(f"{schema}.{table}", word.lower()) for word in said}
    return found


def in_files(paths: Iterable[Path], words: Sequence[str]) -> set[tuple[str, str]]:
    """Return file and word wherever the bytes of a file hold one, or its name does."""
    wanted = [one.encode().lower() for one in spellings(words)]
    found = set()
    for path in paths:
        said = str(path).encode()
        with suppress(OSError):  # a socket, or a file that went meanwhile
            said += b"\n" + path.read_bytes()
        said = said.lower()  # in one go: a pattern takes ten times as long for what servers keep
        found |= {(str(path), one.decode(errors="replace")) for one in wanted if one in said}
    return found


def files_below(folder: Path, but: Sequence[Path] = ()) -> Iterator[Path]:
    """Yield every file of a folder that is not below one of those."""
    for place, _, names in os.walk(folder):  # unlike rglob, at ease with folders that go meanwhile
        for path in sorted(Path(place, name) for name in names):
            if path.is_file() and not any(path.is_relative_to(one) for one in but):
                yield path
