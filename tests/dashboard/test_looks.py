"""What the record of looks says of every page is a phrase that fits after *looked at*."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dashboard.looks import page_words
from dashboard.pages import audit
from tests.house import tree

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


def recorded() -> Iterator[str]:
    """Yield the name under which each page of people records a look."""
    for path in sorted((tree.ROOT / "dashboard" / "pages").glob("*.py")):
        for node in ast.walk(ast.parse(tree.text(path))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr == "looked_at" and isinstance(node.args[-1], ast.Constant):
                yield str(node.args[-1].value)


@pytest.mark.parametrize("page", sorted(set(recorded())))
def test_each_page_has_words_of_its_own(page: str) -> None:
    assert page_words(page) != page.replace("_", " ")


async def test_a_table_that_would_be_cut_is_refused_and_says_what_to_do(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.execute(
        "insert into access_record (at, carer_id, home_id, page) select %s, %s, 'ada', 'today'"
        " from generate_series(1, 4)",
        town.now,
        town.carers["ben"],
    )
    auditor = await visitors.of("auditor")
    monkeypatch.setattr(audit, "MOST_ROWS", 4)
    assert len((await auditor.text("/audit.csv")).splitlines()) == 5
    monkeypatch.setattr(audit, "MOST_ROWS", 3)
    answer = await auditor.get("/audit.csv")
    assert (answer.status_code, "Choose fewer days" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("login", "path", "looked_at"),
    [
        ("admin", "/plan", "plans"),
        ("ben", "/plan/homes/ada/check", "plan"),
        ("ben", "/rota", "rota"),
        ("ben", "/rota/homes/ada", "rota"),
        ("mia", "/rota/homes/ada", "rota"),
    ],
)
async def test_who_reads_who_is_told_of_a_home_is_recorded(
    visitors: Visitors, circle: Town, login: str, path: str, looked_at: str
) -> None:
    await (await visitors.of(login)).text(path)
    looks = (
        "select count(*) from access_record where home_id = 'ada' and carer_id = %s and page = %s"
    )
    assert circle.number(looks, circle.carers[login], looked_at) == 1


async def test_a_home_that_is_not_theirs_is_neither_shown_nor_recorded(
    visitors: Visitors, circle: Town
) -> None:
    stranger = await visitors.of("stranger")
    for path in ("/rota/homes/ada", "/plan/homes/ada/check"):
        assert (await stranger.get(path)).status_code == 404
    assert circle.number("select count(*) from access_record where home_id = 'ada'") == 0
