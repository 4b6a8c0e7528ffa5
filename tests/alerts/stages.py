"""Real servers on the loopback that play the services behind the channels, one kind for each."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alerts.channel_settings import ChannelSettings, Mail, Notify, Phone
from alerts.push_key import new_key
from tests.alerts.receiver import Answer, Received, Receiver

NOBODY = "http://127.0.0.1:1"
NUMBER = "+447700900123"
NOTIFY_KEY = "live-11111111-1111-1111-1111-111111111111-22222222-2222-2222-2222-222222222222"
BAD_WEB = ("ftp://h/x", "http://", "http://[::1")
BAD_PHONES = ("07700900123", "+44", "+44770090012345678", "ann@example.org", "+44 7700 9OO123")
BAD_MAILBOXES = (
    "ann",
    "ann@",
    "@example.org",
    "ann@example",
    "a b@example.org",
    "a@b.org\r\nBcc: c@d.org",
)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass
class WebStage:
    """A service that is posted to over HTTP, at the address itself."""

    receiver: Receiver
    scheme: str = "http"

    @property
    def address(self) -> str:
        return self.receiver.url()

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        return BAD_WEB

    def settings(self, timeout_s: float) -> ChannelSettings:
        return ChannelSettings(timeout_s=timeout_s, secret="key")

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s), f"{NOBODY}/topic"

    def play(self, status: int, headers: dict[str, str], *, hangs: bool = False) -> None:
        self.receiver.answer(Answer(status=status, headers=headers, hangs=hangs), self.path)

    @property
    def path(self) -> str:
        return "/hook"

    def keys(self) -> list[str]:
        return [request.headers.get("idempotency-key", "") for request in self.receiver.requests]

    def heads(self) -> list[dict[str, str]]:
        return [request.headers for request in self.receiver.requests]

    def texts(self) -> list[str]:
        return [self.text(request) for request in self.receiver.requests]

    def text(self, request: Received) -> str:
        return request.body.decode()


class HookStage(WebStage):
    """A webhook, with its JSON."""

    def text(self, request: Received) -> str:
        return str(request.json["text"])


class AppriseStage(WebStage):
    """Apprise's own JSON service."""

    @property
    def address(self) -> str:
        return self.receiver.url().replace("http://", "json://")

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        return ("syslog://localhost", "dbus://", "exec://rm", "nosuchservice://x", "json://")

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s), "json://127.0.0.1:1/topic"

    def text(self, request: Received) -> str:
        return str(request.json["message"])


class PushStage(WebStage):
    """A push service and the browser behind it, which alone can read."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = bytes(range(16))
        self._push_key = new_key()

    def subscription(self, endpoint: str) -> str:
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encoded(point), "auth": encoded(self._auth)}
        return json.dumps({"endpoint": endpoint, "keys": keys})

    @property
    def address(self) -> str:
        return self.subscription(self.receiver.url())

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        whole = json.loads(self.address)
        return (
            *("{}", "[]", self.subscription("ftp://h/x")),
            json.dumps(whole | {"keys": {"auth": encoded(self._auth)}}),
            json.dumps(whole | {"keys": whole["keys"] | {"p256dh": "A" * 87}}),
        )

    def settings(self, timeout_s: float) -> ChannelSettings:
        contact = "mailto:care@example.org"
        return ChannelSettings(timeout_s=timeout_s, push_key=self._push_key, push_contact=contact)

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s), self.subscription(f"{NOBODY}/x")

    def shown(self, request: Received) -> Any:
        text = http_ece.decrypt(
            request.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return json.loads(text)

    def text(self, request: Received) -> str:
        return str(self.shown(request)["text"])


class PhoneStage(WebStage):
    """A provider of texts and calls."""

    @property
    def address(self) -> str:
        return NUMBER

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        return BAD_PHONES

    @property
    def path(self) -> str:
        return "/2010-04-01/Accounts/AC1/Messages.json"

    def settings(self, timeout_s: float, url: str = "") -> ChannelSettings:
        return ChannelSettings(
            timeout_s=timeout_s,
            secret="key",
            receipts_url="https://care.example",
            phone=Phone(
                url=url or self.receiver.url(""),
                account="AC1",
                token="token",
                sender="+447700900000",
            ),
        )

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s, NOBODY), NUMBER

    def text(self, request: Received) -> str:
        fields = parse_qs(request.body.decode())
        return fields["Body" if "Body" in fields else "Twiml"][0]


class CallStage(PhoneStage):
    """The same, for calls; a call says its text three times and we read one."""

    @property
    def path(self) -> str:
        return "/2010-04-01/Accounts/AC1/Calls.json"

    def text(self, request: Received) -> str:
        return super().text(request).split("</Say>")[0]


class NotifyStage(WebStage):
    """GOV.UK Notify."""

    @property
    def address(self) -> str:
        return NUMBER

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        return (*BAD_PHONES[:3], *BAD_MAILBOXES)

    @property
    def path(self) -> str:
        return "/v2/notifications/sms"

    def settings(self, timeout_s: float, url: str = "") -> ChannelSettings:
        notify = Notify(
            url=url or self.receiver.url(""),
            key=NOTIFY_KEY,
            sms_template="sms-template",
            email_template="email-template",
        )
        return ChannelSettings(timeout_s=timeout_s, notify=notify)

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s, NOBODY), NUMBER

    def text(self, request: Received) -> str:
        return str(request.json["personalisation"]["text"])


@dataclass
class MailStage:
    """A mail server that speaks SMTP."""

    port: int
    mails: list[bytes] = field(default_factory=list)
    verdict: str = "250 taken"
    hangs: bool = False
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return "ann@example.org"

    @property
    def bad_addresses(self) -> tuple[str, ...]:
        return BAD_MAILBOXES

    def settings(self, timeout_s: float, port: int = 0) -> ChannelSettings:
        mail = Mail(
            host="127.0.0.1",
            port=port or self.port,
            security="none",
            sender="alerts@care.example",
        )
        return ChannelSettings(timeout_s=timeout_s, mail=mail)

    def elsewhere(self, timeout_s: float) -> tuple[ChannelSettings, str]:
        return self.settings(timeout_s, 1), self.address

    def play(self, status: int, headers: dict[str, str], *, hangs: bool = False) -> None:
        del headers
        self.hangs = hangs
        if status < 300:
            self.verdict = "250 taken"
        else:
            busy = status >= 500 or status == 429
            self.verdict = "451 come back" if busy else "550 no such mailbox"

    def _parsed(self) -> list[Any]:
        return [message_from_bytes(mail, policy=policy.default) for mail in self.mails]

    def keys(self) -> list[str]:
        return [str(mail["message-id"]) for mail in self._parsed()]

    def heads(self) -> list[dict[str, str]]:
        return [{k.lower(): str(v) for k, v in mail.items()} for mail in self._parsed()]

    def texts(self) -> list[str]:
        return [str(mail.get_content()) for mail in self._parsed()]


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    stage: MailStage

    def handle_error(self, *_: object) -> None:
        """Say nothing: senders that go away are what the tests are about."""


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _MailServer)
        stage = self.server.stage
        self.say("220 here")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if stage.hangs:
                stage.release.wait(60)
                return
            if word == b"RCPT":
                self.say(stage.verdict)
            elif word == b"DATA":
                self.say("354 go on")
                stage.mails.append(self.mail())
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)


@contextmanager
def mailing() -> Iterator[MailStage]:
    """Run a mail server on a free port."""
    server = _MailServer(("127.0.0.1", 0), _Session)
    server.stage = MailStage(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.stage
    finally:
        server.stage.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


STAGES: dict[str, type[WebStage]] = {
    "apprise": AppriseStage,
    "notify": NotifyStage,
    "ntfy": WebStage,
    "sms": PhoneStage,
    "voice": CallStage,
    "web": WebStage,
    "webhook": HookStage,
    "webpush": PushStage,
}
