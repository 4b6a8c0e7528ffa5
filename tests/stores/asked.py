"""What code asks of a database, and how many rows are read for it: by that a cost that grows is pinned."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.store.pool import Connection

Asked = list[tuple[Any, Any]]
PLANNED = re.compile(r"\s*(select|with|insert|update|delete)\b", re.IGNORECASE)


@contextmanager
def listening(connection: Connection) -> Iterator[Asked]:
    """Note each statement that goes over a connection within the block, with its values."""
    asked: Asked = []

    class Listening(psycopg.AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            asked.append((query, params))
            return await super().execute(query, params, **more)

    before, connection.cursor_factory = connection.cursor_factory, Listening
    try:
        yield asked
    finally:
        connection.cursor_factory = before


async def rows_read(connection: Connection, asked: Asked) -> Counter[str]:
    """Ask everything once more; return how many rows of each table the server went through for it.

    A function counts by its name with ``()``: how often it was called. ``joined`` is the largest number of
    rows that came out of a join.
    """
    read: Counter[str] = Counter()
    for query, params in asked:
        if PLANNED.match(query):
            cursor = await connection.execute("explain (analyze, format json) " + query, params)
            row = await cursor.fetchone()
            assert row is not None
            for node in _nodes(row[0][0]["Plan"]):
                if table := node.get("Relation Name"):
                    found = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                    read[table] += round(found * node["Actual Loops"])
                if "Join" in node["Node Type"] or node["Node Type"] == "Nested Loop":
                    out = round(node["Actual Rows"] * node["Actual Loops"])
                    read["joined"] = max(read["joined"], out)
                if function := node.get("Function Name"):
                    read[f"{function}()"] += node["Actual Loops"]
    return read


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
