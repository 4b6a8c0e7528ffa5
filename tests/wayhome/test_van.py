"""A list of devices: checked as a whole first, each fault with its line, and nothing goes in by halves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from core.model.errors import Malformed
from core.runtime.settings import child_environment
from core.store import registry
from core.store.pool import connect
from tests.servers.databases import Database
from wayhome import roster, van

HEAD = "home,family,id,name,placement,room,worn_by"
GOOD = ("7f3k,zigbee2mqtt,van1,Van sensor,room,Hall,", "7f3k,zigbee2mqtt,van2,Hub,hub,,")


@pytest.fixture
def registered(plain_database: Database) -> Database:
    async def write() -> None:
        async with connect(plain_database.url_as("wayhome_registrar")) as connection:
            await roster.register(connection, roster.read(Path("docs/how-to/register.toml")))

    asyncio.run(write())
    return plain_database


def checked(database: Database, *lines: str) -> van.Checked:
    async def look() -> van.Checked:
        async with connect(database.url_as("wayhome_registrar")) as connection:
            return van.check("\n".join(lines), await registry.households(connection))

    return asyncio.run(look())


def imported(database: Database, file: Path) -> tuple[int, dict[str, object], str]:
    done = subprocess.run(
        [sys.executable, "-m", "wayhome", "devices", "import", str(file), "--json"],
        env=child_environment({"database_url": database.url_as("wayhome_registrar")}),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr


def count(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from device").fetchone()
    return 0 if row is None else int(row[0])


def test_a_van_full_is_registered_and_the_second_time_each_line_is_a_fault(
    registered: Database, tmp_path: Path
) -> None:
    file = tmp_path / "van.csv"
    file.write_text("\ufeff" + "\r\n".join([HEAD, *GOOD, ""]))
    before = count(registered)
    status, answer, _ = imported(registered, file)
    assert (status, answer["registered"], answer["faults"]) == (0, 2, [])
    assert count(registered) == before + 2
    status, answer, said = imported(registered, file)
    assert status == 1
    assert answer["faults"] == [
        {"line": line, "fault": "id: is registered already"} for line in (2, 3)
    ]
    assert "nothing was registered" in said
    assert count(registered) == before + 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("7f3k,zigbee2mqtt,x,Name,room,Hall", "6 columns instead of 7"),
        ("nowhere,zigbee2mqtt,x,Name,hub,,", "home: nowhere is not registered"),
        ("7f3k,zigbee,x,Name,hub,,", "family: expected one of"),
        ("7f3k,zigbee2mqtt,,Name,hub,,", "id: expected 1 to 200"),
        ("7f3k,zigbee2mqtt,x,,hub,,", "name: expected 1 to 200"),
        ("7f3k,zigbee2mqtt,van1,Name,hub,,", "id: stands in line 2 already"),
        ("7f3k,zigbee2mqtt,x,Name,ceiling,,", "placement: expected one of room"),
        ("7f3k,zigbee2mqtt,x,Name,room,,", "room: a device placed as room needs one"),
        ("7f3k,zigbee2mqtt,x,Name,room,Attic,", "room: 7f3k has"),
        ("7f3k,zigbee2mqtt,x,Name,worn,,Bob", "worn_by: nobody of this name"),
        ("7f3k,zigbee2mqtt,x,Name,worn,,", "worn_by: say who wears it"),
    ],
)
def test_each_fault_has_its_line_and_nothing_goes_in(
    registered: Database, line: str, words: str
) -> None:
    found = checked(registered, HEAD, *GOOD, line)
    (fault,) = found.faults
    assert fault.line == 4
    assert fault.text.startswith(words)


@pytest.mark.parametrize("head", ["home,id", "", HEAD + ",more", HEAD.replace("home", "house")])
def test_other_columns_are_refused(registered: Database, head: str) -> None:
    with pytest.raises(Malformed, match="line 1: expected the columns home,family"):
        checked(registered, head, *GOOD)


def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "van.csv"
    file.write_bytes(b"home\r\nM\xfcller\r\n")
    with pytest.raises(Malformed, match="UTF-8 in line 2"):
        van.read(file)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_of_other_countries_write_other_separators(
    registered: Database, separator: str
) -> None:
    lines = [line.replace(",", separator) for line in (HEAD, *GOOD)]
    odd = separator.join(["7f3k", "zigbee2mqtt", "x", '"A, b; c"', "hub", "", ""])
    found = checked(registered, *lines, odd)
    assert found.faults == ()
    assert [one.name for one in found.devices] == ["Van sensor", "Hub", "A, b; c"]


def test_of_two_people_of_one_name_none_is_guessed(registered: Database) -> None:
    """The watch of the father would tell of the son."""
    with psycopg.connect(registered.url, autocommit=True) as connection:
        connection.execute(
            "insert into resident (home_id, name) select home_id, name from resident"
            " where home_id = '7f3k' and name = 'Ada'"
        )
    found = checked(registered, HEAD, "7f3k,zigbee2mqtt,x,Watch,worn,,Ada")
    assert [fault.text.partition(";")[0] for fault in found.faults] == [
        "worn_by: 2 people of this name live in 7f3k"
    ]


def test_what_a_file_says_is_shown_as_it_is_and_not_obeyed(
    registered: Database, tmp_path: Path
) -> None:
    file = tmp_path / "van.csv"
    odd = ("[/red]", "\x1b[2J", "x" * 5000, "=1+1")
    file.write_text("\n".join([HEAD, *(f"{home},zigbee2mqtt,a,Name,hub,," for home in odd)]))
    done = subprocess.run(
        [sys.executable, "-m", "wayhome", "devices", "import", str(file)],
        env=child_environment({"database_url": registered.url_as("wayhome_registrar")}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "[/red]" in done.stderr
    assert "=1+1 is not registered" in done.stderr
    assert "\x1b[2J" not in done.stderr
    assert len(done.stderr) < 3000
    assert "no faults, found 4" in " ".join(done.stderr.split())


def test_a_quotation_mark_left_open_is_named_with_the_line_it_stands_in() -> None:
    open_one = '7f3k,zigbee2mqtt,a,"Bed,room,Hall,'
    after = [f"7f3k,zigbee2mqtt,b{n},Bed,room,Hall," for n in range(10_000)]
    (fault,) = van.check("\n".join([HEAD, open_one, *after[:9]]), ()).faults
    assert (fault.line, fault.text) == (2, "4 columns instead of 7")
    with pytest.raises(Malformed, match="line 2: expected each quotation mark"):
        van.check("\n".join([HEAD, open_one, *after]), ())


def ended(database: Database) -> None:
    """The home has ended by its steps; everything in it is out of use."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " select organisation_id, 'tess', 'Tess', 'technician', 'x' from home where home_id = '7f3k'"
        )
        connection.execute(
            "insert into home_step (home_id, stage, at, carer_id, reason)"
            " select '7f3k', 'ended', now(), carer_id, 'moved' from carer where login = 'tess'"
        )
        connection.execute("update home set mode = 'archive' where home_id = '7f3k'")
        connection.execute("update device set retired_at = now() where home_id = '7f3k'")


def in_use(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select count(*) from device where retired_at is null").fetchone()
    return 0 if row is None else int(row[0])


def test_nothing_is_put_into_a_home_that_has_ended(registered: Database, tmp_path: Path) -> None:
    """What sensors said of the next tenant was kept in the record of who lived there before."""
    ended(registered)
    file = tmp_path / "van.csv"
    file.write_text("\n".join([HEAD, *GOOD]))
    status, answer, _ = imported(registered, file)
    assert status == 1
    assert answer["faults"] == [
        {"line": line, "fault": "home: 7f3k has ended; nothing may be put there"} for line in (2, 3)
    ]
    # a roster that is registered again for the sake of another home brings nothing back into use
    words = [sys.executable, "-m", "wayhome", "register", "docs/how-to/register.toml", "--json"]
    done = subprocess.run(
        words,
        env=child_environment({"database_url": registered.url_as("wayhome_registrar")}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert in_use(registered) == 0
    assert len(json.loads(done.stdout.splitlines()[-1])["kept"]) == 3


def test_what_was_put_in_its_place_on_the_pages_stays_there(registered: Database) -> None:
    """A sensor that was put right hung in the wrong room again when the old list was registered once more."""
    with psycopg.connect(registered.url, autocommit=True) as connection:
        connection.execute(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " select organisation_id, 'tess', 'Tess', 'technician', 'x' from home where home_id = '7f3k'"
        )
        (before,) = connection.execute(
            "update device d set placement = 'object', name = 'Fridge door', retired_at = now()"
            " where placement = 'entrance' returning device_id"
        ).fetchall()
        connection.execute(
            "insert into device_change (home_id, device_id, carer_id, at, kind, before, after)"
            " select '7f3k', %s, carer_id, now(), 'changed', '{}', '{}' from carer where login = 'tess'",
            before,
        )

        async def again() -> tuple[str, ...]:
            async with connect(registered.url_as("wayhome_registrar")) as registrar:
                wanted = roster.read(Path("docs/how-to/register.toml"))
                await roster.register(registrar, wanted)
                return await roster.kept(registrar, wanted)

        assert len(asyncio.run(again())) == 1
        after = connection.execute(
            "select placement, name, retired_at is null from device where device_id = %s", before
        ).fetchall()
    assert after == [("object", "Fridge door", False)]
