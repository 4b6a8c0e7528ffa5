"""In which language messages come: as their reader chose, else as their browser asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.runtime import language
from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "wayhome.po").write_text('msgid "Act now"\nmsgstr "Jetzt handeln"\n')
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    yield
    language.languages.cache_clear()


def kept(town: Town, login: str) -> list[tuple[object, ...]]:
    return town.execute(
        "select language, heard, detail from telling_choice where carer_id = %s", town.carers[login]
    )


async def log_in(visitors: Visitors, accepted: str) -> None:
    browser = await visitors.nobody()
    browser.client.headers["accept-language"] = accepted
    assert (await browser.log_in("ben", visitors.password)).status_code == 303


async def test_what_a_browser_asks_for_is_noted_when_somebody_logs_in(
    visitors: Visitors, town: Town
) -> None:
    await log_in(visitors, "de-AT,de;q=0.9")
    assert kept(town, "ben") == [("", "de-AT,de;q=0.9", "nothing")]
    await log_in(visitors, "fr")
    await log_in(visitors, "<no language>")
    assert kept(town, "ben") == [("", "fr", "nothing")]
    assert kept(town, "mia") == []


async def test_it_is_noted_while_somebody_stays_logged_in(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    assert kept(town, "ben") == []
    ben.client.headers["accept-language"] = "de"
    town.execute("update login_session set seen_at = %s", NOW - timedelta(days=1))
    await ben.text("/today")
    assert kept(town, "ben") == [("", "de", "nothing")]


@pytest.mark.usefixtures("german")
async def test_a_reader_chooses_the_language_of_messages(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    await ben.send("/reach/detail", detail="name")
    assert "What my browser asks for (now English)" in plain(await ben.text("/reach"))
    assert (await ben.send("/reach/language", language="de")).status_code == 303
    assert kept(town, "ben") == [("de", "", "name")]
    assert '<option value="de" lang="de" selected>Deutsch</option>' in await ben.text("/reach")
    assert (await ben.send("/reach/language", language="xx")).status_code == 400
    await ben.send("/reach/language", language="")
    assert kept(town, "ben") == [("", "", "name")]


async def test_nothing_is_asked_where_there_is_one_language(visitors: Visitors) -> None:
    assert "Messages come in" not in await (await visitors.of("ben")).text("/reach")
