"""`wayhome install`: everything secret, made once."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from typer.testing import CliRunner

from core.model.errors import Misconfigured
from core.runtime.settings import SERVICES, load
from core.store.migrate import ROLES
from core.store.pool import connect
from tests.house import tree
from tests.servers.availability import program
from wayhome import broker_access, installation, system
from wayhome.cli import app
from wayhome.commands.migrate import read_passwords
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (path.read_text(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def end_of(folder: Path) -> datetime:
    return certificate(folder).not_valid_after_utc


def certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "broker" / "server.crt").read_bytes())


def test_the_command_prints_nothing_and_twice_changes_nothing(tmp_path: Path) -> None:
    order = ["install", "--folder", str(tmp_path), "--broker-name", "broker.example"]
    first = CliRunner().invoke(app, [*order, "--home", "7f3k"])
    assert (first.exit_code, first.output) == (0, "")
    before = contents(tmp_path)
    second = CliRunner().invoke(app, order)
    assert (second.exit_code, second.output) == (0, "")
    assert contents(tmp_path) == before


def test_only_the_owner_reads(tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path, homes=("7f3k",)), NOW)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    shown = tmp_path / "revocations" / "hubs.crl"
    assert (shown.stat().st_mode & 0o777, shown.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    files.remove(shown)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}


def made(folder: Path) -> set[bytes]:
    """Return every password and key of an installation; what others give it is empty."""
    words = re.compile(r"password$|secret|token|key$|^wayhome_|^hub-")
    found = (path.read_bytes() for path in folder.rglob("*") if words.search(path.name))
    return {one for one in found if one and b"$" not in one}


def test_two_installations_share_no_secret_and_none_can_be_guessed(tmp_path: Path) -> None:
    for name in ("one", "other"):
        install(Wanted(folder=tmp_path / name, homes=("7f3k", "9b2c")), NOW)
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    assert len(one) == len(other) > 15, "each has its own"
    assert one & other == set()
    assert {len(word) for word in one if b"PRIVATE" not in word} == {32, 43}, "192 bits and more"


def test_each_reader_gets_its_folder(tmp_path: Path) -> None:
    wanted = Wanted(folder=tmp_path, owners=True)
    if os.geteuid() != 0:
        with pytest.raises(Misconfigured):
            install(wanted, NOW)
        return
    install(wanted, NOW)
    install(wanted, NOW)
    for reader, owner in installation.OWNERS.items():
        places = [tmp_path / reader, *(tmp_path / reader).iterdir()]
        assert {(place.stat().st_uid, place.stat().st_gid) for place in places} == {(owner, owner)}
    assert (tmp_path / "authority").stat().st_uid == 0


@pytest.mark.parametrize(("days", "renewed"), [(300, False), (334, False), (336, True)])
def test_the_certificate_is_renewed_in_its_last_month(
    tmp_path: Path, days: int, renewed: bool
) -> None:
    install(Wanted(folder=tmp_path), NOW)
    first, authority = end_of(tmp_path), (tmp_path / "broker" / "ca.crt").read_text()
    install(Wanted(folder=tmp_path), NOW + timedelta(days=days))
    assert (end_of(tmp_path) > first) is renewed
    assert (tmp_path / "broker" / "ca.crt").read_text() == authority


def test_names_are_kept_until_others_are_wanted(tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path, broker_names=("broker.example", "192.0.2.7")), NOW)
    first = certificate(tmp_path)
    install(Wanted(folder=tmp_path), NOW)
    assert certificate(tmp_path) == first
    install(Wanted(folder=tmp_path, broker_names=("other.example",)), NOW)
    names = certificate(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    found = names.value.get_values_for_type(x509.DNSName)
    assert found == ["mosquitto", "localhost", "other.example"]


def test_a_torn_certificate_is_made_anew(tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path), NOW)
    (tmp_path / "broker" / "server.crt").write_text("-----BEGIN CERT")
    install(Wanted(folder=tmp_path), NOW)
    assert end_of(tmp_path) > NOW


def test_a_hub_can_be_let_in_and_out(tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path, homes=("7f3k", "9b2c")), NOW)
    install(Wanted(folder=tmp_path, without_homes=("7f3k",)), NOW)
    rules = (tmp_path / "broker" / "dynamic-security.json").read_text()
    for file in (rules, (tmp_path / "broker" / "passwords").read_text()):
        assert "hub-9b2c" in file
        assert "hub-7f3k" not in file


def test_the_files_of_a_former_installation_are_not_left_behind(tmp_path: Path) -> None:
    former = tmp_path / "broker" / "hubs.passwords"
    former.parent.mkdir(parents=True)
    former.write_text("hub-7f3k:what was shut out since\n")
    install(Wanted(folder=tmp_path), NOW)
    assert not former.exists()


@pytest.mark.parametrize(
    "home", ["", "#", "+", "a/b", "../x", "a b", "a\nuser x", "%u", "a:b", "$x"]
)
def test_a_home_can_not_widen_a_rule(tmp_path: Path, home: str) -> None:
    with pytest.raises(Misconfigured):
        install(Wanted(folder=tmp_path, homes=(home,)), NOW)


def test_a_bad_broker_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        install(Wanted(folder=tmp_path, broker_names=("brücke.example",)), NOW)


def test_a_password_line_is_one_of_mosquitto_itself(tmp_path: Path) -> None:
    hasher = program(
        "mosquitto_passwd",
        variable="WAYHOME_MOSQUITTO_PASSWD",
        unpacked="mosquitto/usr/bin/mosquitto_passwd",
    )
    file = tmp_path / "passwords"
    file.touch(mode=0o600)
    assert hasher is not None
    subprocess.run([hasher, "-b", file, "gateway", "x"], check=True, capture_output=True)
    theirs = file.read_text().strip().split("$")
    ours = (
        broker_access.password_file(
            broker_access.inside(dict.fromkeys(("gateway", "replay", "probe"), "x"))
        )
        .splitlines()[0]
        .split("$")
    )
    assert [ours[0], *ours[1:3]] == [theirs[0], *theirs[1:3]]
    assert [len(part) for part in ours[3:]] == [len(part) for part in theirs[3:]]


def test_every_service_finds_its_secrets(tmp_path: Path) -> None:
    install(Wanted(folder=tmp_path), NOW)
    for name, kind in SERVICES.items():
        found = load(
            kind, environment={"WAYHOME_DATABASE_URL_FILE": str(tmp_path / name / "database-url")}
        )
        assert found.database_url.startswith(f"postgresql://wayhome_{name}:")
    passwords = read_passwords(tmp_path / "migrate")
    assert set(passwords) == set(ROLES)
    assert len(set(passwords.values())) == len(ROLES)
    operator = system.load(tmp_path / "operator")
    assert operator.broker("doctor").tls
    assert operator.database("wayhome_registrar") != operator.database("wayhome_operator")
    asked_for = {
        role
        for file in (tree.ROOT / "wayhome").rglob("*.py")
        for role in re.findall(r'\.database\("(wayhome_\w+)"\)', tree.text(file))
    }
    assert asked_for == set(operator.database_urls), "every command finds its role in containers"


async def test_the_passwords_let_the_services_in(
    tmp_path: Path, own_postgres: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wayhome.embedded.postgres import EmbeddedPostgres  # noqa: PLC0415

    assert isinstance(own_postgres, EmbeddedPostgres)
    place = own_postgres.url().rpartition("@")[2]
    monkeypatch.setattr(installation, "DATABASE", place)
    install(Wanted(folder=tmp_path), NOW)
    ran = CliRunner().invoke(
        app,
        ["migrate", "--passwords", str(tmp_path / "migrate"), "--database-url", own_postgres.url()],
    )
    assert ran.exit_code == 0, ran.output
    for name in SERVICES:
        async with connect((tmp_path / name / "database-url").read_text().strip()) as connection:
            row = await (await connection.execute("select current_user")).fetchone()
            assert row is not None
            assert row[0] == f"wayhome_{name}"


def test_a_folder_that_can_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "authority").write_text("")
    wanted = replace(Wanted(folder=tmp_path), homes=("7f3k",))
    with pytest.raises(Misconfigured, match="--folder"):
        install(wanted, NOW)
