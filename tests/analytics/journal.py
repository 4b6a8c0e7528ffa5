"""Keep every step of the engine's journal, and run it again without any interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from analytics.engine import Engine
from analytics.recovery import recover, replay_step
from core.model.observation import LogPosition
from core.model.said import facts
from core.store import registry
from core.store.engine import EngineStep
from core.store.pool import connect, open_pool

if TYPE_CHECKING:
    from core.model.finding import Finding
    from tests.servers.databases import Database

COLUMNS = (
    "home_id, resident_id, detector, subject, severity, audience, phase, onset, noticed_at, what,"
    " unusual, once_in_days, ruled_out, advice, evidence"
)


def keep_every_step(database: Database) -> None:
    """Copy each step that is written into a table that nobody prunes."""
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(
            "create table kept_step (like engine_step including all);"
            "create function keep_step() returns trigger language plpgsql security definer"
            " as 'begin insert into kept_step values (new.*); return new; end';"
            "create trigger keep_step after insert on engine_step"
            " for each row execute function keep_step()"
        )


async def uninterrupted(
    database: Database, tick_s: float
) -> tuple[list[tuple[Any, ...]], dict[str, bytes]]:
    """Run the kept journal over the log from the beginning; return the findings and the states."""
    engine = Engine(None, tick_s)
    found: list[Finding] = []
    async with connect(database.url) as connection:
        engine.register(await registry.households(connection), 0)
        cursor = await connection.execute(
            "select step, txid::text::bigint, sequence, tick_at, inputs from kept_step order by step"
        )
        rows = await cursor.fetchall()
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        end = LogPosition()
        for row in rows:
            step = EngineStep(
                step=row[0],
                end=LogPosition(transaction=row[1], sequence=row[2]),
                tick_at=row[3],
                inputs=row[4],
            )
            noticed = await replay_step(connection, engine, end, step)
            assert not noticed.failures
            found += noticed.findings
            end = step.end
    states = {str(home_id): home.snapshot() for home_id, home in engine.homes.items()}
    return [as_row(one) for one in found], states


def recorded(database: Database) -> list[tuple[Any, ...]]:
    """Return the findings in the table, in the order in which they were noticed."""
    with psycopg.connect(database.url, autocommit=True) as owner:
        query = f"select {COLUMNS} from finding order by finding_id"
        return [
            (*row[:12], tuple(row[12]), row[13], [tuple(fact.items()) for fact in row[14]])
            for row in owner.execute(query.encode()).fetchall()
        ]


async def brought_back(database: Database, tick_s: float) -> dict[str, bytes]:
    """Start from what was saved and return the states by home, as the next process would have them."""
    async with open_pool(database.url_as("wayhome_analytics")) as pool:
        recovered = await recover(pool, 0, 1, tick_s=tick_s)
    return {str(home_id): home.snapshot() for home_id, home in recovered.engine.homes.items()}


def saved_states(database: Database) -> dict[str, bytes]:
    """Return the snapshots in the table by home."""
    with psycopg.connect(database.url, autocommit=True) as owner:
        rows = owner.execute("select home_id, state from engine_snapshot").fetchall()
        return {row[0]: bytes(row[1]) for row in rows}


def as_row(one: Finding) -> tuple[Any, ...]:
    """Return a finding as `recorded` does."""
    return (
        one.home_id,
        one.resident_id,
        one.detector,
        one.subject,
        one.severity.value,
        one.audience.value,
        one.phase.value,
        one.onset,
        one.noticed_at,
        one.what,
        one.unusual,
        one.once_in_days,
        one.ruled_out,
        one.advice,
        [
            (
                ("at", None if fact.at is None else fact.at.isoformat()),
                *((("said", said),) if (said := facts(fact.text)) else ()),
                ("text", fact.text),
                ("device_id", fact.device_id),
            )
            for fact in one.evidence
        ],
    )
