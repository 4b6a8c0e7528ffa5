"""People of a large organisation: the page stays small, and everybody is found without a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

MANY = 2000


@pytest.fixture(autouse=True)
def crowd(town: Town) -> Town:
    """Add thousands of care workers to the town's organisation."""
    town.execute(
        "insert into carer (organisation_id, login, name, role, password_hash) select organisation_id,"
        " 'w' || n, 'Worker ' || to_char(n, 'FM0000') || '%%', 'care_worker', 'x' from organisation,"
        " generate_series(1, %s) n where organisation_id ="
        " (select organisation_id from carer where login = 'admin')",
        MANY,
    )
    return town


async def test_the_page_of_a_large_organisation_stays_small(visitors: Visitors) -> None:
    admin = await visitors.of("admin")
    text = await admin.text("/people")
    assert len(text) < 200_000, "31 MB for 20,000 people"
    assert text.count("has left</summary>") <= 50
    assert '<select id="join-' not in text
    last = await admin.text("/people?everybody=41")
    assert "Worker 2000%" in last
    gone = await admin.get("/people?everybody=9999")
    assert re.search(r"/people\?everybody=4\d$", str(gone.url))


async def test_somebody_is_found_by_a_part_of_the_name(visitors: Visitors) -> None:
    admin = await visitors.of("admin")
    found = await admin.text("/people?who=wORKER+1234")
    assert found.count("has left</summary>") == 1
    assert "<strong>Worker 1234%</strong>" in found
    assert 'value="wORKER 1234"' in found
    assert "Nobody has such a name." in await admin.text("/people?who=%00_")
    pages = await admin.text("/people?who=worker&everybody=2")
    assert 'href="/people?who=worker&amp;everybody=3#all-title"' in pages
    gone = await admin.get("/people?who=worker+12&everybody=7")
    assert str(gone.url).endswith("/people?who=worker+12&everybody=2")


async def test_somebody_found_is_added_to_a_circle(visitors: Visitors) -> None:
    admin = await visitors.of("admin")
    looked = await admin.text("/people?circle=ada&who=worker+0777")
    (choice,) = re.findall(r'<select id="join-(\w+)".*?</select>', looked, re.DOTALL)
    assert choice == "ada"
    (number,) = re.findall(r'<option value="(\d+)">Worker 0777', looked)
    answer = await admin.send("/people/circles/ada/join", carer=number)
    assert answer.headers["location"] == "/people#circle-ada"
    inside = await admin.text("/people?circle=ada&who=worker+0777")
    assert "Nobody who is not in this circle yet has such a name." in inside
    first = await admin.text("/people?circle=ada&who=worker")
    assert "These are the first 50." in first
    assert first.count("<option value=") < 100


async def test_a_carer_of_a_family_sees_no_search(visitors: Visitors) -> None:
    text = await (await visitors.of("ben")).text("/people?who=worker&circle=ada&everybody=3")
    assert "Worker" not in text
    assert 'type="search"' not in text


async def test_the_record_of_looks_offers_a_search_where_there_are_many(
    visitors: Visitors, crowd: Town
) -> None:
    auditor = await visitors.of("auditor")
    text = await auditor.text("/audit")
    assert len(text) < 60_000, "1 MB for 20,000 people"
    assert 'id="carer"' not in text
    found = await auditor.text("/audit?who=worker+1234")
    number = crowd.number("select carer_id from carer where login = 'w1234'")
    assert re.findall(r'<option value="(\d+)"', found) == [str(number)]
    many = await auditor.text("/audit?who=worker")
    assert len(re.findall(r'<option value="(\d+)"', many)) == 50
    assert re.search(r"\b195\d more have such a name. Type more of it.", many)
    kept = await auditor.text(f"/audit?carer={number}")
    assert f'<option value="{number}" selected>' in kept, "who was chosen stays chosen"
    assert "Nobody has such a name." in await auditor.text("/audit?who=xyz")
