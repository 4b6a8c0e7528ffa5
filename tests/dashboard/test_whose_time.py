"""Homes with different clocks on one list: each says whose time it is; homes with one clock do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

TAGS = re.compile(r"<(script|style|textarea|option|code|pre)\b.*?</\1>|<[^>]*>", re.DOTALL)
LISTS = ("/today", "/alerts", "/history")


async def test_a_list_over_several_clocks_says_whose(visitors: Visitors, town: Town) -> None:
    town.home("bea", "leeds", "Bea")
    town.execute("insert into care (home_id, carer_id) values ('bea', %s)", town.carers["ben"])
    town.alert()
    town.alert("bea")
    ben = await visitors.of("ben")
    for path in LISTS:
        text = plain(await ben.text(path))
        assert not re.search("times of", text, re.IGNORECASE), path
    town.execute("update home set zone = 'Asia/Dhaka' where home_id = 'bea'")
    for path in (*LISTS, "/looked"):
        text = plain(await ben.text(path))
        assert len(re.findall("times of London", text, re.IGNORECASE)) >= 1, path
        assert len(re.findall("times of Dhaka", text, re.IGNORECASE)) >= 1, path
    one = plain(await ben.text("/homes/bea"))
    assert "times of Dhaka" not in one, "a page of one home has one clock"
    assert "Times on this page are those of Dhaka." in one, "shown where the reader's differs"


async def test_no_number_is_parted_from_its_unit(visitors: Visitors, town: Town) -> None:
    town.night("ada")
    town.alert()
    loose = re.compile(r"\d (?:%|min|h|s|km|m)(?![\w/])")
    for login, paths in (
        ("ben", ("/today", "/alerts", "/history", "/homes/ada", "/homes/ada/devices")),
        ("clinician", ("/caseload", "/residents/1/days", "/residents/1/compare")),
        ("technician", ("/work", "/system")),
    ):
        browser = await visitors.of(login)
        for path in paths:
            page = (await browser.get(path)).text
            shown = TAGS.sub("<>", page)
            assert loose.findall(shown) == [], path
            assert path != "/homes/ada" or re.search(r"\d\N{NO-BREAK SPACE}min", shown)
