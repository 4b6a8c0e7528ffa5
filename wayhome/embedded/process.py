"""Children that die with us and run as somebody harmless."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
SERVICE_USER = "wayhome-pg"
LOG_LIMIT_BYTES = 10 << 20
"""A longer log is put aside when its server starts; one old log is kept."""
_LOWEST_PORT, _PORTS = 20_000, 12_000
"""Below the ports that Linux gives to outgoing connections: ours must be free again after a restart."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a server runs as."""

    name: str
    uid: int
    gid: int
    #: True when it is another user than ours.
    other: bool


def service_account() -> Account:
    """Return our own user, or as root an unprivileged one: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=False)
    entry = _ensure_user()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)


def _ensure_user() -> pwd.struct_passwd:
    for name in (SERVICE_USER, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            if name == SERVICE_USER and shutil.which("useradd"):
                command = [
                    "useradd",
                    "--system",
                    "--no-create-home",
                    "--shell",
                    "/usr/sbin/nologin",
                    name,
                ]
                made = subprocess.run(command, check=False, capture_output=True)
                if made.returncode == 0:
                    return pwd.getpwnam(name)
    raise RuntimeError(f"as root a system user is needed: useradd --system {SERVICE_USER}")


def before_exec(account: Account | None, death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a child does before it becomes the server.

    It leads a session of its own, so that a Ctrl-C at the terminal reaches only us, takes the account's
    identity, and asks the kernel for ``death_signal`` when the thread that started it ends.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        if account is not None and account.other:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
        libc.prctl(_PR_SET_PDEATHSIG, death_signal)  # after setuid, which clears it
        if os.getppid() != parent:  # we were killed before the kernel knew
            os._exit(1)

    return prepare


def open_folder(folder: Path) -> Path:
    """Make ``folder``; others may walk through what we make of it, whatever the umask, but not list it."""
    missing = [step for step in (folder, *folder.parents) if not step.exists()]
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        step.chmod(0o711)
    return folder


def private_folder(folder: Path, account: Account) -> Path:
    """Make ``folder`` for ``account`` alone (0700)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account.other:
        os.chown(folder, account.uid, account.gid)
    return folder


def reaches(account: Account, path: Path) -> bool:
    """Tell whether ``account`` may walk down to ``path`` and read it; true for our own user."""
    if not account.other:
        return True
    return all(_admits(step, account) for step in (path, *path.parents))


def _admits(step: Path, account: Account) -> bool:
    status = step.stat()
    needed = 0o001 if step.is_dir() else 0o005
    if status.st_uid == account.uid:
        needed <<= 6
    elif status.st_gid == account.gid:
        needed <<= 3
    return status.st_mode & needed == needed


def running_in(folder: Path, program: str) -> tuple[int, ...]:
    """Return the processes of ``program`` whose working folder is ``folder``: how a server is known again."""
    found = []
    here = folder.resolve()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile, a zombie, or not ours to see
                if (entry / "cwd").readlink() == here and (
                    entry / "exe"
                ).readlink().name == program:
                    found.append(int(entry.name))
    return tuple(found)


def wait_until_alone(folder: Path, program: str, timeout_s: float) -> bool:
    """Wait for the end of a server whose parent was killed; False if it does not within ``timeout_s``."""
    end = time.monotonic() + timeout_s
    while running_in(folder, program):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def open_log(path: Path) -> IO[bytes]:
    """Open a server's log at its end; one that grew too long is put aside first."""
    rotate(path)
    return private_log(path)


def private_log(path: Path) -> IO[bytes]:
    """Open a log to append to that only we may read: it tells which homes there are, and when they spoke."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def rotate(path: Path) -> None:
    """Put the log ``path`` aside when it is too long; its writer, who appends, goes on in the emptied one.

    Where the disk has no room for both it is emptied all the same: the database needs the room more.
    """
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        old = path.with_name(path.name + ".old")
        try:
            shutil.copy(path, old)
        except OSError:
            with suppress(OSError):
                old.unlink(missing_ok=True)
        os.truncate(path, 0)


def tail(path: Path, length: int = 1500) -> str:
    """Return the end of a log, for an error message."""
    return path.read_text(errors="replace")[-length:] if path.exists() else ""


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    while True:
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
