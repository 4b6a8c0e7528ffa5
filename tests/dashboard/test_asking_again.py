"""A form that is older than a change, or was tampered with, is asked again with what can be chosen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dashboard.language import PSEUDO
from tests.dashboard.test_app import plain_words
from tests.dashboard.visitors import FIELD, Browser, Visitors, plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town

OPTION = re.compile(r'<option value="([^"]*)">')


async def test_the_field_is_named_and_what_was_typed_is_kept(
    visitors: Visitors, town: Town
) -> None:
    number, ben = town.alert(), await visitors.of("ben")
    path = f"/alerts/{number}/resolve"
    answer = await ben.send(path, outcome="nonsense", comment='In the "garden"')
    assert answer.status_code == 400
    said = plain(answer.text)
    assert (
        "Nothing was saved. How it ended: what was chosen cannot be chosen, or not any more."
        in said
    )
    assert OPTION.findall(answer.text) == ["helped", "true", "false", "other"]
    kept = {m["name"]: m["value"] for m in FIELD.finditer(answer.text)}
    assert kept.keys() == {"csrf", "comment"}
    assert "The rest of what you typed is kept" in said
    assert f'action="{path}"' in answer.text
    again = kept | {"comment": 'In the "garden"', "outcome": "helped"}
    assert (await ben.client.post(path, data=again)).status_code == 303
    assert town.execute("select outcome, comment from response") == [("helped", 'In the "garden"')]


async def test_it_leads_back_to_where_the_form_stood(visitors: Visitors, town: Town) -> None:
    number, ben = town.alert(), await visitors.of("ben")
    for path, back in (
        (f"/alerts/{number}/resolve", f"/alerts/{number}"),
        ("/reach/detail", "/reach"),
    ):
        answer = await ben.send(path)
        assert f'<a class="button" href="{back}">Go back without saving</a>' in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/alerts/1/comment", {"comment": " "}, "Note for the others: nothing was written."),
        ("/reach/detail", {"detail": "all"}, "A message may say: what was chosen"),
        ("/people/invite", {"name": "Kim", "home": "ada", "role": "king"}, "As: what was chosen"),
        ("/homes/ada/missed", {"kind": "x", "happened_at": "2026-01-15T03:00"},
         "What happened? Choose one from the list."),
    ],
)  # fmt: skip
async def test_each_form_says_which_field_and_in_every_language(
    visitors: Visitors, town: Town, path: str, fields: dict[str, str], said: str
) -> None:
    town.alert()
    ben = await visitors.of("ben")
    answer = await ben.send(path.replace("/1/", f"/{_alert(town)}/"), **fields)
    assert (answer.status_code, said in plain(answer.text)) == (400, True), plain(answer.text)
    csrf = (await ben.client.get("/api/session")).json()["csrf"]
    other = await ben.client.post(
        path.replace("/1/", f"/{_alert(town)}/"),
        data={"csrf": csrf} | fields,
        headers={"accept-language": PSEUDO},
    )
    assert [one for one in plain_words(other.text) if one != "Kim"] == []


async def test_a_filter_of_a_list_is_asked_again_without_a_form(visitors: Visitors) -> None:
    ben = await visitors.of("ben")
    answer = await ben.get("/history?how=well&week=2026-01-12")
    assert answer.status_code == 400
    assert 'form method="get" action="/history"' in answer.text
    assert '<input type="hidden" name="week" value="2026-01-12">' in answer.text
    assert "csrf" not in answer.text.split("<main")[1].split("</main>")[0]


async def test_machines_are_told_the_choices(visitors: Visitors, town: Town) -> None:
    answer = await (await visitors.of("ben")).send(f"/api/alerts/{town.alert()}/resolve")
    assert answer.status_code == 400
    assert (answer.json()["field"], answer.json()["choices"]) == (
        "outcome",
        ["helped", "true", "false", "other"],
    )
    assert answer.json()["text"].startswith("How it ended: please choose one of these: It was real")


async def test_a_circle_that_somebody_else_changed_meanwhile(
    visitors: Visitors, town: Town
) -> None:
    admin: Browser = await visitors.of("admin")
    new = town.carer("nina", "care_worker", "leeds", name="Nina Wells")
    other = town.carer("olaf", "care_worker", "leeds", name="Olaf Berg")
    path = "/people/circles/ada/join"
    assert (await admin.send(path, carer=str(new))).status_code == 303
    again = await admin.send(path, carer=str(new))
    assert again.status_code == 303, "somebody was quicker, and it is as it was wanted"
    gone = await admin.send(path, carer="987654")
    assert gone.status_code == 400
    assert "Who: what was chosen cannot be chosen, or not any more." in plain(gone.text)
    assert str(other) in OPTION.findall(gone.text)
    assert str(new) not in OPTION.findall(gone.text)


def _alert(town: Town) -> int:
    return town.number("select max(alert_id) from alert")
