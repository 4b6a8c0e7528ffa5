"""Who may plan for what, and all that a page about a plan or a rota needs to know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import HTTPException

from core.model.finding import Severity
from core.model.plan_check import WEB, PlanPerson, Surroundings
from core.store import plan as store
from core.store import rota as rota_store
from core.store import timeline
from core.store.account import CarerRole
from dashboard import wording
from dashboard.language import _
from dashboard.visit import NotYours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.home import Home
    from core.model.ids import CarerId, HomeId
    from core.model.plan import Plan
    from core.model.rota import Rota
    from core.store.pool import Connection
    from dashboard.visit import Visit

UTC = ZoneInfo("UTC")
ORDER = (Severity.URGENT, Severity.CHECK, Severity.NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a plan or a rota is for: one home, or the whole organisation."""

    #: None for the organisation.
    home: Home | None
    zone: ZoneInfo
    #: Whom a plan may concern: staff, the circle of the home, and who stands in its rota.
    people: tuple[store.Colleague, ...]
    #: True where this person may change it.
    may_change: bool
    #: Who lives in the home; nobody for the organisation.
    residents: tuple[str, ...] = ()

    @property
    def home_id(self) -> HomeId | None:
        """Id of the home; None for the organisation."""
        return self.home.home_id if self.home else None

    @property
    def path(self) -> str:
        """The part of an address that says what it is for."""
        return f"homes/{self.home.home_id}" if self.home else "organisation"

    @property
    def title(self) -> str:
        """What it is for, for people."""
        if self.home is None:
            return _("The whole organisation")
        return ", ".join(one for one in (wording.names(self.residents), self.home.name) if one)

    @property
    def names(self) -> dict[CarerId, str]:
        """Everybody's name."""
        return {one.carer_id: one.name for one in self.people}

    @property
    def on_call_people(self) -> tuple[store.Colleague, ...]:
        """Those who may be on call: they can open every alert that it would ring them for."""
        return tuple(
            one
            for one in self.people
            if one.disabled_at is None and (one.may_be_told if self.home else one.sees_all)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A plan as it holds, and where each part of it comes from."""

    scope: Scope
    stored: store.StoredPolicies
    rota: Rota | None

    @property
    def plan(self) -> Plan:
        """What holds."""
        return self.stored.plan()

    def is_own(self, severity: Severity) -> bool:
        """Tell whether this home or organisation has something of its own for a severity."""
        own = self.stored.of_home if self.scope.home else self.stored.of_organisation
        return severity in own

    def surroundings(self) -> Surroundings:
        """Return what a policy is checked against."""
        home = self.scope.home is not None
        people = {
            one.carer_id: PlanPerson(
                carer_id=one.carer_id,
                order=one.order,
                channels=one.channels,
                here=one.disabled_at is None,
                may_see=one.may_be_told if home else one.sees_all,
            )
            for one in self.scope.people
            if one.may_be_told or one.role == CarerRole.FAMILY_CARER
        }
        here = {one.carer_id for one in self.scope.on_call_people}
        return Surroundings(
            people=people,
            one_home=home,
            on_rota=sorted(self.rota.people & here) if self.rota else (),
            channels=frozenset({WEB}.union(*(one.channels for one in self.scope.people))),
        )


async def scope_of(visiting: Visit, connection: Connection, home_id: HomeId | None) -> Scope:
    """Return what a plan is for, as this person sees it.

    Raises
    ------
    HTTPException
        404 where there is no such home to see.
    """
    return (await scopes_of(visiting, connection, [home_id]))[home_id]


async def scopes_of(
    visiting: Visit, connection: Connection, wanted: Sequence[HomeId | None]
) -> dict[HomeId | None, Scope]:
    """Return what plans are for, as `scope_of`: asked for all of them at once.

    Parameters
    ----------
    wanted
        Homes; None for the organisation.

    Raises
    ------
    HTTPException
        404 where there is no such home to see, and for family that asks for the organisation.
    """
    role, me = visiting.visitor.role, visiting.visitor.carer_id
    family = role is CarerRole.FAMILY_CARER
    if not wanted:
        return {}
    if family and None in wanted:
        raise HTTPException(404)
    homes = [one for one in wanted if one is not None]
    known = await store.homes_with_residents(connection, homes)
    if set(homes) - set(known):
        raise HTTPException(404)
    people = await store.colleagues_of(connection, wanted)
    leads = await store.homes_first_for(connection, me, homes) if family and homes else frozenset()
    zone = await timeline.first_zone(connection) if None in wanted else UTC
    found: dict[HomeId | None, Scope] = {}
    for one in wanted:
        home, residents = known[one] if one is not None else (None, ())
        found[one] = Scope(
            home=home,
            zone=home.zone if home else zone,
            people=people[one],
            may_change=role is CarerRole.ORGANISATION_ADMIN or one in leads,
            residents=residents,
        )
    return found


async def written_for(visiting: Visit, connection: Connection, scope: Scope) -> Written:
    """Return the plan that holds for a home or an organisation."""
    if scope.home is None:
        organisation = visiting.visitor.organisation_id
        stored = await store.policies_of_organisation(connection, organisation)
        rotas = await rota_store.rotas_of(connection, organisation, visiting.now, limit=1)
        rota = next((one for one in rotas if one.home_id is None), None)
    else:
        stored = await store.policies_of(connection, scope.home.home_id)
        rota = await rota_store.rota_for(connection, scope.home.home_id, visiting.now)
    return Written(scope=scope, stored=stored, rota=rota)


def must_change(scope: Scope) -> None:
    """Let only those go on who may change it.

    Raises
    ------
    HTTPException
        403 for everybody else.
    """
    if not scope.may_change:
        raise NotYours
