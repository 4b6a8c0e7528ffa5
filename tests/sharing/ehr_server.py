"""A small openEHR server on the loopback: knows one person, keeps compositions, and can be in trouble."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.ports import free_port
from wayhome.sharing.connector import ConnectorSettings
from wayhome.sharing.connectors.ehrbase import KNOWN

BASE = "/ehrbase/rest/openehr/v1"
EHR = "7d44b88c-4199-4bad-97dc-d78268e01398"


class EhrServer:
    """What the server holds, and how it is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.compositions: list[dict[str, Any]] = []
        #: ``well``, ``trouble``, ``refuse`` or ``lose``.
        self.mood = "well"
        self.people = {"1", "2"}
        self.logins: set[str | None] = set()

    def settings(self) -> ConnectorSettings:
        return ConnectorSettings(url=f"http://127.0.0.1:{self.port}{BASE}", timeout_s=10.0)

    def elsewhere(self) -> ConnectorSettings:
        return ConnectorSettings(url=f"http://127.0.0.1:{free_port()}{BASE}", timeout_s=10.0)

    def trouble(self) -> bool:
        self.mood = "trouble"
        return True

    def refuse(self) -> bool:
        self.mood = "refuse"
        return True

    def lose_answers(self) -> bool:
        self.mood = "lose"
        return True

    def mend(self) -> None:
        self.mood = "well"

    def keys(self) -> list[str]:
        return [key_of(one) for one in self.compositions]


def key_of(composition: dict[str, Any]) -> str:
    """Return the id of the originating item."""
    return str(composition["feeder_audit"]["originating_system_item_ids"][0]["id"])


def _answer(
    server: EhrServer, method: str, path: str, body: Any
) -> tuple[int, dict[str, str], Any]:
    if server.mood == "trouble":
        return 503, {}, {}
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    if (method, parts.path) == ("GET", f"{BASE}/ehr"):
        known = query["subject_id"][0] in server.people and query["subject_namespace"][0]
        return (200, {}, {"ehr_id": {"value": EHR}}) if known else (404, {}, {})
    if (method, parts.path) == ("POST", f"{BASE}/query/aql"):
        assert body["q"] == KNOWN
        assert body["query_parameters"]["ehr"] == EHR
        rows = [
            [f"uid-{n}::fake::1"]
            for n, one in enumerate(server.compositions)
            if key_of(one) == body["query_parameters"]["key"]
        ]
        return 200, {}, {"rows": rows}
    assert (method, parts.path) == ("POST", f"{BASE}/ehr/{EHR}/composition")
    if server.mood == "refuse":
        return 422, {}, {"message": "She fell in the kitchen"}
    server.compositions.append(body)
    return 201, {"etag": f'"uid-{len(server.compositions) - 1}::fake::1"'}, None


def _requests(server: EhrServer) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        def _serve(self, method: str) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            server.logins.add(self.headers.get("authorization"))
            status, headers, found = _answer(server, method, self.path, body)
            if server.mood == "lose" and self.path.endswith("/composition"):
                self.close_connection = True
                self.connection.close()
                return
            content = b"" if found is None else json.dumps(found).encode()
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def log_message(self, *_: object) -> None:
            return

    return Requests


@contextmanager
def ehr_server() -> Iterator[EhrServer]:
    """Run one."""
    server = EhrServer(free_port())
    http = ThreadingHTTPServer(("127.0.0.1", server.port), _requests(server))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


class FolderStage:
    """A folder that can be taken away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def settings(self) -> ConnectorSettings:
        return ConnectorSettings(folder=str(self._folder))

    def elsewhere(self) -> ConnectorSettings:
        return ConnectorSettings(folder=str(self._folder / "not there"))

    def trouble(self) -> bool:
        self._folder.rename(self._folder.with_name("away"))
        return True

    def refuse(self) -> bool:
        return False

    def lose_answers(self) -> bool:
        return False

    def mend(self) -> None:
        self._folder.with_name("away").rename(self._folder)

    def keys(self) -> list[str]:
        return [key_of(json.loads(one.read_bytes())) for one in self._folder.glob("*.json")]
