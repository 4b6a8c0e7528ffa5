"""The pages of consent: who may, what is written, and that a withdrawal really stops what it names."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING

import pytest

from core.model import basis
from core.model.basis import Article6, Article9, Decided, Purpose
from dashboard import basis_form
from tests.dashboard.test_missing_pages import make_pack, resident, tracker
from tests.dashboard.test_police import enter, make_link
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

GIVEN = {
    "kind": "given",
    "purpose": "record_sharing",
    "recipient": "Park Surgery",
    "article6": "public_task",
    "article9": "health_or_social_care",
    "decided": "best_interests",
    "said_by": "Meeting led by J. Moss",
    "note": "Minutes of 3 January",
    "valid_until": "2026-02-10",
}
WITHDRAWN = {"kind": "withdrawn", "purpose": "location", "decided": "person", "said_by": "Ada"}


def test_every_word_of_the_ledger_is_said_in_plain_words() -> None:
    assert set(basis_form.PURPOSES) == set(basis_form.STOPS) == set(Purpose)
    assert set(basis_form.ARTICLE6) == set(Article6)
    assert set(basis_form.ARTICLE9) == set(Article9)
    assert set(basis_form.DECIDED) == set(Decided)
    reasons = re.findall(r'reason="([^"]+)"', inspect.getsource(basis))
    assert set(basis_form.REASONS) == set(reasons)


async def test_a_basis_is_written_reviewed_and_given_to_a_program(
    visitors: Visitors, town: Town
) -> None:
    clinician, number = await visitors.of("clinician"), resident(town)
    path = f"/consent/{number}"
    assert "Nothing yet" in await clinician.text(path)
    assert (await clinician.send(path, **GIVEN)).status_code == 303
    text = plain(await clinician.text(path))
    for words in (
        "Share with a health or care record , for Park Surgery: yes, it was given, until 10 February 2026",
        "A best-interests decision: Meeting led by J. Moss", "Minutes of 3 January", "Written by Clinician",
    ):  # fmt: skip
        assert words in text, words
    assert "Ends on 10 February 2026" in plain(await clinician.text("/consent"))
    found = plain(await clinician.text("/consent?find=to"))
    assert "Tom , 3 Mill Lane" in found
    assert "Old record" not in found
    assert "Nobody of this name" in await clinician.text("/consent?find=%25")
    answer = json.loads(await clinician.text(f"{path}.json"))
    assert [one["purpose"] for one in answer["entries"]] == ["record_sharing"]
    assert {"purpose": "record_sharing", "recipient": "Park Surgery", "allowed": True,
            "reason": "it was given"} in answer["standing"]  # fmt: skip
    looks = town.execute("select page from access_record where home_id = 'ada'")
    assert ("consent",) in looks


@pytest.mark.parametrize("day", ["0001-01-01", "0026-03-14", "9999-12-31"])
async def test_a_year_that_lost_digits_is_asked_again(
    visitors: Visitors, town: Town, day: str
) -> None:
    town.execute("update home set zone = 'Europe/Berlin' where home_id = 'ada'")
    clinician, path = await visitors.of("clinician"), f"/consent/{resident(town)}"
    answer = await clinician.send(path, **(GIVEN | {"valid_from": day, "valid_until": ""}))
    assert answer.status_code == 400
    assert "From: expected a day such as 2026-03-14" in plain(answer.text)
    assert "Nothing yet" in await clinician.text(path)


async def test_a_withdrawal_stops_that_places_are_shown(visitors: Visitors, town: Town) -> None:
    tracker(town)
    number, ben = resident(town), await visitors.of("ben")
    before = await make_pack(ben, number)
    assert "53.80712" in await ben.text(before)
    admin = await visitors.of("admin")
    assert (await admin.send(f"/consent/{number}", **WITHDRAWN)).status_code == 303
    text = plain(await admin.text(f"/consent/{number}"))
    assert "Know where they are outdoors : no, it was withdrawn" in text
    assert "53.80712" not in await ben.text(before), "nor in a pack that was made before"
    assert "53.80712" not in await ben.text(await make_pack(ben, number))
    stop_again = GIVEN | {"purpose": "location", "recipient": "", "valid_until": ""}
    await admin.send(f"/consent/{number}", **stop_again)
    assert "53.80712" in await ben.text(await make_pack(ben, number))


async def test_a_withdrawal_stops_that_the_police_are_given_photo_and_profile(
    visitors: Visitors, town: Town
) -> None:
    number, ben = resident(town), await visitors.of("ben")
    link, police = await make_link(ben, town), await visitors.nobody()
    assert (await enter(police, link)).status_code == 200
    admin = await visitors.of("admin")
    await admin.send(f"/consent/{number}", **(WITHDRAWN | {"purpose": "police_photo"}))
    assert (await police.get("/police/pack")).status_code == 404
    answer = await ben.send(f"{await make_pack(ben, number)}/links", hours="2")
    assert answer.status_code == 422
    assert "may not go to the police" in answer.text
    assert town.number("select count(*) from police_link") == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"recipient": ""}, "For whom: expected a name"),
        ({"said_by": " "}, "Who decided: expected the name"),
        ({"valid_until": "2025-01-01"}, "Until: expected a day after"),
        ({"valid_from": "soon"}, "From: expected a day"),
        ({"article6": "consent"}, "another one than consent for a best-interests decision"),
        ({"article6": "consent", "decided": "not_asked"}, "Who decided: expected somebody"),
        ({"purpose": "profit"}, "What it is about: expected one of the answers"),
        ({"note": "x" * 501}, "Note: expected at most 500"),
    ],
)
async def test_what_does_not_go_together_is_refused_and_nothing_is_written(
    visitors: Visitors, town: Town, changed: dict[str, str], said: str
) -> None:
    admin = await visitors.of("admin")
    answer = await admin.send(f"/consent/{resident(town)}", **(GIVEN | changed))
    assert answer.status_code == 400
    assert said in plain(answer.text)
    assert town.execute("select * from purpose_basis") == []


async def test_nobody_else_finds_the_pages(visitors: Visitors, town: Town) -> None:
    number = resident(town)
    for login in ("ben", "worker", "technician", "resident", "auditor", "stranger"):
        browser = await visitors.of(login)
        assert (await browser.send(f"/consent/{number}", **WITHDRAWN)).status_code == 404
        assert (await browser.get(f"/consent/{number}.json")).status_code == 404
    assert town.execute("select * from purpose_basis") == []


async def test_what_ends_soon_has_pages_and_a_look_is_at_those_shown(
    visitors: Visitors, town: Town
) -> None:
    town.execute(
        "with made as (insert into home (home_id, organisation_id, name)"
        " select 'c' || n, 'leeds', 'House ' || n from generate_series(1, 60) n returning home_id),"
        " people as (insert into resident (home_id, name) select home_id, 'R ' || home_id from made"
        "  returning resident_id, home_id) insert into purpose_basis (home_id, resident_id, kind, purpose,"
        " article6, article9, decided, said_by, valid_from, valid_until, carer_id, at) select home_id,"
        " resident_id, 'given', 'assessment', 'contract', 'health_or_social_care', 'not_asked', 'S',"
        " '2025-01-01', '2026-01-20'::date + resident_id::int %% 9, %s, '2025-01-01' from people",
        town.carers["clinician"],
    )
    clinician = await visitors.of("clinician")
    # by a name that nobody has the list of people is empty: what was looked at are those that end
    first, second = [
        await clinician.text(f"/consent?find=nobody&page={number}") for number in (1, 2)
    ]
    assert (first.count("Ends on"), second.count("Ends on")) == (50, 10)
    assert "Page 1 of 2" in plain(first)
    assert "/consent?find=nobody&amp;page=2" in first or "/consent?find=nobody&page=2" in first
    named = [re.findall(r">(R c\d+)<", text) for text in (first, second)]
    assert len({*named[0], *named[1]}) == 60
    looked = town.number(
        "select count(distinct home_id) from access_record where page = 'consent' and home_id like 'c%%'"
    )
    assert looked == 60
    assert "Page 2 of 2" in plain(await clinician.text("/consent?find=nobody&page=9"))
