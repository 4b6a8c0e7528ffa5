"""Processes that start an embedded server and are then killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

POSTGRES = """
import sys
from pathlib import Path
from wayhome.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.url(), flush=True)
sys.stdin.read()
"""
BROKER = """
import sys
from pathlib import Path
from wayhome.embedded.broker import EmbeddedBroker
server = EmbeddedBroker(Path(sys.argv[1]), port=int(sys.argv[2]))
server.start()
print(server.url, flush=True)
sys.stdin.read()
"""


def start(program: str, *arguments: object) -> tuple[subprocess.Popen[str], str]:
    """Run ``program`` until its server answers; return the process and the server's address."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    """Kill it with -9: it can say goodbye to nobody."""
    process.kill()
    process.wait(10)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
