"""The page that messages about watching lead to: what is not watched, why, and who was told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.dashboard.test_homes import withdraw
from tests.dashboard.town import NOW, Town

if TYPE_CHECKING:
    from tests.dashboard.visitors import Visitors


def plain(page: str) -> str:
    """Return the words of the main part of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1]).split())


def changed(town: Town, number: int, state: str, why: str, at: datetime = NOW) -> None:
    town.execute(
        "insert into watch_change (home_id, number, state, why, at) values ('ada', %s, %s, %s, %s)",
        number, state, why, at,
    )  # fmt: skip


def told(
    town: Town, login: str, kind: str, number: int, *ways: tuple[str, str], due: datetime = NOW
) -> None:
    """Write a notice down, with a message by each of these ways in this state."""
    notice = town.number(
        "insert into watch_notice (home_id, carer_id, kind, about, at, due_at, asked_at)"
        " values ('ada', %s, %s, %s, %s, %s, %s) returning notice_id",
        town.carers[login], kind, number, NOW, due, NOW if ways else None,
    )  # fmt: skip
    for channel, state in ways:
        town.execute(
            "with d as (insert into delivery (kind, carer_id, channel, step, state, next_try_at,"
            " created_at, sent_at) values (%s, %s, %s, 0, %s, %s, %s, %s) returning delivery_id)"
            " insert into watch_message select delivery_id, %s from d",
            kind, town.carers[login], channel, state, NOW, NOW, NOW if state == "sent" else None,
            notice,
        )  # fmt: skip


async def test_the_circle_reads_since_when_why_and_who_was_told(
    town: Town, visitors: Visitors
) -> None:
    ben = await visitors.of("ben")
    assert "None of your homes has stopped being watched." in await ben.text("/watching")
    for login in ("gina", "hans", "ivo"):
        town.carer(login, "family_carer", "leeds", "ada")
    changed(town, 1, "watched", "", NOW - timedelta(days=9))
    changed(town, 2, "unwatched", "withdrawn", NOW - timedelta(minutes=12))
    told(town, "ben", "watch_ended", 2, ("web", "sent"), ("webhook", "sent"), ("ntfy", "failed"))
    told(town, "gina", "watch_ended", 2, ("web", "sent"), ("sms", "failed"))
    told(town, "hans", "watch_ended", 2, ("web", "sent"))
    told(town, "ivo", "watch_ended", 2, due=NOW + timedelta(hours=5))
    withdraw(town, "care_monitoring")
    assert 'href="/watching"' in await ben.text("/homes/ada")
    assert 'href="/watching"' in await ben.text("/today")
    text = plain(await ben.text("/watching"))
    for words in (
        "3 Mill Lane Not watched Since 03:08. Somebody no longer agrees.",
        "Nobody is told if something goes wrong there.",
        "was told, 03:20.",
        "Gina could not be told: please ring them.",
        "Hans has no phone or address here: please ring them.",
        "Ivo will be told, 08:20.",
        "What changed before Nothing so far.",
    ):
        assert words in text
    assert "Not watched" in await (await visitors.of("admin")).text("/watching")
    assert "watched, and who was told" in await (await visitors.of("admin")).text("/looked")


async def test_what_has_ended_stays_to_be_read(town: Town, visitors: Visitors) -> None:
    changed(town, 1, "watched", "", NOW - timedelta(days=9))
    changed(town, 2, "unlocated", "lapsed", NOW - timedelta(days=2))
    told(town, "ben", "watch_places", 2)
    changed(town, 3, "watched", "")
    told(town, "ben", "watch_again", 3, ("web", "sent"), ("sms", "pending"))
    text = plain(await (await visitors.of("ben")).text("/watching"))
    now, before = text.split("What changed before")
    assert "None of your homes has stopped being watched." in now
    assert "Watched again Since 03:20." in before
    assert "is being told." in before
    assert "Watched indoors only" in before
    assert "What was agreed had a last day, and it has passed." in before
    assert "was not told of that: it had changed again, or they had left." in before


async def test_what_ends_soon_is_said_to_the_circle_and_led_to_by_who_can_renew_it(
    town: Town, visitors: Visitors
) -> None:
    town.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
        " decided, said_by, valid_from, valid_until, carer_id, at) select home_id, resident_id, 'given',"
        " 'care_monitoring', '', 'consent', 'explicit_consent', 'person', 'Ada', %s, %s, %s, %s"
        " from resident where home_id = 'ada'",
        NOW - timedelta(days=90), NOW + timedelta(hours=6), town.carers["admin"], NOW,
    )  # fmt: skip
    circle = await (await visitors.of("ben")).text("/watching")
    assert "watch over them with sensors. Ends 09:20, unless it is agreed anew." in plain(circle)
    assert "Ask Leeds to look at it again." in plain(circle)
    assert "/consent/" not in circle
    assert 'href="/consent/1"' in await (await visitors.of("clinician")).text("/watching")


async def test_a_stranger_reads_nothing_of_it(town: Town, visitors: Visitors) -> None:
    changed(town, 1, "unwatched", "paused")
    told(town, "ben", "watch_ended", 1, ("web", "sent"))
    text = await (await visitors.of("stranger")).text("/watching")
    assert "Mill Lane" not in text
    assert "Ben" not in text
