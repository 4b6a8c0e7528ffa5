"""Write one word into every column about a home that takes it, whatever table it is in."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from core.store.holdings import HOLDINGS

_MARKS = {
    "text": "%(mark)s",
    "jsonb": "jsonb_build_object('said', %(mark)s::text)",
    "bytea": "convert_to(%(mark)s, 'UTF8')",
    "ARRAY": "array[%(mark)s]",
}
_COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = %s and data_type in ('text', 'jsonb', 'bytea', 'ARRAY')
    and column_name not like '%%\\_id' and column_name not in ('login', 'topic', 'zone')
"""
"""Not what leads to the person (the mark would hide the row from the erasure), nor what must name a zone."""


def mark(connection: psycopg.Connection[Any], home: str, word: str) -> set[tuple[str, str]]:
    """Mark what is about ``home``; return table and column of each mark that was taken."""
    marked = set()
    for holding in HOLDINGS:
        where = sql.SQL(holding.where).format(
            who=sql.SQL("home_id = {}").format(sql.Literal(home)), home=sql.Literal(home)
        )
        for column, kind in connection.execute(_COLUMNS, (holding.table,)).fetchall():
            query = sql.SQL("update {} set {} = {} where {}").format(
                sql.Identifier(holding.table),
                sql.Identifier(column),
                sql.SQL(_MARKS[kind]),
                where,
            )
            try:
                with connection.transaction():
                    if connection.execute(query, {"mark": word}).rowcount:
                        marked.add((holding.table, column))
            except psycopg.Error:  # a column of few words, of numbers, of a key
                continue
    return marked
