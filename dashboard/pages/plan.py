"""The plan: whom Wayhome tells of what, when and how often, in sentences; and a form to change it."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from core.model.finding import Severity
from core.model.ids import HomeId
from core.model.plan_check import WEB, faults
from core.store import plan as store
from core.store import timeline
from core.store.account import CarerRole
from dashboard import plan_form, plan_words
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.planning import ORDER, Written, must_change, scope_of, written_for
from dashboard.quiet_words import quiet_note
from dashboard.roles import CARERS
from dashboard.visit import Form, Visit, Visiting, see_other

router = APIRouter()
PAGE = Page(
    router=router,
    roles=CARERS | {CarerRole.ORGANISATION_ADMIN},
    title=marked("Plan"),
    path="/plan",
    order=40,
)
log = logging.getLogger("wayhome.dashboard")

PER_PAGE = 30
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
PageNumber = Annotated[int, Query(ge=1, le=1000)]


@router.get("/plan")
async def plans(visiting: Visiting, page: PageNumber = 1) -> Response:
    """Show the plan of the organisation and lead to those of homes; a family with one home sees its own."""
    family = visiting.visitor.role is CarerRole.FAMILY_CARER
    async with visiting.acting() as connection:
        found, total = await timeline.glances(
            connection, limit=PER_PAGE, offset=PER_PAGE * (page - 1)
        )
        zone = await timeline.first_zone(connection)
        one_s_own = family and len(found) == total == 1
        if not one_s_own:
            await visiting.looked_at(connection, [one.home.home_id for one in found], "plans")
        whole = None
        if not family:
            scope = await scope_of(visiting, connection, None)
            whole = await written_for(visiting, connection, scope)
    last = last_page(total, PER_PAGE)
    if gone := beyond(PAGE.path, page, last):
        return gone
    if one_s_own:
        return await _show(visiting, found[0].home.home_id)
    return visiting.page(
        "plans.html",
        zone,
        here=PAGE.path,
        homes=found,
        whole=whole and (whole, _parts(whole)),
        page=page,
        last_page=last,
    )


@router.get("/plan/homes/{home_id}")
async def of_home(visiting: Visiting, home_id: Name) -> Response:
    """Show the plan of one home."""
    return await _show(visiting, HomeId(home_id))


@router.get("/plan/homes/{home_id}/{severity}")
async def edit_home(visiting: Visiting, home_id: Name, severity: Severity) -> Response:
    """Show the form for one home."""
    return await _form(visiting, HomeId(home_id), severity)


@router.get("/plan/organisation/{severity}")
async def edit_organisation(visiting: Visiting, severity: Severity) -> Response:
    """Show the form for the organisation."""
    return await _form(visiting, None, severity)


@router.post("/plan/homes/{home_id}/{severity}")
async def save_home(visiting: Visiting, home_id: Name, severity: Severity, form: Form) -> Response:
    """Take the form for one home."""
    return await _save(visiting, HomeId(home_id), severity, form)


@router.post("/plan/organisation/{severity}")
async def save_organisation(visiting: Visiting, severity: Severity, form: Form) -> Response:
    """Take the form for the organisation."""
    return await _save(visiting, None, severity, form)


async def _show(visiting: Visit, home_id: HomeId) -> Response:
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, home_id)
        written = await written_for(visiting, connection, scope)
        note = await quiet_note(connection, scope, visiting.now)
        await visiting.looked_at(connection, [home_id], "plan")
    return visiting.page(
        "plan.html",
        scope.zone,
        here=PAGE.path,
        written=written,
        parts_of=_parts(written),
        note=note,
    )


async def _form(visiting: Visit, home_id: HomeId | None, severity: Severity) -> Response:
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, home_id)
        must_change(scope)
        written = await written_for(visiting, connection, scope)
        await visiting.looked_at(connection, [home_id] if home_id else [], "plan")
    fields = plan_form.fields_of(written.plan.of(severity))
    return _edit(visiting, written, severity, fields, {})


async def _save(
    visiting: Visit, home_id: HomeId | None, severity: Severity, form: dict[str, str]
) -> Response:
    async with visiting.acting() as connection:
        scope = await scope_of(visiting, connection, home_id)
        must_change(scope)
        written = await written_for(visiting, connection, scope)
        await visiting.looked_at(connection, [home_id] if home_id else [], "plan")
    drop = bool(form.get("drop"))
    typed = plan_form.read_policy(form, severity)
    mistakes = {} if drop else _mistakes(typed, written, severity, form)
    if mistakes:
        return _edit(visiting, written, severity, form, mistakes, status=400)
    async with visiting.acting() as connection:
        if typed.policy is None or drop:
            await store.drop_policy(connection, home_id, severity)
        else:
            await store.write_policy(
                connection, visiting.visitor, home_id, severity, typed.policy, visiting.now
            )
    log.info(
        "plan changed",
        extra={
            "action": "plan_changed",
            "home": home_id,
            "severity": severity.value,
            "carer": visiting.visitor.carer_id,
            "dropped": drop,
        },
    )
    return see_other(f"/plan/homes/{home_id}" if home_id else "/plan")


def _mistakes(
    typed: plan_form.Typed, written: Written, severity: Severity, form: dict[str, str]
) -> dict[str, str]:
    """Return what is wrong with a form by field: how it is written, then whom it reaches."""
    mistakes = dict(typed.mistakes)
    if typed.policy is not None:
        for fault in faults(typed.policy, severity, written.surroundings()):
            mistakes.setdefault(plan_form.row_of(form, fault.step), plan_words.fault(fault))
    return mistakes


def _edit(
    visiting: Visit,
    written: Written,
    severity: Severity,
    fields: dict[str, str],
    mistakes: dict[str, str],
    status: int = 200,
) -> Response:
    return visiting.page(
        "plan_edit.html",
        written.scope.zone,
        here=PAGE.path,
        status=status,
        written=written,
        severity=severity,
        fields=fields,
        mistakes=mistakes,
        choices=_choices(written),
        ways=_ways(written),
        rows=range(1, plan_form.ROWS + 1),
    )


def _parts(written: Written) -> list[tuple[Severity, tuple[str, ...], bool]]:
    """Return the plan in sentences, severity by severity, and whether each part is its own."""
    home = written.scope.home is not None
    return [
        (
            one,
            plan_words.sentences(written.plan.of(one), written.scope.people, one_home=home),
            written.is_own(one),
        )
        for one in ORDER
    ]


def _choices(written: Written) -> list[tuple[str, str]]:
    """Return whom a step may tell: the word of the form, and what stands in the list."""
    scope, around = written.scope, written.surroundings()
    home = scope.home is not None
    places = len({one.order for one in scope.people if one.order is not None}) if home else 3
    found = [
        (f"place-{n}", f"{n}: {plan_words.place(n, scope.people, one_home=home)}")
        for n in range(1, places + 1)
    ]
    found += [("everybody", _("Everybody")), ("on-call", _("Whoever is on call"))]
    found += [
        (f"carer-{one.carer_id}", one.name)
        for one in scope.people
        if (person := around.people.get(one.carer_id)) and person.here and person.may_see
    ]
    return found


def _ways(written: Written) -> list[str]:
    """Return the channels that a step may be limited to, the page last."""
    return [*sorted(written.surroundings().channels - {WEB}), WEB]
