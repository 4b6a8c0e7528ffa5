"""Whatever else Apprise knows: over a hundred services, by an address ``service://…``.

https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import apprise
from apprise.manager_plugins import NotificationManager

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from core.model.address import AddressKind, checked
from core.model.errors import Permanent, Temporary
from core.model.finding import Severity
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = {Severity.NOTICE: "info", Severity.CHECK: "warning", Severity.URGENT: "failure"}
THREADS = 16
_STATUS = re.compile(r"error[ =:]+(\d{3})")
_AGAIN = frozenset({408, 425, 429})
SERVER_ERROR = 500


class Apprise:
    """Hands over to a library that knows many services; its word on why one refused is scarce."""

    name = "apprise"
    title = marked("Other service")
    max_length = 1000
    wakes = True
    takes = AddressKind.APPRISE
    most_in_quarter = 20
    cannot: ClassVar[Mapping[str, str]] = {
        "attempts_share_a_key": "most of the services behind it have no place for a key",
        "asked_waits_are_kept": "the library does not pass on what time to wait a service names",
    }

    def __init__(self, settings: ChannelSettings) -> None:
        self._timeout_s = settings.timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")

    async def send(self, delivery: Outgoing) -> Receipt:
        """Send one message, in a thread.

        Raises
        ------
        Temporary
            If the service did not take it and does not say that it never will.
        Permanent
            If the address is none, leads to this machine itself, or the service refuses it.
        """
        address = checked(AddressKind.APPRISE, delivery.address)
        if delivery.typed:
            raise Permanent("an address of this kind is registered by the organisation only")
        text = shortened(delivery.text, self.max_length)
        if delivery.link:
            text = f"{text}\n{delivery.link}"
        loop = asyncio.get_running_loop()
        service = await loop.run_in_executor(self._threads, self._service, address)
        work = loop.run_in_executor(self._threads, _notify, service, delivery, text)
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.shield(work)
        except TimeoutError as error:
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise Temporary("took too long") from error
        return Receipt()

    def _service(self, address: str) -> apprise.NotifyBase:
        """Find out what an address leads to: our own work, which no service's time limit is for."""
        _load()
        asset = apprise.AppriseAsset(
            app_id="Wayhome", http_redirects=False, plugin_paths=[], async_mode=False
        )
        service = apprise.Apprise.instantiate(address, asset=asset)
        if service is None:
            raise Permanent("the address is not one of Apprise")
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout_s
        service.request_rate_per_sec = 0
        return service

    async def close(self) -> None:
        """Let go of the threads; one that hangs ends with its time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _notify(service: apprise.NotifyBase, delivery: Outgoing, text: str) -> None:
    with _HEARD as heard:
        taken = service.notify(
            body=text, title=delivery.title, notify_type=TYPES[delivery.severity]
        )
    if not taken:
        raise _judged(heard)


@cache
def _load() -> None:
    """Load what the library knows, once; that takes a second, which no message is to pay for."""
    "json" in NotificationManager()  # type: ignore[no-untyped-call]  # noqa: B015 (asking is what loads it)


class _Heard(logging.Handler):
    """Overhears what the library logs in the present thread: it says there why it failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines = threading.local()

    def __enter__(self) -> list[str]:
        lines: list[str] = []
        self._lines.found = lines
        return lines

    def __exit__(self, *error: object) -> None:
        del self._lines.found

    def emit(self, record: logging.LogRecord) -> None:
        found = getattr(self._lines, "found", None)
        if found is not None:
            found.append(record.getMessage())


_HEARD = _Heard()
_LOG = logging.getLogger("apprise")
_LOG.addHandler(_HEARD)
_LOG.propagate = False  # its lines hold addresses


def _judged(lines: list[str]) -> Permanent | Temporary:
    codes = [int(found[1]) for line in lines if (found := _STATUS.search(line))]
    refused = bool(codes) and all(code < SERVER_ERROR and code not in _AGAIN for code in codes)
    if refused:
        return Permanent(f"answered {codes[0]}")
    return Temporary(f"answered {codes[0]}" if codes else "not taken")


CHANNEL = Apprise
