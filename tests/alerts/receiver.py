"""A real HTTP server on the loopback that plays the service behind a channel."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.alerts.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server does with the next requests."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Waits until the test releases it before it answers.
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers["idempotency-key"]

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)


class Receiver:
    """What came in, and what is answered; answers may differ by path."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[Received] = []
        #: How often the person got the message, by its key: taken, also where the sender never heard so.
        self.reached: Counter[str] = Counter()
        self.release = threading.Event()
        self._answers: dict[str, Answer] = {}

    def url(self, path: str = "/hook") -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, answer: Answer, path: str = "/hook") -> None:
        """From now on answer a path like this."""
        self._answers[path] = answer

    def take(self, received: Received) -> Answer:
        """Note a request; return what to answer."""
        self.requests.append(received)
        answer = self._answers.get(received.path, Answer())
        if answer.status < 400:
            self.reached[received.headers.get("idempotency-key", received.path)] += 1
        return answer

    async def more(self, count: int, within_s: float = 20.0) -> None:
        """Wait until so many more requests have come."""
        wanted = len(self.requests) + count
        await eventually(lambda: len(self.requests) >= wanted, within_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    receiver: Receiver

    def handle_error(self, *_: object) -> None:
        """Say nothing: senders that go away are what the tests are about."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        receiver = self.server.receiver
        length = int(self.headers.get("Content-Length", "0"))
        received = Received(
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        if len(received.body) < length:
            self.close_connection = True  # the sender was killed before it had said all
            return
        answer = receiver.take(received)
        if answer.hangs:
            receiver.release.wait(60)
        try:
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": len(answer.body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True  # the sender was not prepared to wait

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    server = _Server(("127.0.0.1", 0), _Exchange)
    server.receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.receiver.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
