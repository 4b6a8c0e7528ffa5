"""Homes of one organisation that cannot be seen since the same minutes, and the alert about all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

from psycopg.types.json import Jsonb

from core.model.finding import Audience
from core.model.ids import HomeId, OrganisationId
from core.model.playbook import HOME, LIVENESS, OUTAGE
from core.model.said import facts
from core.store.alert import StoredAlert, stored_alert
from core.store.pool import Connection, named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import AlertId

_LOCK = 0x57414F55


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What is open of an organisation's homes that became unseen of late."""

    organisation_id: OrganisationId
    #: Homes that still cannot be seen.
    homes: int
    #: Whether that is urgent in one of them.
    urgent: bool
    #: Since when the first cannot be seen; None where all can.
    since: datetime | None
    #: One that is watched: what concerns many is told there.
    home_id: HomeId
    #: The alert about all of them, as long as it is not resolved.
    alert: StoredAlert | None

    @property
    def told(self) -> bool:
        """Whether an alert about all of them stands, and its cause does."""
        return self.alert is not None and self.alert.alert.cleared_at is None


async def organisations_of(
    connection: Connection, homes: Sequence[HomeId]
) -> dict[HomeId, OrganisationId]:
    """Return the organisation of each of these homes; one that is gone is left out."""
    rows = await named_rows(
        connection,
        "select home_id, organisation_id from home where home_id = any(%(homes)s)",
        {"homes": list(homes)},
    )
    return {HomeId(row["home_id"]): OrganisationId(row["organisation_id"]) for row in rows}


async def told_of(connection: Connection) -> list[OrganisationId]:
    """Return the organisations in which an alert about many homes is not resolved."""
    rows = await named_rows(
        connection,
        "select distinct h.organisation_id from alert a join home h using (home_id)"
        " where a.state <> 'resolved' and a.detector = %(outage)s order by 1",
        {"outage": OUTAGE},
    )
    return [OrganisationId(row["organisation_id"]) for row in rows]


async def only_one(connection: Connection, organisation_id: OrganisationId) -> None:
    """Let nobody else begin to tell of an organisation's homes until this transaction ends."""
    await connection.execute(
        "select pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK, organisation_id)
    )


async def blind_homes(
    connection: Connection, organisation_id: OrganisationId, now: datetime, within: timedelta
) -> Blind:
    """Return how it stands with the homes of an organisation.

    Parameters
    ----------
    within
        How long before now, or before the alert about all of them was opened, a home counts.
    """
    known = await named_rows(
        connection,
        "select a.* from alert a join home h using (home_id) where a.state <> 'resolved'"
        " and a.detector = %(outage)s and h.organisation_id = %(organisation)s"
        " order by a.alert_id desc limit 1",
        {"outage": OUTAGE, "organisation": organisation_id},
    )
    alert = stored_alert(known[0]) if known else None
    stands = alert is not None and alert.alert.cleared_at is None
    began = alert.alert.opened_at if alert is not None and stands else now
    (row,) = await named_rows(
        connection,
        _BLIND,
        {
            "liveness": LIVENESS,
            "home": HOME,
            "operators": Audience.OPERATORS.value,
            "organisation": organisation_id,
            "since": began - within,
        },
    )
    return Blind(
        organisation_id=organisation_id,
        homes=row["homes"],
        urgent=row["urgent"],
        since=row["since"],
        home_id=HomeId(row["place"]),
        alert=alert,
    )


async def say_anew(connection: Connection, alert_id: AlertId, what: str) -> None:
    """Let an alert say how many homes it is by now."""
    await connection.execute(
        "update alert set what = %s, said = jsonb_set(said, '{what}', %s) where alert_id = %s",
        (str(what), Jsonb(facts(what)), alert_id),
    )


_BLIND: LiteralString = (
    "select count(*) as homes, coalesce(bool_or(a.severity = 'urgent'), false) as urgent,"
    " min(a.onset) as since, coalesce((select min(l.home_id) from home l"
    "  where l.organisation_id = %(organisation)s and l.mode = 'live'), min(a.home_id), '') as place"
    " from alert a join home h using (home_id) where a.state <> 'resolved' and not a.silent"
    " and a.cleared_at is null and a.detector = %(liveness)s and a.subject = %(home)s"
    " and a.audience = %(operators)s and a.severity <> 'notice' and h.organisation_id = %(organisation)s"
    " and (a.opened_at >= %(since)s or a.policy ? 'gathered')"
)
