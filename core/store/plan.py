"""Escalation policies that people have written down. The dashboard writes, the alerting service reads."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from core.model import plan as plans
from core.model.finding import Severity
from core.model.home import Animal, Home, HomeMode
from core.model.ids import CarerId, HomeId, OrganisationId
from core.store.pool import named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.plan import Plan, Policy
    from core.store.account import Visitor
    from core.store.pool import Connection

log = logging.getLogger("wayhome.store")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicies:
    """What is written down for a home, severity by severity."""

    of_home: dict[Severity, Policy] = field(default_factory=dict)
    of_organisation: dict[Severity, Policy] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """True when something is."""
        return bool(self.of_home or self.of_organisation)

    def plan(self) -> Plan:
        """Return what holds for the home."""
        return plans.resolve(self.of_home, self.of_organisation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A person of an organisation, as those who plan see them. The name is personal: never in logs."""

    carer_id: CarerId
    name: str
    role: str
    disabled_at: datetime | None
    #: Place in the order of telling of the home asked for; None when not of its circle.
    order: int | None
    #: Names of the channels that reach them away from the page.
    channels: tuple[str, ...]

    @property
    def sees_all(self) -> bool:
        """True for those who see every home of the organisation and are told of residents."""
        return self.role in {"care_worker", "organisation_admin"}

    @property
    def may_be_told(self) -> bool:
        """True for those who are told of the residents of the home asked for."""
        return self.sees_all or (self.role == "family_carer" and self.order is not None)


async def policies_of(connection: Connection, home_id: HomeId) -> StoredPolicies:
    """Return what holds for a home; what can not be read counts as not written."""
    cursor = await connection.execute(
        "select home_id is not null, severity, policy from escalation_policy where home_id = %(home)s"
        " or home_id is null and organisation_id ="
        " (select organisation_id from home where home_id = %(home)s)",
        {"home": home_id},
    )
    return _stored(await cursor.fetchall())


async def policies_of_organisation(
    connection: Connection, organisation_id: OrganisationId
) -> StoredPolicies:
    """Return what holds for homes that have nothing of their own."""
    cursor = await connection.execute(
        "select false, severity, policy from escalation_policy"
        " where organisation_id = %s and home_id is null",
        (organisation_id,),
    )
    return _stored(await cursor.fetchall())


async def write_policy(
    connection: Connection,
    by: Visitor,
    home_id: HomeId | None,
    severity: Severity,
    policy: Policy,
    at: datetime,
) -> None:
    """Write a policy down; alerts that are open keep the one they opened with."""
    await connection.execute(
        "insert into escalation_policy (organisation_id, home_id, severity, policy, changed_by,"
        " changed_at) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (organisation_id, home_id, severity) do update set policy = excluded.policy,"
        " changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        (
            by.organisation_id,
            home_id,
            severity.value,
            Jsonb(plans.to_json(policy)),
            by.carer_id,
            at,
        ),
    )


async def drop_policy(connection: Connection, home_id: HomeId | None, severity: Severity) -> None:
    """Forget a policy: what stands above it holds again."""
    await connection.execute(
        "delete from escalation_policy where home_id is not distinct from %s and severity = %s",
        (home_id, severity.value),
    )


async def colleagues(
    connection: Connection, home_id: HomeId | None = None
) -> tuple[Colleague, ...]:
    """Return whom a plan may concern; see `colleagues_of`."""
    return (await colleagues_of(connection, [home_id]))[home_id]


async def colleagues_of(
    connection: Connection, wanted: Sequence[HomeId | None]
) -> dict[HomeId | None, tuple[Colleague, ...]]:
    """Return whom the plan of each home may concern, of its circle first, in the order of telling.

    Of families, and of those who live in homes, only who belongs to the circle or stands in the rota of that
    home or of the organisation: there are ten thousands of the others.

    Parameters
    ----------
    wanted
        Homes; None for the organisation.
    """
    homes = [one for one in wanted if one is not None]
    cursor = await connection.execute(_PLACES, {"homes": homes})
    places: dict[HomeId | None, dict[int, int | None]] = defaultdict(dict)
    for home, carer, place in await cursor.fetchall():
        places[home][carer] = place
    near = sorted({carer for found in places.values() for carer in found})
    people = await named_rows(connection, _COLLEAGUES, {"near": near})
    return {home: _ordered(people, places[None] | places[home]) for home in wanted}


def _ordered(
    people: Sequence[dict[str, Any]], places: dict[int, int | None]
) -> tuple[Colleague, ...]:
    found = [
        Colleague(
            carer_id=CarerId(one["carer_id"]),
            name=one["name"],
            role=one["role"],
            disabled_at=one["disabled_at"],
            order=places.get(one["carer_id"]) if one["role"] in _IN_CIRCLES else None,
            channels=tuple(one["channels"]),
        )
        for one in people
        if one["role"] not in _FAR or one["carer_id"] in places
    ]
    return tuple(sorted(found, key=lambda one: (one.order is None, one.order)))


_FAR = {"family_carer", "resident"}
_IN_CIRCLES = {"family_carer", "care_worker"}
_PLACES: LiteralString = (
    "select home_id, carer_id, max(place) from (select k.home_id, k.carer_id, k.telling_order as place"
    "  from care k where k.home_id = any(%(homes)s) union all"
    " select r.home_id, o.carer_id, null from rota r cross join lateral (select s.carer_id"
    "   from rota_shift s where s.rota_id = r.rota_id union all select v.carer_id from rota_cover v"
    "   where v.rota_id = r.rota_id) o where r.home_id is null or r.home_id = any(%(homes)s)) near"
    " group by home_id, carer_id"
)
# By roles and by number, so that an index finds them: of an organisation most are family.
_COLLEAGUES: LiteralString = (
    "with people as materialized (select c.carer_id, c.name, c.role, c.disabled_at from carer c"
    "  where c.role in ('care_worker', 'clinician', 'technician', 'organisation_admin', 'auditor')"
    "  or c.carer_id = any(%(near)s))"
    " select p.*, coalesce(a.channels, '{}') as channels from people p"
    # once for all: asked for each person it is called as often as there are people
    " left join (select carer_id, array_agg(channel order by channel) as channels"
    "  from channels_of(array(select carer_id from people)) group by carer_id) a using (carer_id)"
    " order by p.name, p.carer_id"
)


async def homes_with_residents(
    connection: Connection, homes: Sequence[HomeId]
) -> dict[HomeId, tuple[Home, tuple[str, ...]]]:
    """Return these homes and the names of who lives there, as far as they may be seen."""
    rows = await named_rows(
        connection,
        "select home_id, organisation_id, name, zone, mode, animal, array(select r.name from resident r"
        "  where r.home_id = home.home_id and r.left_at is null order by r.resident_id) as residents"
        " from home where home_id = any(%(homes)s)",
        {"homes": list(homes)},
    )
    found = {}
    for row in rows:
        residents = tuple(row.pop("residents"))
        told = {"mode": HomeMode(row["mode"]), "animal": Animal(row["animal"])}
        home = Home(**(row | told | {"zone": ZoneInfo(row["zone"])}))
        found[home.home_id] = (home, residents)
    return found


async def homes_first_for(
    connection: Connection, carer_id: CarerId, homes: Sequence[HomeId]
) -> frozenset[HomeId]:
    """Return those of these homes for which this family carer is told first."""
    cursor = await connection.execute(
        "select k.home_id from care k join home using (home_id) where k.carer_id = %(carer)s"
        " and k.home_id = any(%(homes)s)"
        " and mode <> 'archive' and not exists (select 1 from care o join carer c using (carer_id)"
        "  where o.home_id = k.home_id and o.telling_order < k.telling_order"
        "  and c.disabled_at is null and c.role in ('family_carer', 'care_worker'))",
        {"carer": carer_id, "homes": list(homes)},
    )
    return frozenset(HomeId(row[0]) for row in await cursor.fetchall())


def _stored(rows: list[tuple[bool, str, dict[str, object]]]) -> StoredPolicies:
    stored = StoredPolicies()
    for own, severity, body in rows:
        try:
            policy = plans.from_json(body)
        except (ValueError, KeyError, TypeError):
            log.exception("policy", extra={"action": "policy_unread", "severity": severity})
            continue
        (stored.of_home if own else stored.of_organisation)[Severity(severity)] = policy
    return stored
