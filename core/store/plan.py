"""Escalation policies that people have written down. The dashboard writes, the alerting service reads."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from core.model import plan as plans
from core.model.finding import Severity
from core.model.ids import CarerId, HomeId, OrganisationId

if TYPE_CHECKING:
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
    """Return whom a plan may concern, those of the home's circle first, in the order of telling.

    Of the families of other homes only who stands in a rota: there are ten thousands of them.
    """
    cursor = await connection.execute(
        "select c.carer_id, c.name, c.role, c.disabled_at, k.telling_order, coalesce(a.channels, '{}')"
        " from carer c left join care k on k.carer_id = c.carer_id and k.home_id = %s"
        " and c.role in ('family_carer', 'care_worker')"
        # once for all: asked for each person it is read as often as the organisation has people
        " left join (select carer_id, array_agg(channel order by channel) as channels"
        "  from channels_of_carers() group by carer_id) a on a.carer_id = c.carer_id"
        " where c.role <> 'family_carer' or k.carer_id is not null"
        " or c.carer_id in (select s.carer_id from rota_shift s union select v.carer_id from rota_cover v)"
        " order by k.telling_order nulls last, c.name, c.carer_id",
        (home_id,),
    )
    return tuple(
        Colleague(
            carer_id=CarerId(carer_id),
            name=name,
            role=role,
            disabled_at=disabled_at,
            order=order,
            channels=tuple(channels),
        )
        for carer_id, name, role, disabled_at, order, channels in await cursor.fetchall()
    )


async def homes_first_for(connection: Connection, carer_id: CarerId) -> tuple[HomeId, ...]:
    """Return the homes for which this family carer is told first."""
    cursor = await connection.execute(
        "select k.home_id from care k join home using (home_id) where k.carer_id = %(carer)s"
        " and mode <> 'archive' and not exists (select 1 from care o join carer c using (carer_id)"
        "  where o.home_id = k.home_id and o.telling_order < k.telling_order"
        "  and c.disabled_at is null and c.role in ('family_carer', 'care_worker'))"
        " order by k.home_id",
        {"carer": carer_id},
    )
    return tuple(HomeId(row[0]) for row in await cursor.fetchall())


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
