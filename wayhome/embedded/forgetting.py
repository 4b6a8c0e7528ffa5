"""Makes nats-server let go of the bytes of messages that it has forgotten.

It keeps messages in files of up to 8 MB and marks what is gone; a file goes when nothing in it is left, and
is cut off at its head only when a purge reaches into it and it is large and more than half empty (observed
with 2.15.1). So what was delivered is ended by purging to where the queue begins, and what is retained of
others is written behind a large mark once more, and all before that purged (docs/decisions/0211). Nothing of
theirs is lost: a message is written again only where it is still the last one of its topic.
"""

from __future__ import annotations

import base64
import glob
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.model.errors import BrokerUnavailable
from wayhome.embedded import jetstream
from wayhome.embedded.jetstream import Conversation

if TYPE_CHECKING:
    from wayhome.embedded.jetstream import Login

INNER_NAME = "wayhome-inner"
QUEUED, RETAINED = jetstream.MESSAGES, "$MQTT_rmsgs"
BELOW = "$MQTT.rmsgs."
MARK = f"{BELOW}wayhome.mark"
"""A topic of our own, below which nobody listens: the message behind which only fresh copies lie."""
MARK_BYTES = 3 << 20
"""A file is cut off at its head only from 2 MiB on, and where less than half of it is still wanted."""
EXPECTED = b"Nats-Expected-Last-Subject-Sequence"
NEEDED = (
    *(f"$JS.API.STREAM.INFO.{stream}" for stream in (QUEUED, RETAINED)),
    *(f"$JS.API.STREAM.PURGE.{stream}" for stream in (QUEUED, RETAINED)),
    *(f"$JS.API.STREAM.MSG.GET.{stream}" for stream in (QUEUED, RETAINED)),
    f"$JS.API.STREAM.MSG.DELETE.{QUEUED}",
    f"{BELOW}>",
)
"""Subjects on which the one who does this must be allowed to publish."""
ROUNDS = 5
WAIT_S = 20.0
_PORT = re.compile(rb"Listening for client connections on 127\.0\.0\.1:(\d+)")


def forget(folder: Path, home_id: str = "", wait_s: float = WAIT_S) -> str:
    """Let the embedded broker of a folder end all bytes of what it has forgotten.

    Parameters
    ----------
    folder
        Of the broker, as `EmbeddedBroker` has it: its log-in and its port are read there.
    home_id
        A home whose waiting messages are to be deleted and overwritten too.
    wait_s
        How long the gateways may take to fetch what waits for them.

    Returns
    -------
    Why something stays; empty when nothing does.

    Raises
    ------
    BrokerUnavailable
        If the broker does not answer or does not do it.
    """
    port, login = _way_in(folder)
    try:
        with jetstream.conversation(port, login) as line:
            if home_id:
                _overwrite(line, f"$MQTT.msgs.homes.{home_id}.>")
            why = _end_retained(line) or _end_queued(line, wait_s)
        return why or _still_named(folder, home_id)
    except (OSError, msgspec.MsgspecError, KeyError, ValueError) as error:
        raise BrokerUnavailable(f"the embedded broker does not end its files: {error}") from error


def _way_in(folder: Path) -> tuple[int, Login]:
    try:
        ports = _PORT.findall((folder / "log").read_bytes())
        settings = json.loads((folder / "nats.conf").read_text())
    except (OSError, ValueError) as error:
        raise BrokerUnavailable(f"no embedded broker runs in {folder}") from error
    users = settings.get("authorization", {}).get("users", ())
    own: dict[str, str] = next((one for one in users if one["user"] == INNER_NAME), {})
    return int(ports[-1]) if ports else 0, (own.get("user", ""), own.get("password", ""))


def _still_named(folder: Path, home_id: str) -> str:
    """Look into the files themselves: each message has its topic beside it."""
    if not home_id:
        return ""
    named = f"homes.{home_id}.".encode()
    for stream in (QUEUED, RETAINED):
        # unlike Path.glob, at ease with folders that go meanwhile
        below = f"{glob.escape(str(folder))}/queue/jetstream/*/streams/{stream}/msgs/*"
        for file in glob.glob(below):  # noqa: PTH207
            with suppress(OSError):
                if named in Path(file).read_bytes():
                    return "a file of the queue still names the home"
    return ""


def _overwrite(line: Conversation, subject: str) -> None:
    """Delete messages that wait, and let their bytes be overwritten."""
    for message in _messages(line, QUEUED, subject):
        wanted = {"seq": message["seq"], "no_erase": False}
        with _gone_meanwhile():
            line.ask(f"$JS.API.STREAM.MSG.DELETE.{QUEUED}", wanted)


def _end_queued(line: Conversation, wait_s: float) -> str:
    end = time.monotonic() + wait_s
    while True:
        state = line.ask(f"$JS.API.STREAM.INFO.{QUEUED}")["state"]
        if not state["messages"]:
            # what comes meanwhile has a higher number and stays
            line.ask(f"$JS.API.STREAM.PURGE.{QUEUED}", {"seq": state["first_seq"]})
            return ""
        if time.monotonic() > end:
            return f"{state['messages']} messages wait for a gateway that is away"
        time.sleep(0.05)


def _end_retained(line: Conversation) -> str:
    for _ in range(ROUNDS):
        _again(line)
        mark = _mark(line)
        _again(line)
        live = [one["seq"] for one in _messages(line, RETAINED, f"{BELOW}>") if one["seq"] != mark]
        if min(live, default=mark + 1) > mark:  # or one was told something new in between
            line.ask(f"$JS.API.STREAM.PURGE.{RETAINED}", {"seq": mark + 1})
            return ""
    return "homes are told something new all the time"


def _again(line: Conversation) -> None:
    """Write everything that is retained once more."""
    for message in list(_messages(line, RETAINED, f"{BELOW}>")):
        if message["subject"] != MARK:
            head, body = (base64.b64decode(message.get(part, "")) for part in ("hdrs", "data"))
            kept = [one for one in head.split(b"\r\n")[1:] if one and not one.startswith(EXPECTED)]
            with _gone_meanwhile():
                _write(
                    line, message["subject"], [*kept, b"%s: %d" % (EXPECTED, message["seq"])], body
                )


def _mark(line: Conversation) -> int:
    head = [b"Nmqtt-RTopic:wayhome/mark", b"Nmqtt-RFlags:1", b"Nmqtt-ROrigin:wayhome"]
    return int(_write(line, MARK, head, bytes(MARK_BYTES))["seq"])


def _write(line: Conversation, subject: str, head: list[bytes], body: bytes) -> dict[str, Any]:
    return line.publish(subject, b"\r\n".join([b"NATS/1.0", *head, b"", b""]), body)


def _messages(line: Conversation, stream: str, subject: str) -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        wanted = {"seq": number, "next_by_subj": subject}
        found: dict[str, Any] = {}
        with _gone_meanwhile():
            found = line.ask(f"$JS.API.STREAM.MSG.GET.{stream}", wanted)["message"]
        if not found:
            return
        yield found
        number = found["seq"] + 1


@contextmanager
def _gone_meanwhile() -> Iterator[None]:
    """Go on where a message is there no more, or is not the last of its topic any more."""
    try:
        yield
    except jetstream.Refused as error:
        # no message found; message not found; wrong last sequence
        if error.code not in {10037, 10057, 10071}:
            raise
