"""The plan, as people read and change it without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from core.model import plan as plans
from core.model.plan import Policy, Step
from dashboard.language import accented
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


def stored(town: Town, severity: str = "urgent") -> Policy | None:
    found = town.execute(
        "select policy from escalation_policy where severity = %s and home_id = 'ada'", severity
    )
    return plans.from_json(found[0][0]) if found else None


async def test_the_plan_stands_there_in_plain_sentences(visitors: Visitors, circle: Town) -> None:
    text = plain(await (await visitors.of("ben")).text("/plan/homes/ada"))
    for sentence in (
        "At once: Ben Carter.",
        "After 3 minutes: Mia Stone.",
        "After 6 minutes: everybody, again every 5 minutes until somebody answers.",
        "After 15 minutes also whoever is on call for the organisation.",
        "At once: everybody, on the page only.",
        "Nobody has changed this yet.",
    ):
        assert sentence in text
    assert circle.number("select count(*) from access_record where page = 'plan'") == 1


async def test_the_first_in_the_order_changes_the_plan_of_the_own_home(
    visitors: Visitors, circle: Town
) -> None:
    ben = await visitors.of("ben")
    text = await ben.text("/plan/homes/ada/urgent")
    assert '<option value="place-1" selected>1: Ben Carter</option>' in text
    answer = await ben.send(
        "/plan/homes/ada/urgent",
        who1=f"carer-{circle.carers['mia']}",
        after1="",
        by1="ntfy",
        who2="everybody",
        after2="4",
        by2="",
        repeat="2",
        fallback="",
    )
    assert answer.status_code == 303
    assert stored(circle) == Policy(
        steps=(
            Step(after_s=0, carers=(circle.carers["mia"],), channels=("ntfy",)),  # type: ignore[arg-type]
            Step(after_s=240),
        ),
        repeat_s=120,
    )
    text = plain(await ben.text("/plan/homes/ada"))
    assert "At once: Mia Stone, by push only. After 4 minutes: everybody" in text
    assert "Written down for this home." in text
    assert (await ben.send("/plan/homes/ada/urgent", drop="1")).status_code == 303
    assert stored(circle) is None


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({}, "who1", "Choose whom to tell first."),
        ({"who1": "nobody"}, "who1", "Choose somebody from the list."),
        ({"who1": "carer-99999"}, "who1", "This person is not known here."),
        ({"who1": "place-1", "after1": "soon"}, "after1", "Give whole minutes, 0 to 1440."),
        (
            {"who1": "place-1", "after1": "9", "who2": "everybody", "after2": "3"},
            "after2",
            "before",
        ),
        ({"who1": "place-1", "who2": "place-9"}, "who2", "Tell number 8 in the order"),
        ({"who1": "place-1", "who3": "on-call"}, "who3", "The rota has no shifts"),
        ({"who1": "place-1", "who2": "place-2", "by2": "sms"}, "who2", "no way called sms"),
        ({"who1": "place-1", "repeat": ""}, "repeat", "until somebody answers"),
        ({"who1": "everybody", "by1": "web"}, "who1", "no way to be woken|Nobody of this step"),
    ],
)
async def test_a_plan_that_reaches_nobody_is_refused_at_its_field(
    visitors: Visitors, circle: Town, fields: dict[str, str], field: str, text: str
) -> None:
    ben = await visitors.of("ben")
    answer = await ben.send("/plan/homes/ada/urgent", **{"repeat": "5", **fields})
    assert answer.status_code == 400
    found = re.search(rf'id="{field}-mistake">([^<]*)<', answer.text)
    assert found, answer.text
    assert re.search(text, found[1])
    assert f'<a href="#{field}">' in answer.text
    assert stored(circle) is None
    for name, value in fields.items():
        assert f'value="{value}"' in answer.text, f"what was typed in {name} is still there"


async def test_somebody_who_has_left_is_refused_and_named_as_such(
    visitors: Visitors, circle: Town
) -> None:
    mia = circle.carers["mia"]
    circle.execute("update carer set disabled_at = now() where carer_id = %s", mia)
    ben = await visitors.of("ben")
    answer = await ben.send(
        "/plan/homes/ada/check", who1="place-1", who2=f"carer-{mia}", repeat="5"
    )
    assert answer.status_code == 400
    assert "This person has left." in answer.text
    assert "Somebody who cannot be told any more" in answer.text


async def test_who_may_change_what(visitors: Visitors, circle: Town) -> None:
    fields = {"who1": "everybody", "repeat": "5"}
    for login, home, whole in (
        ("mia", 403, 404),
        ("worker", 403, 403),
        ("admin", 303, 303),
        ("clinician", 404, 404),
        ("technician", 404, 404),
        ("stranger", 404, 303),
    ):
        browser = await visitors.of(login)
        answer = await browser.send("/plan/homes/ada/check", **fields)
        assert answer.status_code == home, login
        answer = await browser.send("/plan/organisation/check", **fields)
        assert answer.status_code == (whole if login != "stranger" else 400), login
    ben = await visitors.of("ben")
    assert (await ben.send("/plan/homes/tom/check", **fields)).status_code == 404
    assert (await ben.send("/plan/homes/ada/loud", **fields)).status_code == 404
    rows = circle.execute("select organisation_id, home_id from escalation_policy order by 2")
    assert rows == [("leeds", "ada"), ("leeds", None)]


@pytest.mark.parametrize("language", ["en-GB", "en-XA"])
async def test_who_may_not_change_it_is_told_so_and_not_that_the_form_was_old(
    visitors: Visitors, circle: Town, language: str
) -> None:
    del circle
    mia = await visitors.of("mia")
    answer = await mia.get("/plan/homes/ada/check", **{"accept-language": language})
    assert answer.status_code == 403
    said = [
        part if language == "en-GB" else accented(part)
        for part in ("This is not yours to change", "Nothing was changed.")
    ]
    assert [part in answer.text for part in said] == [True, True]
    assert "too old" not in answer.text
    old = await mia.client.post("/plan/homes/ada/check", data={"csrf": "of another day"})
    assert "The form was too old" in old.text


async def test_a_carer_reads_the_plan_and_finds_nothing_to_press(
    visitors: Visitors, circle: Town
) -> None:
    text = await (await visitors.of("mia")).text("/plan")
    assert "At once: Ben Carter." in plain(text), "a family with one home sees its plan"
    assert ">Change<" not in text
    assert circle.execute("select * from escalation_policy") == []
    text = plain(await (await visitors.of("worker")).text("/plan"))
    assert "The whole organisation" in text
    assert "number 1 in the order of telling" in text


async def test_the_home_goes_by_the_plan_of_the_organisation_until_it_has_its_own(
    visitors: Visitors, circle: Town
) -> None:
    admin = await visitors.of("admin")
    await admin.send("/plan/organisation/check", who1="everybody", repeat="9")
    text = plain(await admin.text("/plan/homes/ada"))
    assert "At once: everybody, again every 9 minutes" in text
    assert "From the plan of the organisation." in text
    assert stored(circle, "check") is None
