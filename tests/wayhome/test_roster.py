"""The roster of the how-to page is registered; a wrong one is refused with the field's name."""

from __future__ import annotations

import re
from pathlib import Path

import argon2
import pytest

from core.model.errors import Malformed
from core.model.home import Placement
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
