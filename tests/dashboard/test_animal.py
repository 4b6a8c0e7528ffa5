"""The family says whether an animal lives in a home; who arranges the circle does it, the others read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

PAGE = "/homes/ada/animal"


def said(town: Town) -> str:
    ((animal,),) = town.execute("select animal from home where home_id = 'ada'")
    return str(animal)


async def test_who_arranges_the_circle_says_it_and_the_others_read_it(
    visitors: Visitors, town: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    assert f'href="{PAGE}"' in await ben.text("/homes/ada")
    assert "we do not take it for Ada" in await ben.text(PAGE)
    assert "So far: <strong>Nobody has said</strong>." in await mia.text(PAGE)
    answer = await ben.send(PAGE, animal="small")
    assert (answer.status_code, answer.headers["location"], said(town)) == (303, PAGE, "small")
    assert "So far: <strong>A cat, or a dog of up to 10 kg</strong>." in await mia.text(PAGE)
    assert (await (await visitors.of("admin")).send(PAGE, animal="none")).status_code == 303
    assert said(town) == "none"
    looked = "select distinct carer_id from access_record where home_id = 'ada' and page = 'animal'"
    assert {who for (who,) in town.execute(looked)} == {town.carers["ben"], town.carers["mia"]}


async def test_nobody_else_says_it_and_nothing_else_is_taken(
    visitors: Visitors, town: Town
) -> None:
    for login in ("mia", "worker", "clinician", "resident", "stranger"):
        if login in town.carers:
            browser = await visitors.of(login)
            assert (await browser.send(PAGE, animal="small")).status_code == 404, login
    ben = await visitors.of("ben")
    answer = await ben.send(PAGE, animal="parrot")
    assert (answer.status_code, "one of the answers" in answer.text) == (400, True)
    assert (await ben.send("/homes/tom/animal", animal="small")).status_code == 404
    assert said(town) == "unknown"
