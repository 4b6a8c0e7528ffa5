"""When detection would speak next, as the pages show it. Written by analytics only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.model.finding import Severity
from core.model.forecast import Forecast
from core.model.ids import HomeId, ResidentId
from core.model.said import facts, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredForecast:
    """A forecast, and how things stood."""

    forecast: Forecast
    #: When it was made; what happened since is not in it.
    made_at: datetime


async def replace_forecasts(
    connection: Connection, found: Mapping[HomeId, Sequence[Forecast]], made_at: datetime
) -> None:
    """Let these forecasts stand for these homes, and no others.

    Parameters
    ----------
    found
        For each home that is to be changed all that stands from now on; none clears the home.
    """
    forecasts = [one for several in found.values() for one in several]
    await connection.execute("delete from forecast where home_id = any(%s)", (list(found),))
    await connection.execute(
        "insert into forecast (home_id, detector, resident_id, speaks_at, severity, what, said, made_at)"
        " select home_id, detector, resident_id, speaks_at, severity, what, said, %s from unnest("
        "%s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::jsonb[])"
        " as f(home_id, detector, resident_id, speaks_at, severity, what, said)"
        " where exists (select 1 from home h where h.home_id = f.home_id)",
        (
            made_at,
            [one.home_id for one in forecasts],
            [one.detector for one in forecasts],
            [one.resident_id for one in forecasts],
            [one.speaks_at for one in forecasts],
            [one.severity.value for one in forecasts],
            [str(one.what) for one in forecasts],
            [None if known is None else Jsonb(known) for known in map(_facts, forecasts)],
        ),
    )


async def forecasts_of(
    connection: Connection, home_id: HomeId, since: datetime
) -> tuple[StoredForecast, ...]:
    """Return what silence would bring in a home from then on, the next first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select * from forecast where home_id = %s and speaks_at > %s"
        " order by speaks_at, array_position(array['urgent', 'check', 'notice'], severity)",
        (home_id, since),
    )
    return tuple(
        StoredForecast(forecast=_forecast(row), made_at=row["made_at"])
        for row in await cursor.fetchall()
    )


def _forecast(row: Mapping[str, Any]) -> Forecast:
    resident = row["resident_id"]
    return Forecast(
        home_id=HomeId(row["home_id"]),
        resident_id=None if resident is None else ResidentId(resident),
        detector=row["detector"],
        speaks_at=row["speaks_at"],
        severity=Severity(row["severity"]),
        what=said(row["what"], row["said"]),
    )


def _facts(forecast: Forecast) -> dict[str, Any] | None:
    return facts(forecast.what)
