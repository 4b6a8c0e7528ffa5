"""The roster of the how-to page is registered; a wrong one is refused with the field's name."""

from __future__ import annotations

import re
from pathlib import Path

import argon2
import pytest

from core.model.errors import Malformed
from core.model.expected_visit import VisitBy
from core.model.home import Placement
from core.model.week import WeeklySpan
from core.store import registry
from core.store.pool import connect
from tests.servers.databases import Database
from wayhome import roster

EXAMPLE = Path("docs/how-to/register.toml")


async def test_the_example_is_registered_and_again_changes_nothing(
    plain_database: Database,
) -> None:
    wanted = roster.read(EXAMPLE)
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        passwords = await roster.register(connection, wanted)
    async with connect(url) as connection:
        assert await roster.register(connection, wanted) == {}
        (household,) = await registry.households(connection)
        stored = await registry.carer_password(connection, "ruth")
    assert stored is not None
    assert argon2.PasswordHasher().verify(stored, passwords["ruth"])
    assert [device.placement for device in household.devices] == [
        Placement.ROOM,
        Placement.ENTRANCE,
        Placement.WORN,
    ]
    watch = household.devices[2]
    assert watch.resident_id == household.residents[0].resident_id


def test_what_editors_make_of_a_roster_is_read_or_named(tmp_path: Path) -> None:
    file, text = tmp_path / "register.toml", EXAMPLE.read_text()
    file.write_text(text, encoding="utf-8-sig")
    assert roster.read(file) == roster.read(EXAMPLE)
    file.write_text(text.replace('"Ada"', '"Zoë"'), encoding="cp1252")
    with pytest.raises(Malformed, match="UTF-8"):
        roster.read(file)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("Europe/London", "Europe/Ldn"), "zone"),
        (('room = "Hall"', 'room = "Attic"'), "room"),
        (('worn_by = "Ada"', 'worn_by = "Bob"'), "worn_by"),
        (('role = "family_carer"', 'role = "boss"'), "role"),
        (('homes = ["7f3k"]', 'homes = ["nowhere"]'), "homes"),
        (('kind = "hall"', 'kind = "corridor"'), "register.toml"),
        (("organisation =", "organization ="), "register.toml"),
        (("contact = {", "contacts = {"), "carer ruth.contacts: expected one of"),
        (("{ ntfy =", "{ pigeon ="), "carer ruth.contact.pigeon: expected one of apprise, email"),
        (("{ ntfy =", "{ sms ="), "carer ruth.contact.sms: expected .* country code"),
        # what the tables would refuse, with a trace that says whose row it is
        (('organisation = "leeds"', 'organisation = "Leeds"'), "organisation"),
        (('id = "7f3k"', 'id = "7f/3k"'), r"home\[0\].id"),
        (('name = "Ada"', 'name = ""'), r"resident\[0\].name"),
        (('pronoun = "she"', 'pronoun = "it"'), "pronoun"),
        (("order = 1", "order = 0"), "order"),
        (
            ('worn_by = "Ada"', 'worn_by = "Ada"\nreporting_interval_s = -1.0'),
            "reporting_interval_s",
        ),
    ],
)
def test_a_wrong_roster_names_the_field(
    change: tuple[str, str], field: str, tmp_path: Path
) -> None:
    file = tmp_path / "register.toml"
    text = EXAMPLE.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    with pytest.raises(Malformed, match=field):
        roster.read(file)


def with_contact(folder: Path, contact: str) -> roster.Roster:
    file = folder / "register.toml"
    file.write_text(re.sub("contact = .*", f"contact = {contact}", EXAMPLE.read_text()))
    return roster.read(file)


async def test_a_number_is_kept_as_replies_will_name_it(
    plain_database: Database, tmp_path: Path
) -> None:
    wanted = with_contact(tmp_path, '{ sms = "+44 7700 900123" }')
    async with connect(plain_database.url) as connection:
        await roster.register(connection, wanted)
        found = await connection.execute("select channel, address from contact_point")
        assert await found.fetchall() == [("sms", "+447700900123")]


def with_visit(text: str) -> str:
    """Return the example with its visit, which stands there as a comment."""
    lines = text.replace("# [[home.visit]]", "[[home.visit]]")
    return re.sub(r"^# (by|days|start|end) =", r"\1 =", lines, flags=re.MULTILINE)


def with_visits(folder: Path) -> roster.Roster:
    file = folder / "register.toml"
    file.write_text(with_visit(EXAMPLE.read_text()))
    return roster.read(file)


async def test_visits_of_a_roster_are_expected_and_what_was_taken_back_stays_so(
    plain_database: Database, tmp_path: Path
) -> None:
    assert roster.read(EXAMPLE).home[0].visit == ()
    wanted = with_visits(tmp_path)
    url = plain_database.url_as("wayhome_registrar")
    async with connect(url) as connection:
        await roster.register(connection, wanted)
        (household,) = await registry.households(connection)
    (visit,) = household.home.visits
    assert (visit.by, visit.span) == (
        VisitBy.CARE, WeeklySpan(days=(0, 1, 2, 3, 4), start=480, end=540)
    )  # fmt: skip
    async with connect(plain_database.url) as connection:
        await connection.execute("update expected_visit set ended_at = now()")
    async with connect(url) as connection:
        await roster.register(connection, wanted)
        (household,) = await registry.households(connection)
    assert household.home.visits == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (
            ("end = 09:00:00", "end = 14:00:00"),
            r"home 7f3k.visit\[0\] how long: expected 10 minutes",
        ),
        (('by = "care"', 'by = "robot"'), r"home\[0\].visit\[0\].by"),
        (('"mon", "tue", "wed", "thu", "fri"', ""), r"home 7f3k.visit\[0\].days"),
        (('"mon", "tue"', '"lundi"'), r"home\[0\].visit\[0\].days"),
        (("start = 08:00:00", 'start = "eight"'), r"home\[0\].visit\[0\].start"),
    ],
)
def test_a_visit_of_a_roster_that_can_be_none_is_named(
    change: tuple[str, str], field: str, tmp_path: Path
) -> None:
    file, text = tmp_path / "register.toml", with_visit(EXAMPLE.read_text())
    assert change[0] in text
    file.write_text(text.replace(*change))
    with pytest.raises(Malformed, match=field):
        roster.read(file)
