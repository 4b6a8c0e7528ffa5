"""Call buttons: whose number is shown to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import scene

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

MIA = "+447700900123"


async def test_the_circle_can_call_each_other(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    scene.telephone(town, "mia", MIA, "voice")
    scene.telephone(town, "ben", "+447700900124")
    text = await (await visitors.of("ben")).text(f"/alerts/{number}")
    assert f'href="tel:{MIA}"' in text
    assert "Call Mia Stone" in text
    assert "+447700900124" not in text, "nobody calls themselves"
    assert 'href="tel:999"' in text


@pytest.mark.parametrize("login", ["clinician"])
async def test_who_only_reads_is_offered_no_numbers(
    visitors: Visitors, town: Town, login: str
) -> None:
    number = town.alert()
    scene.telephone(town, "mia", MIA)
    text = await (await visitors.of(login)).text(f"/alerts/{number}")
    assert "tel:" not in text


async def test_addresses_that_do_not_ring_and_people_who_left_are_not_shown(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert(severity="check")
    scene.telephone(town, "mia", "https://push.example/secret", "ntfy")
    browser = await visitors.of("ben")
    text = await browser.text(f"/alerts/{number}")
    assert "tel:" not in text
    assert "secret" not in text
    scene.telephone(town, "mia", MIA)
    town.execute("update carer set disabled_at = now() where carer_id = %s", town.carers["mia"])
    assert MIA not in await browser.text(f"/alerts/{number}")


def test_numbers_stay_behind_the_wall(town: Town) -> None:
    scene.telephone(town, "mia", MIA)
    query = "select count(*) from telephones_of_circle('ada')"
    for organisation, carer, scope, seen in (
        ("leeds", "ben", "circle", 1),
        ("leeds", "worker", "organisation", 1),
        ("leeds", "worker", "circle", 0),
        ("york", "stranger", "organisation", 0),
        ("york", "ben", "circle", 0),
        ("", "ben", "", 0),
    ):
        town.execute(
            "select set_config('wayhome.organisation', %s, false),"
            " set_config('wayhome.carer', %s, false), set_config('wayhome.scope', %s, false)",
            organisation,
            str(town.carers[carer]),
            scope,
        )
        assert town.number(query) == seen, (organisation, carer, scope)
