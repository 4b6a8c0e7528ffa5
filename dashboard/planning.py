"""Who may plan for what, and all that a page about a plan or a rota needs to know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import HTTPException

from core.model.finding import Severity
from core.model.plan_check import WEB, PlanPerson, Surroundings
from core.store import plan as store
from core.store import registry, timeline
from core.store import rota as rota_store
from core.store.account import CarerRole
from dashboard import wording
from dashboard.language import _
from dashboard.visit import NotYours

if TYPE_CHECKING:
    from core.model.home import Home
    from core.model.ids import CarerId, HomeId
    from core.model.plan import Plan
    from core.model.rota import Rota
    from core.store.pool import Connection
    from dashboard.visit import Visit

ORDER = (Severity.URGENT, Severity.CHECK, Severity.NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a plan or a rota is for: one home, or the whole organisation."""

    #: None for the organisation.
    home: Home | None
    zone: ZoneInfo
    #: Everybody of the organisation.
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
    role = visiting.visitor.role
    if home_id is None:
        if role is CarerRole.FAMILY_CARER:
            raise HTTPException(404)
        return Scope(
            home=None,
            zone=await timeline.first_zone(connection),
            people=await store.colleagues(connection),
            may_change=role is CarerRole.ORGANISATION_ADMIN,
        )
    household = await registry.household_of(connection, home_id)
    if household is None:
        raise HTTPException(404)
    first = await store.homes_first_for(connection, visiting.visitor.carer_id)
    leads = role is CarerRole.FAMILY_CARER and home_id in first
    return Scope(
        home=household.home,
        zone=household.home.zone,
        people=await store.colleagues(connection, home_id),
        may_change=role is CarerRole.ORGANISATION_ADMIN or leads,
        residents=tuple(one.name for one in household.residents),
    )


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
