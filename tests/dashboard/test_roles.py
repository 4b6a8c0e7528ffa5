"""The table of rights, page by page: a matrix that says who gets in where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.store.account import CarerRole
from dashboard.roles import MAY, NAMES, Right, having, may_answer, sight_of

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

LOGINS = {
    "resident": CarerRole.RESIDENT,
    "ben": CarerRole.FAMILY_CARER,
    "worker": CarerRole.CARE_WORKER,
    "clinician": CarerRole.CLINICIAN,
    "technician": CarerRole.TECHNICIAN,
    "admin": CarerRole.ORGANISATION_ADMIN,
    "auditor": CarerRole.AUDITOR,
}
MATRIX = {
    "/today":             "resident ben worker clinician admin",
    "/homes/ada":         "resident ben worker clinician admin",
    "/homes/ada/learning": "resident ben worker clinician admin",
    "/homes/ada/devices": "ben worker technician admin",
    "/homes/ada/animal":  "ben admin",
    "/homes/ada/away":    "resident ben worker clinician admin",
    "/homes/ada/visits":  "resident ben worker clinician technician admin",
    "/api/homes/ada/visits": "resident ben worker clinician technician admin",
    "/api/homes/ada/away": "resident ben worker clinician admin",
    "/homes/tom":         "worker clinician admin",
    "/homes/eve":         "",
    "/alerts":            "ben worker clinician technician admin",
    "/alerts/1":          "ben worker clinician admin",
    "/alerts/2":          "technician admin",
    "/system":            "technician admin",
    "/people":            "ben admin",
    "/looked":            "resident ben admin",
    "/watching":          "resident ben worker clinician admin",
    "/consent":           "clinician admin",
    "/consent/1":         "clinician admin",
    "/audit":             "auditor",
    "/audit.csv":         "auditor",
    "/me":                "resident ben worker clinician technician admin auditor",
}  # fmt: skip
"""Who gets in: everybody else is told that there is nothing here."""
MAY_ANSWER = {"ben", "worker", "technician", "admin"}


@pytest.mark.parametrize("login", LOGINS)
async def test_who_gets_in_where(visitors: Visitors, town: Town, login: str) -> None:
    town.alert()
    town.alert(audience="operators", detector="liveness", what="The hub is silent")
    browser = await visitors.of(login)
    got_in = {path for path in MATRIX if (await browser.client.get(path)).status_code == 200}
    assert got_in == {path for path, logins in MATRIX.items() if login in logins.split()}
    assert (await browser.get("/")).status_code == 200, "everybody has somewhere to begin"


@pytest.mark.parametrize("login", LOGINS)
async def test_who_may_answer(visitors: Visitors, town: Town, login: str) -> None:
    for audience in ("carers", "operators"):
        town.alert(audience=audience)
    browser = await visitors.of(login)
    answers = {(await browser.send(f"/alerts/{n}/acknowledge")).status_code for n in (1, 2)}
    assert (303 in answers) is (login in MAY_ANSWER)


def test_every_role_has_its_rights_its_name_and_nobody_has_all() -> None:
    assert set(MAY) == set(NAMES) == set(CarerRole) == set(LOGINS.values())
    assert all(rights and rights != set(Right) for rights in MAY.values())
    assert all(having(right) for right in Right), "a right that nobody has is none"


def test_an_auditor_may_read_the_record_and_nothing_else() -> None:
    assert MAY[CarerRole.AUDITOR] == {Right.AUDIT}
    assert having(Right.AUDIT) == {CarerRole.AUDITOR}


def test_only_who_repairs_sees_messages_as_they_came() -> None:
    assert having(Right.PAYLOADS) == {CarerRole.TECHNICIAN}


async def test_sight_follows_the_table(visitors: Visitors) -> None:
    for login, role in LOGINS.items():
        browser = await visitors.of(login)
        token = browser.client.cookies["wayhome_session"]
        visitor, _ = await visitors.site.entrance.visitor(token)
        assert visitor is not None
        assert visitor.role is role
        assert len(sight_of(visitor).audiences) == sum(
            right in MAY[role] for right in (Right.CARE_ALERTS, Right.REPAIR_ALERTS)
        )
        assert may_answer(visitor) is (login in MAY_ANSWER)
