"""Pushes brought to a page's service worker, and the notifications that it has shown.

Nobody asks `getNotifications` while one is being shown: Chromium then strikes out the one that it has written
down and not drawn yet, and it is gone (10 of 15 runs of four pushes lost one so, 0 of 15 without asking).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Worker

LONGEST_S = 20.0
COUNT = """() => {
  const show = self.registration.showNotification.bind(self.registration);
  self.shown = 0;
  self.registration.showNotification = async (...said) => {
    await show(...said);
    self.shown += 1;
  };
}"""


class Pushes:
    """The push service of one page: what it brings is shown when `bring` returns."""

    def __init__(self, context: BrowserContext, page: Page, pages: str) -> None:
        self._context, self._page, self._pages = context, page, pages
        self._registrations: list[str] = []
        self._counted: Worker | None = None
        self._devtools = context.new_cdp_session(page)
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._devtools.send("ServiceWorker.enable")

    def bring(self, text: str) -> None:
        """Deliver one push, and wait until its notification is shown."""
        worker = self._worker()
        before = worker.evaluate("self.shown")
        self._devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._pages, "registrationId": self._registrations[-1], "data": text},
        )
        deadline = time.monotonic() + LONGEST_S
        while worker.evaluate("self.shown") == before:
            self._wait(deadline, "no notification was shown")

    def worker(self) -> Worker:
        """Return the service worker that took the last push."""
        assert self._counted is not None, "no push was brought"
        return self._counted

    def _worker(self) -> Worker:
        deadline = time.monotonic() + LONGEST_S
        self._page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        while not (self._registrations and self._context.service_workers):
            self._wait(deadline, "no service worker")
        worker = self._context.service_workers[-1]
        if worker is not self._counted:
            worker.evaluate(COUNT)
            self._counted = worker
        return worker

    def _wait(self, deadline: float, why: str) -> None:
        assert time.monotonic() < deadline, why
        self._page.wait_for_timeout(50)

    def _registered(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"]]
