"""``docker compose …`` as the guide types it, on a machine without Docker: servers and commands of a test.

Run as a program. `$MACHINE` is a folder with ``secrets``, the cluster ``database``, and ``bin``.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from wayhome.embedded.process import service_account

MACHINE = Path(os.environ.get("MACHINE", "/nowhere"))
PLACES = {
    "/secrets/database/owner-password": MACHINE / "database" / "password",
    "/secrets/": f"{MACHINE}/secrets/",
    "/var/lib/postgresql/data": MACHINE / "database" / "data",
}
"""What stands where in the containers, and here."""


def here(text: str) -> str:
    """Return a text of a container with the places of this machine.

    Examples
    --------
    >>> here("cat /secrets/migrate/database-url").startswith("cat /secrets/migrate")
    False
    """
    for place, other in PLACES.items():
        text = text.replace(place, str(other))
    return text


def run(*words: str, **more: str) -> int:
    """Run a program of the database, or ours, with what it finds in its container."""
    paths = f"{MACHINE / 'bin'}:{os.environ['PATH']}"
    known = {"PATH": paths, "PGHOST": str(MACHINE / "database" / "run")}
    return subprocess.run(words, check=False, env=os.environ | known | more).returncode


def server(*words: str) -> int:
    """Run a program as the user of the database's container."""
    account = service_account()
    become = ("runuser", "-u", account.name, "--") if account.other else ()
    return run(*become, str(MACHINE / "bin" / words[0]), *words[1:])


def up(services: list[str]) -> int:
    """Start the database where it does not run; the others are not of this test."""
    with (MACHINE / "started").open("a") as said:
        said.write(" ".join(services) + "\n")
    data, log = MACHINE / "database" / "data", MACHINE / "database" / "run" / "log"
    if (data / "postmaster.pid").exists():
        return 0
    settings = (MACHINE / "settings").read_text()
    return server("pg_ctl", "-D", f"{data}", "-w", "-s", "-l", f"{log}", "-o", settings, "start")


def once(words: list[str]) -> int:
    """Do what a container that runs once does."""
    entry, mounts = "wayhome", {}
    while words[0].startswith("-"):
        option = words.pop(0)
        if option == "--entrypoint":
            entry = words.pop(0)
        elif option == "-v":
            ours, theirs = words.pop(0).split(":")[:2]
            mounts[theirs] = ours
        elif option == "-e":
            assert words.pop(0) in os.environ, "it is not set, and reaches nobody"
        else:
            assert option in {"--rm", "-T", "--no-deps"}, option
    service, *rest = words
    rest = [here(mounts.get(word, word)) for word in rest]
    if service == "database":
        return server(*rest)
    if entry != "wayhome":
        return run(entry, *rest)
    if service == "migrate":
        folder = MACHINE / "secrets" / "migrate"
        address = {"WAYHOME_DATABASE_URL_FILE": f"{folder}/database-url"}
        return run(
            sys.executable, "-m", "wayhome", "migrate", "--passwords", f"{folder}", **address
        )
    assert service == "operator", service
    known = {"WAYHOME_FOLDER": f"{MACHINE}/secrets/operator"}
    return run(sys.executable, "-m", "wayhome", *rest, **known)


def main(words: list[str]) -> int:
    """Do one command; what is not known here is a mistake of the guide or of this file."""
    compose, command, *rest = words
    assert compose == "compose", words
    if command == "up":
        return up([word for word in rest if not word.startswith("-")])
    if command == "stop":
        assert rest == ["database"], rest
        data = f"{MACHINE / 'database' / 'data'}"
        return server("pg_ctl", "-D", data, "-m", "fast", "-w", "-s", "stop")
    if command == "exec":
        assert rest[:4] == ["-T", "database", "sh", "-c"], rest
        return run("sh", "-c", here(rest[4]))
    assert command == "run", shlex.join(words)
    return once(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
