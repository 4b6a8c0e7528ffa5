"""How the database goes about what a clinician's pages read: by which index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from core.model.finding import Audience
from core.store.noted import WantedFindings, _finding_conditions
from core.store.page import Sight

if TYPE_CHECKING:
    from datetime import datetime

DAYS = (
    "select day, seen, active, facts::text from day_count"
    " where home_id = %(home)s and day between %(first)s and %(last)s order by day"
)
SIGNS = (
    "select observed_at, device_id, quantity, value from observation where device_id ="
    " (select min(device_id) from device where home_id = %(home)s)"
    " and observed_at >= %(first)s and observed_at < %(last)s"
)
FIXES = (
    "select observed_at, latitude, longitude from position where device_id = any(array(select device_id"
    " from device where home_id = %(home)s)) and observed_at >= %(first)s and observed_at < %(last)s"
)


def plans(url: str, home: str, now: datetime) -> dict[str, list[str]]:
    """Return how each of three tables is scanned, as the dashboard's role: the scans and their indexes."""
    values = {"home": home, "first": now - timedelta(days=28), "last": now}
    with psycopg.connect(url) as connection:
        _act(connection, home)
        return {
            name: sorted(set(_scans(connection, query, values, name)))
            for name, query in (("day_count", DAYS), ("observation", SIGNS), ("position", FIXES))
        }


def going_plan(url: str, home: str) -> list[str]:
    """Return how the first page of all active Flags of an organisation finds its findings."""
    sight = Sight(audiences=(Audience.CARERS,), silent=False)
    text, values = _finding_conditions(WantedFindings(active=True), sight)
    query = "explain (format json) select f.*" + text + " order by f.finding_id limit 51"
    with psycopg.connect(url) as connection:
        _act(connection, home)
        ((plan,),) = connection.execute(query.encode(), values).fetchall()
    scans = [
        str(node.get("Index Name", node["Node Type"]))
        for node in _nodes(plan[0]["Plan"])
        if node.get("Alias") == "f" or node.get("Index Name") == "finding_going"
    ]
    return sorted(set(scans) - {"Bitmap Heap Scan"})


def _act(connection: psycopg.Connection[Any], home: str) -> None:
    connection.execute(
        "select set_config('wayhome.organisation', organisation_id, true),"
        " set_config('wayhome.scope', 'organisation', true) from home where home_id = %s",
        (home,),
    )
    connection.execute("set local role wayhome_dashboard")


def _scans(
    connection: psycopg.Connection[Any], query: str, values: dict[str, Any], name: str
) -> list[str]:
    ((plan,),) = connection.execute(f"explain (format json) {query}".encode(), values).fetchall()
    return [
        f"{node['Node Type']} {node.get('Index Name', '')}".strip()
        for node in _nodes(plan[0]["Plan"])
        if name in node.get("Index Name", "")
        or (node["Node Type"] == "Seq Scan" and _is_chunk_of(node["Relation Name"], name))
    ]


def _is_chunk_of(relation: str, name: str) -> bool:
    return relation == name or (relation.startswith("_hyper") and name != "day_count")


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(one for part in plan.get("Plans", ()) for one in _nodes(part))]
