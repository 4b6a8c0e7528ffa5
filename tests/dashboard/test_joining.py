"""Somebody who has a log-in already joins a further circle, by the administrator and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dashboard.test_people import invited, opened

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_a_colleague_joins_a_circle_and_is_told_last(visitors: Visitors, town: Town) -> None:
    town.execute(
        "insert into care (home_id, carer_id, telling_order) values ('tom', %s, 4)",
        town.carers["ben"],
    )
    admin = await visitors.of("admin")
    assert "Add somebody who is here already to" in await admin.text("/people")
    for _again in range(2):
        answer = await admin.send("/people/circles/tom/join", carer=str(town.carers["mia"]))
        assert answer.headers["location"] == "/people#circle-tom"
    assert town.execute(
        "select login, telling_order from care join carer using (carer_id)"
        " where home_id = 'tom' order by telling_order"
    ) == [("ben", 4), ("mia", 5)]
    assert (await (await visitors.of("mia")).get("/today/tom")).status_code == 200


@pytest.mark.parametrize(
    ("login", "home", "joiner", "status"),
    [
        ("ben", "ada", "worker", 403),
        ("technician", "tom", "worker", 404),
        ("admin", "eve", "mia", 404),
        ("admin", "tom", "stranger", 400),
        ("admin", "tom", "auditor", 400),
        ("stranger", "tom", "mia", 404),
    ],
)
async def test_nobody_else_is_added_and_by_nobody_else(
    visitors: Visitors, town: Town, login: str, home: str, joiner: str, status: int
) -> None:
    browser = await visitors.of(login)
    path = f"/people/circles/{home}/join"
    answer = await browser.send(path, carer=str(town.carers[joiner]))
    assert answer.status_code == status
    assert town.number("select count(*) from care where home_id = %s", home) == (
        2 if home == "ada" else 0
    )
    if joiner == "auditor":
        assert "Only family carers and care workers can be in a circle" in answer.text


async def test_who_has_left_is_not_added(visitors: Visitors, town: Town) -> None:
    town.execute("update carer set disabled_at = now() where login = 'mia'")
    admin = await visitors.of("admin")
    answer = await admin.send("/people/circles/tom/join", carer=str(town.carers["mia"]))
    assert answer.status_code == 400
    assert "Mia Stone" not in answer.text, "only who is there can be chosen"
    assert town.number("select count(*) from care where home_id = 'tom'") == 0


async def test_who_was_taken_out_of_a_circle_does_not_come_back_by_an_own_invitation(
    visitors: Visitors, town: Town
) -> None:
    ben, admin = await visitors.of("ben"), await visitors.of("admin")
    code = await invited(ben, name="Me again", role="family_carer", home="ada")
    await admin.send("/people/circles/ada/end", carer=str(town.carers["ben"]))
    assert (await ben.get("/people")).status_code == 200  # there is another home of his
    answer = await opened(await visitors.nobody(), code)
    assert (answer.status_code, "taken back" in answer.text) == (410, True)


async def test_a_code_counts_however_a_phone_has_changed_its_dashes(
    visitors: Visitors,
) -> None:
    code = await invited(await visitors.of("ben"), name="Kim", role="family_carer", home="ada")
    kim = await visitors.nobody()
    answer = await opened(kim, code.replace("-", " – ").lower() + "…")
    assert (answer.status_code, answer.headers.get("location")) == (303, "/join/accept")
    assert "Kim" in await kim.text("/join/accept")
